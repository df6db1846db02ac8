//! Whether Prosody is reached at Jitsi's public address, by which way, and what its domain and its clock say.

use std::time::Duration;

use reqwest::StatusCode;
use time::OffsetDateTime;
use tokio::time::Instant;
use url::Url;

use super::place::Place;
use super::tokens::Tokens;
use super::xmpp::Connection;
use super::xmpp::trouble::Trouble;
use super::xmpp::way::{Kind, Visit, Way};
use super::{Findings, Patience, Trial, mend};
use crate::check::certificate;
use crate::config::Config;
use crate::policy::Role;
use crate::token::MintError;

/// A difference of clocks that is worth a look.
const CLOCKS_DIFFER: time::Duration = time::Duration::seconds(5);

/// How Prosody is reached.
pub struct Reached {
    /// By which way.
    pub way: Way,
    /// What its domain for members is called.
    pub domain: String,
    /// The way that is still to be tried.
    pub other: Option<Way>,
}

/// What a first look at a way found.
struct Seen {
    domain: String,
    took: Duration,
    date: Option<OffsetDateTime>,
}

/// Finds Prosody.
pub async fn reach(
    config: &Config,
    place: &Place,
    tokens: &Tokens<'_>,
    patience: Patience,
    findings: &mut Findings,
) -> Result<Option<Reached>, MintError> {
    let room = format!("bridge-check-{}", tokens.name()?);
    let timeout = patience.answer + Duration::from_secs(2);
    let trusted = certificate::authorities(config);
    let way = |kind, url: &Url| Way::new(kind, url.clone(), timeout, trusted.as_deref());
    let bosh = way(Kind::Bosh, &place.bosh);
    let websocket = way(Kind::WebSocket, &place.websocket);
    let (bosh, websocket) = match (bosh, websocket) {
        (Ok(bosh), Ok(websocket)) => (bosh, websocket),
        (Err(trouble), _) | (_, Err(trouble)) => {
            let said = format!("the HTTP client cannot be set up: {trouble}");
            findings.fault("meetings-bosh", said, "");
            return Ok(None);
        }
    };
    let by_bosh = first_look(&bosh, place, &room, tokens, patience).await;
    let (way, seen, other) = match by_bosh {
        Ok(seen) => {
            let said = format!(
                "Prosody answers at {} after {} ms",
                bosh.url,
                seen.took.as_millis()
            );
            findings.good("meetings-bosh", said);
            (bosh, seen, Some(websocket))
        }
        Err(trouble @ (Trouble::HostUnknown | Trouble::NoAnonymous(_))) => {
            say_unusable(&trouble, place, findings);
            return Ok(None);
        }
        Err(trouble) => {
            let said = format!("XMPP over HTTP does not work at {}: {trouble}", bosh.url);
            let by_websocket = first_look(&websocket, place, &room, tokens, patience).await;
            match by_websocket {
                Ok(seen) => {
                    let mend = mend_way(&bosh, &trouble);
                    if place.websocket_is_used {
                        findings.warning("meetings-bosh", said, mend);
                    } else {
                        findings.fault("meetings-bosh", said, mend);
                    }
                    let said = format!(
                        "Prosody answers at {} after {} ms",
                        websocket.url,
                        seen.took.as_millis()
                    );
                    findings.good("meetings-websocket", said);
                    (websocket, seen, None)
                }
                Err(unusable @ (Trouble::HostUnknown | Trouble::NoAnonymous(_))) => {
                    say_unusable(&unusable, place, findings);
                    return Ok(None);
                }
                Err(also) => {
                    findings.fault("meetings-bosh", said, mend_way(&bosh, &trouble));
                    let said = format!(
                        "XMPP over WebSocket does not work at {} either: {also}",
                        websocket.url
                    );
                    findings.fault("meetings-websocket", said, mend_way(&websocket, &also));
                    return Ok(None);
                }
            }
        }
    };
    compare_domain(&seen.domain, place, tokens, findings);
    compare_clocks(seen.date, tokens.now(), findings);
    Ok(Some(Reached {
        way,
        domain: seen.domain,
        other,
    }))
}

/// Whether a right token is believed on the way that was not used so far.
pub async fn other_way(
    other: &Way,
    trial: &Trial<'_>,
    is_used: bool,
    findings: &mut Findings,
) -> Result<(), MintError> {
    let room = trial.room(None)?;
    let token = trial.token(&room, Role::Participant)?;
    let visit = Visit {
        room: room.name.as_str(),
        tenant: None,
        token: Some(&token),
    };
    let (patience, random) = (trial.patience.answer, trial.tokens.random());
    let started = Instant::now();
    let signed_in = async {
        let opened = Connection::open(other, &trial.domain, visit, patience, random);
        let mut connection = opened.await?;
        connection.sign_in().await?;
        connection.close().await;
        Ok(())
    };
    match signed_in.await {
        Ok(()) => {
            let took = started.elapsed().as_millis();
            let said = format!(
                "and at {}, where a token is believed after {took} ms",
                other.url
            );
            findings.good("meetings-websocket", said);
        }
        Err(trouble) => {
            let trouble: Trouble = trouble;
            let said = format!(
                "XMPP over WebSocket does not work at {}: {trouble}",
                other.url
            );
            let mend = mend_way(other, &trouble);
            if is_used {
                findings.fault("meetings-websocket", said, mend);
            } else {
                let unless =
                    "If Jitsi's config.js has no `websocket`, nobody needs it. Otherwise: ";
                findings.warning("meetings-websocket", said, format!("{unless}{mend}"));
            }
        }
    }
    Ok(())
}

