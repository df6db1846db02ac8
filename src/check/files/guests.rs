//! Who gets in without a token, and whether tokens keep domains and tenants apart.

use super::told::{Dialect, Setting, Told};
use crate::check::report::Findings;
use crate::config::Config;

/// Looks at both.
pub fn judge(told: &Told, dialect: &dyn Dialect, config: &Config, findings: &mut Findings) {
    judge_domains(told, dialect, config, findings);
    judge_empty_tokens(told, dialect, findings);
}

fn judge_domains(told: &Told, dialect: &dyn Dialect, config: &Config, findings: &mut Findings) {
    const ID: &str = "jitsi-domain";
    let identity = &config.jitsi.identity;
    let verifies = told.verifies_domains(dialect.verifies_domains_by_default());
    let place = told
        .domain_verification
        .as_ref()
        .map(|on| on.place.to_string());
    let place = place.unwrap_or_else(|| dialect.absent(Setting::DomainVerification));
    if told.domain_verification.is_none()
        && dialect.verifies_domains_by_default()
        && dialect.would_tell(Setting::DomainVerification)
    {
        findings.warning(
            ID,
            format!("{place}: its default has changed between versions of Jitsi"),
            format!(
                "Write {}",
                dialect.line(Setting::DomainVerification, "false")
            ),
        );
    }
    if let Some((domain, because)) = &told.domain
        && !domain.eq_ignore_ascii_case(&identity.xmpp_domain)
        && identity.xmpp_domain != "*"
    {
        let said = format!(
            "{because}: the XMPP domain is {domain:?}, and tokens say {:?}",
            identity.xmpp_domain
        );
        let mend = format!("Write jitsi.xmpp_domain = {domain:?}");
        if verifies {
            let said =
                format!("{said}: with domain verification ({place}), Prosody refuses every token");
            findings.fault(ID, said, mend);
        } else {
            let said =
                format!("{said}: nobody looks at it until domain verification is switched on");
            findings.warning(ID, said, mend);
        }
    }
    if verifies && identity.bind_tenant {
        findings.fault(
            ID,
            format!("{place}: domain verification is on, and jitsi.bind_tenant as well: Prosody refuses every token for a tenant's room"),
            "Leave jitsi.bind_tenant out",
        );
    }
    let by_tenant = config
        .policy
        .rules
        .iter()
        .any(|rule| !rule.conditions.tenants.is_empty());
    if by_tenant
        && !verifies
        && !identity.bind_tenant
        && (told.domain_verification.is_some() || dialect.would_tell(Setting::DomainVerification))
    {
        findings.warning(
            "jitsi-tenants",
            format!("{place}: domain verification is off, and policy has rules by tenant: a token for one tenant's room opens the room of that name of every other"),
            format!("Write {}", dialect.line(Setting::DomainVerification, "true")),
        );
    }
}

fn judge_empty_tokens(told: &Told, dialect: &dyn Dialect, findings: &mut Findings) {
    const ID: &str = "jitsi-empty-token";
    let verifies = told.verifies_domains(dialect.verifies_domains_by_default());
    let waits = told
        .rooms
        .iter()
        .any(|module| module.it == "muc_wait_for_host");
    match &told.allow_empty {
        Some(allowed) if allowed.it => {
            let off = format!("Write {}", dialect.line(Setting::AllowEmpty, "false"));
            if told.guests && verifies && waits {
                findings.good(
                    ID,
                    format!("{}: empty tokens are allowed, as guests need with domain verification; waiting for a host keeps them from opening rooms", allowed.place),
                );
            } else if told.guests && verifies {
                let said = format!(
                    "{}: empty tokens are allowed, and nothing keeps guests from opening rooms",
                    allowed.place
                );
                findings.warning(ID, said, "Add muc_wait_for_host to the modules of rooms");
            } else {
                let said = format!(
                    "{}: empty tokens are allowed: anybody enters the members' domain without signing in",
                    allowed.place
                );
                findings.fault(ID, said, off);
            }
        }
        refused => {
            if told.guests
                && verifies
                && (refused.is_some() || dialect.would_tell(Setting::AllowEmpty))
            {
                let place = refused.as_ref().map(|refused| refused.place.to_string());
                findings.fault(
                    ID,
                    format!(
                        "{}: with domain verification, guests need empty tokens allowed, and are refused",
                        place.unwrap_or_else(|| dialect.absent(Setting::AllowEmpty))
                    ),
                    format!("Write {}, and keep muc_wait_for_host among the modules of rooms", dialect.line(Setting::AllowEmpty, "true")),
                );
            }
        }
    }
}
