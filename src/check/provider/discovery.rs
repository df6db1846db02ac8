//! What the provider says of itself: whether it can be had, from inside and from outside, and is what it should be.

use reqwest::header::LOCATION;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::Url;

use super::{REACH, Visit, issuer};
use crate::check::reach::{self, Ids};
use crate::check::report::{Findings, Verdict};
use crate::identity::claims::shown;
use crate::identity::http::Answer;
use crate::identity::json;
use crate::identity::metadata::Metadata;

const DISCOVERY: &str = "provider-discovery";
const ENDPOINTS: &str = "provider-endpoints";

/// What is said of the address that only browsers use.
const PUBLIC: Ids = Ids {
    name: "provider-public-address",
    connection: "provider-public-address",
    certificate: "provider-public-address",
};

/// What is needed, and of what kind it is does not matter here.
const NEEDED: [&str; 4] = [
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
];

/// The provider's document, and when it came.
pub struct Discovered {
    pub document: Map<String, Value>,
    pub answer: Answer,
    pub asked_at: OffsetDateTime,
    pub answered_at: OffsetDateTime,
}

/// Asks for the document, as the bridge does; and as browsers reach the provider, where that is another way.
pub async fn discover(visit: &Visit, findings: &mut Findings) -> Option<Discovered> {
    let settings = &visit.provider.settings;
    let address = format!(
        "{}/.well-known/openid-configuration",
        settings.issuer.trim_end_matches('/')
    );
    let Ok(address) = Url::parse(&address) else {
        let mend = format!("mend {}", visit.key("issuer"));
        findings.fault(DISCOVERY, format!("{address} is no address"), mend);
        return None;
    };
    let asked_at = visit.clock.now();
    let answer = visit.provider.http.get(&address, None).await;
    let answered_at = visit.clock.now();
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let asked = visit.provider.http.inside().unwrap_or(&address);
            let mut why = reach::why(asked, &error, REACH, &visit.trust()).await;
            if visit.provider.http.has_inside() {
                why.said = format!("{} ({})", why.said, visit.key("internal_url"));
            } else {
                why.mend = format!(
                    "{}. Where browsers reach the provider at this address and this machine does not, write the one that it can reach as {}",
                    why.mend,
                    visit.key("internal_url")
                );
            }
            why.report(findings, Verdict::Fault);
            return None;
        }
    };
    if visit.provider.http.has_inside() {
        look_from_outside(visit, &address, findings).await;
    }
    match document(&answer) {
        Ok(document) => Some(Discovered {
            document,
            answer,
            asked_at,
            answered_at,
        }),
        Err((said, mend)) => {
            let said = format!("{address} {said}");
            let mend = format!("{mend} ({} is {})", visit.key("issuer"), settings.issuer);
            findings.fault(DISCOVERY, said, mend);
            None
        }
    }
}

/// Only a warning when it fails: the bridge does not go this way, and browsers may be elsewhere.
async fn look_from_outside(visit: &Visit, address: &Url, findings: &mut Findings) {
    let origin = address.origin().ascii_serialization();
    let hint = "browsers have to reach it: try it in one. From here it does not matter, as internal_url is set";
    match visit.browsers.get(address, None).await {
        Ok(answer) if document(&answer).is_ok() => findings.good(
            PUBLIC.connection,
            format!("reached from here both at {origin}, as browsers do, and at its internal_url"),
        ),
        Ok(answer) => findings.warning(
            PUBLIC.connection,
            format!(
                "{address}, where browsers go, answers {} and not what its internal_url does",
                answer.status.as_u16()
            ),
            hint,
        ),
        Err(error) => {
            let mut why = reach::why(address, &error, PUBLIC, &visit.trust()).await;
            why.said = format!("not reached from here as browsers reach it: {}", why.said);
            hint.clone_into(&mut why.mend);
            why.report(findings, Verdict::Warning);
        }
    }
}

/// The document, or what is wrong with it and what to do.
fn document(answer: &Answer) -> Result<Map<String, Value>, (String, &'static str)> {
    let issuer = "write the issuer as the provider calls it: with realm, tenant or application";
    let status = answer.status.as_u16();
    match status {
        200 => {}
        300..=399 => {
            let to = answer
                .headers
                .get(LOCATION)
                .and_then(|to| to.to_str().ok())
                .unwrap_or("nowhere");
            // What stands behind it may be a state.
            let to = shown(to.split('?').next().unwrap_or_default());
            return Err((
                format!("redirects to {to}, which is not followed"),
                "write the address that it redirects to, with https:// where that is it; a login page in front of it has to go",
            ));
        }
        404 => return Err(("answers 404: there is no such provider".to_owned(), issuer)),
        401 | 403 => {
            return Err((
                format!(
                    "answers {status}: somebody in front of it wants a password, or turns this machine away"
                ),
                "let this machine ask for it without a sign-in",
            ));
        }
        500.. => {
            return Err((
                format!("answers {status}: the provider, or the proxy in front of it, is not well"),
                "look at the provider's own log",
            ));
        }
        _ => return Err((format!("answers {status}"), issuer)),
    }
    json::object(&answer.body).map_err(|flaw| {
        if is_html(answer) {
            (
                "answers a web page: a login page, or another program".to_owned(),
                "write the issuer as the provider calls it, and put no login page in front of it",
            )
        } else {
            (format!("answers no JSON object: {flaw}"), issuer)
        }
    })
}

fn is_html(answer: &Answer) -> bool {
    let start = answer.body.iter().find(|byte| !byte.is_ascii_whitespace());
    answer.media_type == "text/html" || start == Some(&b'<')
}

/// The document as the bridge takes it; nothing when it would not, which is told.
pub fn read(visit: &Visit, found: &Discovered, findings: &mut Findings) -> Option<Metadata> {
    let settings = &visit.provider.settings;
    let missing: Vec<&str> = NEEDED
        .into_iter()
        .filter(|name| !found.document.get(*name).is_some_and(Value::is_string))
        .collect();
    if !missing.is_empty() {
        let said = format!("its metadata lack {}", missing.join(", "));
        let mend = "this is no OpenID Connect provider, or a realm of it that is not set up: look there, and at the issuer";
        findings.fault(ENDPOINTS, said, mend);
        return None;
    }
    let metadata: Metadata = match serde_json::from_slice(&found.answer.body) {
        Ok(metadata) => metadata,
        Err(error) => {
            let said = format!("its metadata make no sense: {}", shown(&error.to_string()));
            findings.fault(ENDPOINTS, said, "mend them at the provider");
            return None;
        }
    };
    if metadata.issuer != settings.metadata_issuer {
        issuer::differs(visit, &metadata.issuer, findings);
        return None;
    }
    findings.good(
        "provider-issuer",
        format!("{} says so of itself", shown(&metadata.issuer)),
    );
    match metadata.check(settings, visit.provider.http.has_inside()) {
        Ok(()) => Some(metadata),
        Err(error) => {
            let mend = "have the provider name https addresses: behind a proxy, tell it its public address";
            findings.fault(ENDPOINTS, error.to_string(), mend);
            None
        }
    }
}