/// The first of the domains that Prosody has.
async fn first_look(
    way: &Way,
    place: &Place,
    room: &str,
    tokens: &Tokens<'_>,
    patience: Patience,
) -> Result<Seen, Trouble> {
    let visit = Visit {
        room,
        tenant: None,
        token: None,
    };
    for domain in &place.domains {
        let started = Instant::now();
        let opened = Connection::open(way, domain, visit, patience.answer, tokens.random());
        match opened.await {
            Ok(connection) => {
                let seen = Seen {
                    domain: domain.clone(),
                    took: started.elapsed(),
                    date: connection.date(),
                };
                connection.close().await;
                return Ok(seen);
            }
            Err(Trouble::HostUnknown) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Err(Trouble::HostUnknown)
}

fn say_unusable(trouble: &Trouble, place: &Place, findings: &mut Findings) {
    if let Trouble::NoAnonymous(_) = trouble {
        let said = format!("Prosody does not ask for tokens: {trouble}");
        let mend = mend::prosody(
            "ENABLE_AUTH=1 and AUTH_TYPE=jwt",
            "authentication = \"token\" in the main VirtualHost",
        );
        findings.fault("meetings-authentication", said, mend);
        return;
    }
    let tried = place.domains.join(", ");
    let said = format!("Prosody answers, but has no domain of these names: {tried}");
    let mend = "Set jitsi.xmpp_domain to XMPP_DOMAIN of docker-jitsi-meet, or to the name of the main VirtualHost in Prosody's configuration.";
    findings.fault("meetings-domain", said, mend);
}

fn compare_domain(domain: &str, place: &Place, tokens: &Tokens<'_>, findings: &mut Findings) {
    let ours = tokens.xmpp_domain();
    // `*` is right at every domain.
    if domain == ours || ours == "*" {
        findings.good(
            "meetings-domain",
            format!("its domain for members is {domain}"),
        );
        return;
    }
    let because = if place.domains.first().is_some_and(|first| first == domain) {
        "as Jitsi's config.js says"
    } else {
        "and it has none of the other name"
    };
    findings.warning(
        "meetings-domain",
        format!("Prosody's domain is {domain}, {because}, and the tokens say {ours}: with domain verification on, every one of them is refused"),
        format!("Set jitsi.xmpp_domain = \"{domain}\"."),
    );
}

fn compare_clocks(there: Option<OffsetDateTime>, here: OffsetDateTime, findings: &mut Findings) {
    let Some(there) = there else {
        return;
    };
    let ahead = there - here;
    // It tells whole seconds.
    if ahead.abs() <= CLOCKS_DIFFER {
        findings.good("meetings-clock", "its clock and this one agree");
        return;
    }
    let which = if ahead.is_positive() {
        "ahead of"
    } else {
        "behind"
    };
    findings.warning(
        "meetings-clock",
        format!("Jitsi's clock is {} s {which} this one; Prosody allows no difference but token.not_before_leeway", ahead.abs().whole_seconds()),
        "Let both machines set their clocks by NTP.",
    );
}

fn mend_way(way: &Way, trouble: &Trouble) -> String {
    let path = way.url.path();
    let (at_prosody, docker, example) = match way.kind {
        Kind::Bosh => ("/http-bind", "", "location = /http-bind"),
        Kind::WebSocket => (
            "/xmpp-websocket",
            " docker-jitsi-meet: ENABLE_XMPP_WEBSOCKET=1 (services web and prosody). Debian packages: \"websocket\" among modules_enabled of the main VirtualHost.",
            "location = /xmpp-websocket, with the headers Upgrade and Connection",
        ),
    };
    match trouble {
        Trouble::Status(status, _) if status.is_redirection() => {
            "Set jitsi.url to the address that browsers end at.".to_owned()
        }
        Trouble::Status(StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT, _) => {
            "The proxy does not reach Prosody: is it running, and does the proxy know its address?".to_owned()
        }
        Trouble::Status(..) | Trouble::NotXmpp(_) => format!(
            "The proxy must pass {path} on to Prosody's {at_prosody} (nginx: {example}).{docker}"
        ),
        Trouble::NoAnswer(cause) if cause.contains("certificate") => {
            "Give Jitsi a certificate that this machine trusts, or name its authority in provider.ca_file or in SSL_CERT_FILE.".to_owned()
        }
        Trouble::NoAnswer(_) | Trouble::Silence(_) => {
            "Is jitsi.url right, and is it reached from this machine?".to_owned()
        }
        _ => "Look into Prosody's log.".to_owned(),
    }
}
