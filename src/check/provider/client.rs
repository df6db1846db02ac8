//! Whether the provider knows the client and our redirect URI: asked as a browser does that wants no question
//! (`prompt=none`).
//!
//! A provider must not send anybody to an address that is not registered (OpenID Connect Core 1.0, 3.1.2.2; RFC 6749,
//! 3.1.2.4). Sent back to ours, with an error or without, the client and the address are known there. Anything else tells
//! less, and is told as that.

mod answer;
mod anybody;
mod pushed;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use url::Url;

use self::answer::{Told, understood};
pub use self::pushed::Unproven;
use super::{Visit, unheard_of};
use crate::check::reach::{self, Ids};
use crate::check::report::{Findings, Verdict};
use crate::identity::authorization::{self, Wishes};
use crate::identity::error::LoginError;
use crate::identity::http::{Answer, HttpError};
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
///
/// What was said of a pushed request in which the client was not believed comes back: why, the token endpoint tells.
pub async fn ask(visit: &Visit, metadata: &Metadata, findings: &mut Findings) -> Option<Unproven> {
    let redirect_uri = &visit.redirect_uri;
    let mut unproven = None;
    let url = match begin(&visit.provider, metadata, redirect_uri).await? {
        Ok(url) => url,
        Err(error) => {
            unproven = pushed::failed(visit, &error, findings);
            // What the browser brings is answered as well, and tells more.
            match begin(&pushing_nothing(visit), metadata, redirect_uri).await? {
                Ok(url) if !of_redirect_uri(&error.to_string()) => url,
                _ => return unproven,
            }
        }
    };
    match fetch(visit, &url).await {
        Ok(answer) => {
            let told = understand(visit, &answer, redirect_uri);
            let tells_addresses_apart = told == Told::Known;
            tell(visit, told, findings);
            if tells_addresses_apart {
                anybody::ask(visit, metadata, findings).await;
            }
        }
        Err(error) => {
            let endpoint = &metadata.authorization_endpoint;
            let mut why = reach::why(endpoint, &error, REACH, &visit.trust()).await;
            why.said = format!("its authorization endpoint cannot be asked: {}", why.said);
            why.report(findings, Verdict::Fault);
        }
    }
    unproven
}

/// The address of a login of its own; nothing without randomness.
async fn begin(
    provider: &Provider,
    metadata: &Metadata,
    redirect_uri: &str,
) -> Option<Result<Url, LoginError>> {
    let state = unheard_of()?;
    let secrets = LoginSecrets {
        nonce: unheard_of()?,
        code_verifier: unheard_of()?.into(),
    };
    let wishes = Wishes {
        prompt: Some("none"),
        ..Wishes::default()
    };
    Some(authorization::begin(provider, metadata, redirect_uri, &state, &secrets, &wishes).await)
}

/// Asks as browsers go; where this machine cannot, as the bridge does.
async fn fetch(visit: &Visit, url: &Url) -> Result<Answer, HttpError> {
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/html,*/*"))]);
    let answer = visit.browsers.get_with(url, headers.clone()).await;
    if answer.is_err() && visit.provider.http.has_inside() {
        return visit.provider.http.get_with(url, headers).await;
    }
    answer
}

fn understand(visit: &Visit, answer: &Answer, redirect_uri: &str) -> Told {
    let form = visit.provider.settings.request.response_mode == ResponseMode::FormPost;
    understood(answer, redirect_uri, form)
}

/// The provider, with requests that go by way of the browser wherever it takes such.
fn pushing_nothing(visit: &Visit) -> Provider {
    let mut settings = visit.provider.settings.clone();
    settings.request.push = Push::Never;
    Provider::new(settings, visit.provider.http.clone(), visit.clock.clone())
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
