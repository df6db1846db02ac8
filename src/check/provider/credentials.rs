//! Whether the provider believes that it is us: asked at the token endpoint, by a code that nobody gave out.
//!
//! Who is asked proves the client first (RFC 6749, 3.2.1), so that `invalid_grant` means that the client is known.

use super::capabilities::method;
use super::{Visit, unheard_of};
use crate::check::reach::{self, Ids};
use crate::check::report::{Findings, Verdict};
use crate::identity::error::LoginError;
use crate::identity::metadata::Metadata;
use crate::identity::provider::Provider;
use crate::identity::token_endpoint::{Tokens, redeem};

const CREDENTIALS: &str = "provider-credentials";

/// What is said of the endpoint's address.
const REACH: Ids = Ids {
    name: "provider-token-endpoint",
    connection: "provider-token-endpoint",
    certificate: "provider-token-endpoint",
};

/// Whether it was found that the provider does not believe the client.
pub fn are_refused(findings: &Findings) -> bool {
    findings
        .iter()
        .any(|finding| finding.id == CREDENTIALS && finding.verdict == Verdict::Fault)
}

/// Redeems a code that does not exist.
pub async fn try_a_wrong_code(visit: &Visit, metadata: &Metadata, findings: &mut Findings) {
    let Some(answer) = redeem_a_wrong_code(visit, &visit.provider, metadata).await else {
        return;
    };
    let method = method(&visit.provider.settings, metadata);
    let Err(error) = answer else {
        findings.fault(
            CREDENTIALS,
            "its token endpoint gave tokens for a code that nobody gave out",
            "do not use this provider: it signs in whoever asks",
        );
        return;
    };
    match error {
        LoginError::Http(error) => {
            let url = &metadata.token_endpoint;
            let mut why = reach::why(url, &error, REACH, &visit.trust()).await;
            why.said = format!("its token endpoint cannot be asked: {}", why.said);
            why.report(findings, Verdict::Fault);
        }
        LoginError::Refused { error, .. }
            if error == "invalid_grant"
                && method.starts_with("client_secret")
                && takes_another_secret(visit, metadata).await =>
        {
            findings.warning(
                CREDENTIALS,
                format!("its token endpoint takes any secret for that of the client: a wrong one made up by this check was believed as well ({method})"),
                "have the provider ask the client for its secret (at Keycloak: \"Client authentication\" on), and run the check again; a provider that looks at the code first answers so as well, and there sign in once",
            );
        }
        LoginError::Refused {
            status,
            error,
            description,
            ..
        } => refused(
            visit,
            method,
            &Refusal {
                status,
                error,
                description,
            },
            findings,
        ),
        other => {
            let status_says_no = other.to_string().contains("status 401");
            if status_says_no {
                not_believed(visit, method, "401", findings);
            } else {
                findings.warning(
                    CREDENTIALS,
                    format!("whether the client's secret is right could not be told: {other}"),
                    "sign in once, and look at the bridge's log",
                );
            }
        }
    }
}

/// The answer to a code that nobody gave out; nothing without randomness.
async fn redeem_a_wrong_code(
    visit: &Visit,
    provider: &Provider,
    metadata: &Metadata,
) -> Option<Result<Tokens, LoginError>> {
    let (code, verifier) = (unheard_of()?, unheard_of()?.into());
    let redirect_uri = &visit.redirect_uri;
    Some(redeem(provider, metadata, redirect_uri, &code, &verifier).await)
}

/// Whether a secret that nobody has is believed as well. Tried once: providers may lock a client out that is often wrong.
async fn takes_another_secret(visit: &Visit, metadata: &Metadata) -> bool {
    let Some(secret) = unheard_of() else {
        return false;
    };
    let mut settings = visit.provider.settings.clone();
    settings.client_secret = Some(secret.into());
    let http = visit.provider.http.clone();
    let stranger = Provider::new(settings, http, visit.clock.clone());
    let answer = redeem_a_wrong_code(visit, &stranger, metadata).await;
    matches!(answer, Some(Err(LoginError::Refused { error, .. })) if error == "invalid_grant")
}

struct Refusal {
    status: u16,
    error: String,
    description: String,
}

fn refused(visit: &Visit, method: &str, refusal: &Refusal, findings: &mut Findings) {
    let Refusal {
        status,
        error,
        description,
    } = refusal;
    match error.as_str() {
        "invalid_grant" if method == "none" => findings.good(
            CREDENTIALS,
            "its token endpoint knows the client, which is a public one: it has no secret",
        ),
        "invalid_grant" => findings.good(
            CREDENTIALS,
            format!("its token endpoint believes that it is the client ({method})"),
        ),
        "invalid_client" | "unauthorized_client" => {
            let answer = format!("{status} {error} {description}");
            not_believed(visit, method, answer.trim_end(), findings);
        }
        _ if *status == 401 => not_believed(visit, method, &format!("401 {error}"), findings),
        _ => findings.warning(
            CREDENTIALS,
            format!("whether the client's secret is right could not be told: the token endpoint answered a wrong code by {status} {error} {description:?}"),
            "sign in once, and look at the bridge's log",
        ),
    }
}

fn not_believed(visit: &Visit, method: &str, answer: &str, findings: &mut Findings) {
    let said =
        format!("its token endpoint does not believe that it is the client ({method}): {answer}");
    let mend = match method {
        "private_key_jwt" => format!(
            "register the bridge's public key at the provider for the client: its address is {}/.well-known/client-jwks.json; and look at {} and {}",
            visit.base,
            visit.key("client_key_file"),
            visit.key("client_assertion_audience")
        ),
        "none" => format!(
            "let the client be a public one at the provider, or write its secret as {}",
            visit.key("client_secret")
        ),
        _ => format!(
            "copy {} and {} from the provider anew; if they are right, try another {}",
            visit.key("client_id"),
            visit.key("client_secret"),
            visit.key("client_authentication")
        ),
    };
    findings.fault(CREDENTIALS, said, mend);
}
