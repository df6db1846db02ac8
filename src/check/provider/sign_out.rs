//! Signing out at the provider, and what has to be registered there in all.

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use serde_json::{Map, Value};

use super::Visit;
use crate::check::report::Findings;
use crate::identity::metadata::Metadata;

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

/// Asks for a sign-out as a browser does in which nobody is signed in, to see whether the way back is known
/// (RP-Initiated Logout 1.0, 2 and 3).
async fn after_sign_out(visit: &Visit, metadata: &Metadata, findings: &mut Findings) {
    const ID: &str = "provider-post-logout-uri";
    let Some(mut url) = metadata.end_session_endpoint.clone() else {
        return;
    };
    let back = format!("{}/logged-out", visit.base);
    url.query_pairs_mut()
        .append_pair("client_id", &visit.provider.settings.client_id)
        .append_pair("post_logout_redirect_uri", &back);
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/html,*/*"))]);
    let mut answer = visit.browsers.get_with(&url, headers.clone()).await;
    if answer.is_err() && visit.provider.http.has_inside() {
        answer = visit.provider.http.get_with(&url, headers).await;
    }
    match answer.map(|answer| answer.status.as_u16()) {
        Ok(200..400) => findings.good(ID, format!("{back} may be where sign-outs end")),
        Ok(status) => findings.warning(
            ID,
            format!("a sign-out that is to end at {back} is answered by {status}"),
            format!("register exactly {back} as a post-logout redirect URI of the client"),
        ),
        Err(error) => findings.warning(
            ID,
            format!("its end_session_endpoint cannot be asked: {error}"),
            "look whether browsers reach it",
        ),
    }
}
