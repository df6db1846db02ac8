//! Whether a bridge answers at `server.public_url`, and can sign people in.

use reqwest::header::{HeaderMap, LOCATION};

use super::answer::{first_words, is_a_bridges};
use super::{Visit, own_machine};
use crate::check::reach::{self, Ids};
use crate::check::report::{Findings, Verdict};
use crate::identity::claims::shown;
use crate::identity::http::Answer;

/// What is said of our own address.
pub const REACH: Ids = Ids {
    name: "public-address-name",
    connection: "public-address-connection",
    certificate: "public-address-certificate",
};

const HEALTH: &str = "public-address";
const NOT_RUNNING: &str = "public-address-not-running";
const OTHER: &str = "public-address-other-program";

/// Who may be named besides the system's authorities.
const TRUST: &str = "this machine's certificate store (browsers have one of their own; it is they who have to trust it)";

/// Whether there is a bridge to be looked at.
pub async fn look(visit: &Visit<'_>, findings: &mut Findings) -> bool {
    let listen = visit.config.server.listen;
    let answer = match visit.get("/healthz", HeaderMap::new()).await {
        Ok(answer) => answer,
        Err(error) => {
            let url = visit.at("/healthz");
            let mut why = reach::why(&url, &error, REACH, TRUST).await;
            why.said = format!("{} is not reached from here: {}", visit.base, why.said);
            if own_machine::is_running(listen).await {
                why.mend = format!(
                    "{} (the bridge does run on this machine, at {listen})",
                    why.mend
                );
            } else {
                why.said = format!(
                    "{}; and no bridge runs on this machine at {listen}",
                    why.said
                );
                why.mend = format!(
                    "{}. If the bridge is not running, start it (jitsi-oidc-bridge serve) and run check again; if browsers do reach it, run check where they are",
                    why.mend
                );
            }
            why.report(findings, Verdict::Fault);
            return false;
        }
    };
    let status = answer.status.as_u16();
    if status == 200 && answer.body == b"ok\n" {
        findings.good(HEALTH, format!("{}/healthz answers", visit.base));
        readiness(visit, findings).await;
        return true;
    }
    if is_a_bridges(&answer) {
        of_a_bridge(visit, status, findings);
    } else if matches!(status, 502..=504) {
        proxy_alone(
            visit,
            status,
            own_machine::is_running(listen).await,
            findings,
        );
    } else {
        of_another(visit, &answer, findings);
    }
    false
}

/// A bridge that does not find what it was asked for.
fn of_a_bridge(visit: &Visit<'_>, status: u16, findings: &mut Findings) {
    let path = visit.config.server.public_url.path().trim_end_matches('/');
    let said = format!(
        "a bridge answers at {}/healthz, but by {status}: the proxy changes the path on the way",
        visit.base
    );
    let mend = format!(
        "have the proxy pass the path on unchanged, or take exactly {path:?} away (in nginx: location ^~ {path}/ with a proxy_pass that has no path, not even a slash, behind the port)"
    );
    findings.fault("public-address-path", said, mend);
}

fn proxy_alone(visit: &Visit<'_>, status: u16, is_running: bool, findings: &mut Findings) {
    let listen = visit.config.server.listen;
    let said = format!(
        "the proxy at {} answers {status}: it does not reach the bridge",
        visit.base
    );
    if is_running {
        let mend = format!(
            "the bridge runs on this machine at {listen} (server.listen): have the proxy ask there; from a container or another machine that address is another one, and server.listen may have to be 0.0.0.0"
        );
        findings.fault(NOT_RUNNING, said, mend);
    } else {
        let said = format!("{said}, and none runs on this machine at {listen}");
        let mend = "start the bridge (jitsi-oidc-bridge serve), and run check again; if it runs elsewhere, have the proxy ask there";
        findings.fault(NOT_RUNNING, said, mend);
    }
}

fn of_another(visit: &Visit<'_>, answer: &Answer, findings: &mut Findings) {
    let (status, base) = (answer.status.as_u16(), &visit.base);
    let words = first_words(answer);
    match status {
        300..400 => {
            let to = answer.headers.get(LOCATION);
            let to = to.and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
            let to = shown(to.split('?').next().unwrap_or_default());
            findings.fault(
                "public-address-redirect",
                format!("{base}/healthz is answered by a redirect to {to}"),
                "write the address that browsers end at as server.public_url (https:// where that is it), and put no login page in front of the bridge",
            );
        }
        401 | 403 | 407 | 429 => findings.fault(
            "public-address-barred",
            format!("{base}/healthz is answered by {status}, and not by the bridge: {words:?}"),
            "let the proxy or firewall in front pass on whatever is below this address, without a password of its own",
        ),
        400 if words.to_ascii_uppercase().contains("HTTPS") => findings.fault(
            "public-address-scheme",
            format!("{base} is http, and that port speaks https: {words:?}"),
            "write server.public_url with https://",
        ),
        _ => findings.fault(
            OTHER,
            format!("{base}/healthz is answered by another program, with {status} {words:?}"),
            "have the proxy pass on to the bridge whatever is below this address, before other locations take it (in nginx: location ^~); or mend server.public_url",
        ),
    }
}

async fn readiness(visit: &Visit<'_>, findings: &mut Findings) {
    const READY: &str = "public-address-ready";
    match visit.get("/readyz", HeaderMap::new()).await {
        Ok(answer) if answer.status.as_u16() == 200 => findings.good(
            READY,
            format!("the bridge there says: {}", first_words(&answer)),
        ),
        Ok(answer) if answer.status.as_u16() == 503 => findings.fault(
            READY,
            format!("the bridge there says: {}", shown(&String::from_utf8_lossy(&answer.body))),
            "mend what is said of the provider and the store above; where both are well from here, look at the bridge's log",
        ),
        Ok(answer) => findings.warning(
            READY,
            format!("{}/readyz is answered by {}", visit.base, answer.status.as_u16()),
            "pass it on as well, if somebody outside is to watch the bridge by it; nobody else needs it",
        ),
        Err(error) => findings.warning(READY, error.to_string(), "run check again: /healthz was answered"),
    }
}
