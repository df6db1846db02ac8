//! Signing out at the provider, and what has to be registered there in all.

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, LOCATION};
use serde_json::{Map, Value};
use url::Url;

use super::Visit;
use crate::check::report::Findings;
use crate::identity::http::{Answer, HttpError};
use crate::identity::metadata::Metadata;

const ID: &str = "provider-post-logout-uri";
/// Of a host that never exists (RFC 6761, 6.4).
const ANYBODYS: &str = "https://jitsi-oidc-bridge-check.invalid/logged-out";

/// Looks at how sign-outs end, and lists the addresses to register.
pub async fn look(
    visit: &Visit,
    metadata: &Metadata,
    document: &Map<String, Value>,
    findings: &mut Findings,
) {
    let base = &visit.base;
    let mut register = format!("redirect URI {}", visit.redirect_uri);
    if metadata.end_session_endpoint.is_some() {
        after_sign_out(visit, metadata, findings).await;
        register = format!("{register}, post-logout redirect URI {base}/logged-out");
    } else {
        findings.warning(
            "provider-sign-out",
            "it names no end_session_endpoint: who signs out is signed out here, and still signed in there",
            "switch RP-initiated logout on at the provider, where it has that; a page tells people either way",
        );
    }
    if document.get("backchannel_logout_supported") == Some(&Value::Bool(true)) {
        register = format!("{register}, back-channel logout URI {base}/backchannel-logout");
    } else {
        findings.good(
            "provider-backchannel-logout",
            "it does not offer back-channel logout: who signs out there stays signed in here, until session.idle_timeout or session.lifetime",
        );
    }
    findings.good(
        "provider-registration",
        format!("to be registered there: {register}"),
    );
}

/// Looks whether the way back from a sign-out is known: by what is answered to one that is to end here, and to one that is to
/// end where nobody can have registered an address.
async fn after_sign_out(visit: &Visit, metadata: &Metadata, findings: &mut Findings) {
    let Some(endpoint) = &metadata.end_session_endpoint else {
        return;
    };
    let back = format!("{}/logged-out", visit.base);
    let answer = match ask(visit, endpoint, &back).await {
        Ok(answer) => answer,
        Err(error) => {
            findings.warning(
                ID,
                format!("its end_session_endpoint cannot be asked: {error}"),
                "look whether browsers reach it",
            );
            return;
        }
    };
    let status = answer.status;
    if !status.is_success() && !status.is_redirection() {
        findings.warning(
            ID,
            format!(
                "a sign-out that is to end at {back} is answered by {}",
                status.as_u16()
            ),
            format!("register exactly {back} as a post-logout redirect URI of the client"),
        );
        return;
    }
    let leads_back = answer.headers.get(LOCATION);
    let leads_back = leads_back.is_some_and(|to| to.as_bytes().starts_with(back.as_bytes()));
    let tells_apart = match ask(visit, endpoint, ANYBODYS).await {
        Ok(other) => other.status != status,
        Err(_) => false,
    };
    if leads_back || tells_apart {
        findings.good(ID, format!("{back} may be where sign-outs end"));
    } else {
        findings.warning(
            ID,
            format!("whether {back} may be where sign-outs end could not be told: a sign-out that is to end at {ANYBODYS} is answered alike"),
            format!("compare there by hand, letter by letter: post-logout redirect URI {back}"),
        );
    }
}

/// Asks for a sign-out as a browser does in which nobody is signed in (RP-Initiated Logout 1.0, 2 and 3).
async fn ask(visit: &Visit, endpoint: &Url, back: &str) -> Result<Answer, HttpError> {
    let mut url = endpoint.clone();
    url.query_pairs_mut()
        .append_pair("client_id", &visit.provider.settings.client_id)
        .append_pair("post_logout_redirect_uri", back);
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/html,*/*"))]);
    let answer = visit.browsers.get_with(&url, headers.clone()).await;
    if answer.is_err() && visit.provider.http.has_inside() {
        return visit.provider.http.get_with(&url, headers).await;
    }
    answer
}
