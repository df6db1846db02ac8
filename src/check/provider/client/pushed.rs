//! A pushed authorization request (RFC 9126) that is not taken.

use super::{REDIRECT_URI, of_redirect_uri, register};
use crate::check::provider::Visit;
use crate::check::report::Findings;
use crate::identity::error::LoginError;

const PUSHED: &str = "provider-pushed-requests";

/// What was said of a pushed request in which the client was not believed.
pub struct Unproven(String);

impl Unproven {
    /// Tells it: for where the token endpoint believes the client.
    pub fn tell(self, visit: &Visit, findings: &mut Findings) {
        let mend = format!(
            "let the client push its requests at the provider, in the way in which it proves itself at the token endpoint; or look at {}, {} and {}",
            visit.key("client_id"),
            visit.key("client_secret"),
            visit.key("client_authentication"),
        );
        findings.fault(PUSHED, not_taken(&self.0), mend);
    }
}

/// Tells why, but where the client was not believed.
pub fn failed(visit: &Visit, error: &LoginError, findings: &mut Findings) -> Option<Unproven> {
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
        error if is_of_the_client(error) => return Some(Unproven(error.to_string())),
        error => {
            let mend = format!(
                "look at the client at the provider; where the provider takes requests from the browser as well, {} = \"never\" does without",
                visit.key("pushed_authorization")
            );
            findings.fault(PUSHED, not_taken(&error.to_string()), mend);
        }
    }
    None
}

fn not_taken(said: &str) -> String {
    format!("a pushed authorization request is not taken: {said}")
}

/// By the status, whatever the error is called: Keycloak says `invalid_request` with 401.
fn is_of_the_client(error: &LoginError) -> bool {
    match error {
        LoginError::Refused { status, error, .. } => {
            *status == 401 || matches!(error.as_str(), "invalid_client" | "unauthorized_client")
        }
        LoginError::Answer { said, .. } => said.starts_with("status 401 "),
        _ => false,
    }
}
