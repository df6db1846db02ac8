//! Whether the provider knows the client and our redirect URI: asked as a browser does that wants no question
//! (`prompt=none`).
//!
//! A provider must not send anybody to an address that is not registered (OpenID Connect Core 1.0, 3.1.2.2; RFC 6749,
//! 3.1.2.4). Sent back to ours, with an error or without, the client and the address are known there. Anything else tells
//! less, and is told as that.

mod answer;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};

use self::answer::{Told, understood};
use super::{Visit, unheard_of};
use crate::check::reach::{self, Ids};
use crate::check::report::{Findings, Verdict};
use crate::identity::authorization::{self, Wishes};
use crate::identity::error::LoginError;
use crate::identity::login::LoginSecrets;
use crate::identity::metadata::Metadata;
use crate::identity::provider::Provider;
use crate::identity::settings::{Push, ResponseMode};

const CLIENT: &str = "provider-client";
const REDIRECT_URI: &str = "provider-redirect-uri";
const REQUEST: &str = "provider-authorization-request";

/// What is said of the endpoint's address.
const REACH: Ids = Ids {
    name: "provider-authorization-endpoint",
    connection: "provider-authorization-endpoint",
    certificate: "provider-authorization-endpoint",
};

/// Begins a login that nobody will finish, and looks where the browser would be sent.
pub async fn ask(visit: &Visit, metadata: &Metadata, findings: &mut Findings) {
    let (Some(state), Some(nonce), Some(verifier)) = (unheard_of(), unheard_of(), unheard_of())
    else {
        return;
    };
    let secrets = LoginSecrets {
        nonce,
        code_verifier: verifier.into(),
    };
    let wishes = Wishes {
        prompt: Some("none"),
        ..Wishes::default()
    };
    let redirect_uri = &visit.redirect_uri;
    let begin = async |provider: &Provider| {
        authorization::begin(provider, metadata, redirect_uri, &state, &secrets, &wishes).await
    };
    let url = match begin(&visit.provider).await {
        Ok(url) => url,
        Err(error) => {
            push_failed(visit, &error, findings);
            // What the browser brings is answered as well, and tells more.
            match begin(&pushing_nothing(visit)).await {
                Ok(url) if !of_redirect_uri(&error.to_string()) => url,
                _ => return,
            }
        }
    };
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/html,*/*"))]);
    // As browsers go; where this machine cannot, as the bridge does.
    let mut answer = visit.browsers.get_with(&url, headers.clone()).await;
    if answer.is_err() && visit.provider.http.has_inside() {
        answer = visit.provider.http.get_with(&url, headers).await;
    }
    match answer {
        Ok(answer) => {
            let form = visit.provider.settings.request.response_mode == ResponseMode::FormPost;
            tell(visit, understood(&answer, redirect_uri, form), findings);
        }
        Err(error) => {
            let endpoint = &metadata.authorization_endpoint;
            let mut why = reach::why(endpoint, &error, REACH, &visit.trust()).await;
            why.said = format!("its authorization endpoint cannot be asked: {}", why.said);
            why.report(findings, Verdict::Fault);
        }
    }
}

/// The provider, with requests that go by way of the browser wherever it takes such.
fn pushing_nothing(visit: &Visit) -> Provider {
    let mut settings = visit.provider.settings.clone();
    settings.request.push = Push::Never;
    Provider::new(settings, visit.provider.http.clone(), visit.clock.clone())
}

/// The request was to be pushed.
fn push_failed(visit: &Visit, error: &LoginError, findings: &mut Findings) {
    const PUSHED: &str = "provider-pushed-requests";
    match error {
        // Told already.
        LoginError::NoPush => {}
        LoginError::Refused {
            error, description, ..
        } if of_redirect_uri(error) || of_redirect_uri(description) => {
            let said = format!(
                "it does not know the redirect URI {}: {error} {description}",
                visit.redirect_uri
            );
            findings.fault(REDIRECT_URI, said, register(visit));
        }
        error => {
            let mend = format!(
                "look at {}, {} and {}; where the provider takes requests from the browser as well, {} = \"never\" does without",
                visit.key("client_id"),
                visit.key("client_secret"),
                visit.key("client_authentication"),
                visit.key("pushed_authorization")
            );
            let said = format!("a pushed authorization request is not taken: {error}");
            findings.fault(PUSHED, said, mend);
        }
    }
}

fn of_redirect_uri(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("redirect_uri") || text.contains("redirect uri")
}

fn tell(visit: &Visit, told: Told, findings: &mut Findings) {
    let client_id = &visit.provider.settings.client_id;
    let redirect_uri = &visit.redirect_uri;
    match told {
        Told::Known => findings.good(
            CLIENT,
            format!("the client {client_id:?} and the redirect URI {redirect_uri} are known there"),
        ),
        Told::Wrong { error, description } => {
            let said = format!(
                "it knows the redirect URI, and answers an authorization request by {error}: {description:?}"
            );
            findings.fault(REQUEST, said, mend_request(visit, &error));
        }
        Told::Unwell { error } => findings.warning(
            REQUEST,
            format!("it knows the client and the redirect URI, and answers {error}"),
            "look at the provider's own log",
        ),
        Told::UnknownClient { said } => findings.fault(
            CLIENT,
            format!("it does not know the client {client_id:?}: {said}"),
            format!(
                "look at {}, and whether the client is enabled in this very realm or tenant; register {redirect_uri} for it",
                visit.key("client_id")
            ),
        ),
        Told::UnknownRedirectUri { said } => findings.fault(
            REDIRECT_URI,
            format!("it does not know the redirect URI {redirect_uri}: {said}"),
            register(visit),
        ),
        Told::Refused { said } => findings.fault(
            CLIENT,
            format!("it shows an error page instead of a sign-in: {said}"),
            format!(
                "it does not know the client {client_id:?} ({}), or the redirect URI: {}",
                visit.key("client_id"),
                register(visit)
            ),
        ),
        Told::Broken { status } => findings.fault(
            REACH.connection,
            format!("its authorization endpoint answers {status}"),
            "look at the provider's own log",
        ),
        Told::Silent { said } => findings.warning(
            CLIENT,
            format!("whether it knows the client and the redirect URI could not be told: {said}"),
            format!(
                "compare there by hand, letter by letter: client {client_id:?}, redirect URI {redirect_uri}"
            ),
        ),
    }
}

fn register(visit: &Visit) -> String {
    format!(
        "register exactly {} as a redirect URI of the client; or mend server.public_url, if browsers reach the bridge elsewhere",
        visit.redirect_uri
    )
}

fn mend_request(visit: &Visit, error: &str) -> String {
    match error {
        "invalid_scope" => format!(
            "let the client have these scopes at the provider, or change {}: {}",
            visit.key("scopes"),
            visit.provider.settings.request.scopes.join(" ")
        ),
        "unauthorized_client" | "unsupported_response_type" => {
            "let the client use the authorization code flow (at Keycloak: \"Standard flow\")"
                .to_owned()
        }
        _ => format!(
            "look at the client at the provider (PKCE, pushed requests, signed requests), and at {}",
            visit.key("authorization_parameters")
        ),
    }
}
