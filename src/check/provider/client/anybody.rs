//! Whether the provider would send people anywhere: asked with a redirect URI that nobody can have registered.
//!
//! It has to compare redirect URIs letter by letter (OpenID Connect Core 1.0, 3.1.2.1; RFC 9700, 2.1). One that is
//! registered as a pattern, such as `*`, lets an attacker's link end at the attacker's page.

use super::answer::Told;
use super::{REDIRECT_URI, begin, fetch, pushing_nothing, register, understand};
use crate::check::provider::Visit;
use crate::check::report::Findings;
use crate::identity::metadata::Metadata;

/// A host that never exists (RFC 6761, 6.4).
const ANYBODYS: &str = "https://jitsi-oidc-bridge-check.invalid/callback";

/// Asks, and tells only of a provider that would send people there: whatever else it answers is as it should be, or says
/// nothing.
pub async fn ask(visit: &Visit, metadata: &Metadata, findings: &mut Findings) {
    // Nobody else can push, and who can may bring another address along (RFC 9126, 2.4).
    if metadata.require_pushed_authorization_requests {
        return;
    }
    let provider = pushing_nothing(visit);
    let Some(Ok(url)) = begin(&provider, metadata, ANYBODYS).await else {
        return;
    };
    let Ok(answer) = fetch(visit, &url).await else {
        return;
    };
    let told = understand(visit, &answer, ANYBODYS);
    if matches!(told, Told::Known | Told::Wrong { .. } | Told::Unwell { .. }) {
        findings.fault(
            REDIRECT_URI,
            format!("it lets anybody's address be the redirect URI of the client: asked with {ANYBODYS}, it would send people there"),
            format!("take \"*\" and the like out of the client's redirect URIs at the provider, and {}", register(visit)),
        );
    }
}
