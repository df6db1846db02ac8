//! The third door: the tenant. Whether a token for one tenant's room opens another's of the same name.

use super::rooms::{Service, Visitor, visit};
use super::xmpp::trouble::Trouble;
use super::{Findings, Room, Trial, mend};
use crate::config::Config;
use crate::meeting::Tenant;
use crate::policy::Role;
use crate::token::MintError;

const ID: &str = "meetings-tenants";

/// Tries one tenant's token at another's door.
pub async fn look(
    trial: &Trial<'_>,
    service: &Service,
    findings: &mut Findings,
) -> Result<(), MintError> {
    let theirs = room_of_a_tenant(trial)?;
    let ours = Room {
        name: theirs.name.clone(),
        tenant: room_of_a_tenant(trial)?.tenant,
    };
    let token = trial.token(&theirs, Role::Moderator)?;
    let come = visit(trial, service, &trial.domain, &theirs, Some(&token));
    let owner = match come.await {
        Ok(owner) => owner,
        Err(trouble) => {
            say_unclear(&trouble, findings);
            return Ok(());
        }
    };
    if let Err(trouble) = &owner.seat {
        let trouble = trouble.clone();
        owner.leave().await;
        return say_closed(trial, service, &theirs, &trouble, findings).await;
    }
    let token = trial.token(&ours, Role::Participant)?;
    let come = visit(trial, service, &trial.domain, &theirs, Some(&token)).await;
    owner.leave().await;
    match come {
        Ok(stranger) => say(stranger, trial.config, findings).await,
        Err(trouble) => say_unclear(&trouble, findings),
    }
    Ok(())
}

fn room_of_a_tenant(trial: &Trial<'_>) -> Result<Room, MintError> {
    let tenant = format!("bridge-check-{}", trial.tokens.name()?);
    // Such a name is always possible.
    let tenant = Tenant::parse(&tenant).map_err(|_| MintError::Random)?;
    trial.room(Some(&tenant))
}

async fn say(stranger: Visitor, config: &Config, findings: &mut Findings) {
    match &stranger.seat {
        Ok(_) => say_open(config, findings),
        Err(Trouble::Refused(refusal)) if refusal.lobby => say_open(config, findings),
        Err(Trouble::Refused(_)) => findings.good(
            ID,
            "a token for one tenant's room does not open another tenant's",
        ),
        Err(trouble) => say_unclear(trouble, findings),
    }
    stranger.leave().await;
}

fn say_open(config: &Config, findings: &mut Findings) {
    let said = "a token for one tenant's room opens the room of that name of every tenant: domain verification is off, as it is in docker-jitsi-meet unless switched on";
    if !names_tenants(config) {
        let said = format!("{said}; no rule here names a tenant, so nothing depends on it");
        findings.good(ID, said);
        return;
    }
    let verify = mend::prosody(
        "JWT_ENABLE_DOMAIN_VERIFICATION=true",
        "enable_domain_verification = true in the main VirtualHost",
    );
    findings.warning(
        ID,
        format!("{said}. What the rules here say of tenants keeps nobody out"),
        format!(
            "{verify} Or jitsi.bind_tenant = true, as far as that goes: docs/jitsi.md, \"Tenants\"."
        ),
    );
}

/// Whether anything here hangs on tenants.
fn names_tenants(config: &Config) -> bool {
    let by_rules = config.policy.rules.iter();
    let by_providers = config.providers.iter();
    config.jitsi.identity.bind_tenant
        || by_rules
            .into_iter()
            .any(|rule| !rule.conditions.tenants.is_empty())
        || by_providers
            .into_iter()
            .any(|provider| !provider.entrance.tenants.is_empty())
}

/// A tenant's own token does not open its room.
async fn say_closed(
    trial: &Trial<'_>,
    service: &Service,
    room: &Room,
    trouble: &Trouble,
    findings: &mut Findings,
) -> Result<(), MintError> {
    if trial.config.jitsi.identity.bind_tenant {
        let token = trial.token(room, Role::Moderator)?;
        let name = room.name.to_string();
        let unbound = trial.tokens.altered(&token, |claims| {
            claims.insert("room".to_owned(), name.into());
        })?;
        let come = visit(trial, service, &trial.domain, room, Some(&unbound)).await;
        if let Ok(visitor) = come {
            let opens = visitor.seat.is_ok();
            visitor.leave().await;
            if opens {
                findings.fault(
                    "meetings-bind-tenant",
                    "nobody gets into a tenant's room: domain verification is on, and refuses the tokens that jitsi.bind_tenant writes",
                    "Set jitsi.bind_tenant = false: domain verification keeps tenants apart by itself.",
                );
                return Ok(());
            }
        }
    }
    let said = format!("a tenant's own token does not open the tenant's room: {trouble}");
    if names_tenants(trial.config) {
        findings.fault(ID, said, mend::prosody(
            "muc_mapper_domain_base must be XMPP_DOMAIN (it is unless a template of your own says otherwise)",
            "\"muc_domain_mapper\" among modules_enabled of the muc Component, and muc_mapper_domain_base = the main VirtualHost's name",
        ));
    } else {
        findings.good(
            ID,
            format!("{said}; no rule here names a tenant, so nothing depends on it"),
        );
    }
    Ok(())
}

fn say_unclear(trouble: &Trouble, findings: &mut Findings) {
    let said = format!("whether tenants are kept apart cannot be told: {trouble}");
    findings.warning(ID, said, "Look into Prosody's log.");
}
