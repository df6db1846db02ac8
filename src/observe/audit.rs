//! Tells what happens to people: to the log, to the metrics, to the audit's file, and to whoever listens.

use std::sync::Arc;

use super::AUDIT;
use super::event::{About, Event, Minted};
use super::metrics::Metrics;
use super::trail::Trail;
use crate::admit::{Admitted, Outcome};
use crate::identity::{Groups, Person};
use crate::meeting::{MeetingRequest, Tenant};
use crate::policy::DeniedCause;

/// A decision, as the audit tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Who, by stable id.
    pub user_id: String,
    /// The provider's name.
    pub provider: String,
    /// The room, as Jitsi names it.
    pub room: String,
    /// The tenant.
    pub tenant: Option<String>,
    /// What became of it.
    pub outcome: DecidedOutcome,
    /// The rules that caused it, by name, sorted.
    pub rules: Vec<String>,
}

/// What became of a wish to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecidedOutcome {
    /// Let in, with this role and token identifier.
    Admitted {
        /// The role's name.
        role: &'static str,
        /// The token's `jti`.
        jti: String,
    },
    /// Refused, for this cause: `rule`, `acr`, `no_rule` or `provider`.
    Denied(&'static str),
}

/// Hears every decision.
pub type Listener = Arc<dyn Fn(&Decided) + Send + Sync>;

/// Tells what happens to people.
#[derive(Clone, Default)]
pub struct Audit {
    listener: Option<Listener>,
    metrics: Metrics,
    trail: Option<Arc<Trail>>,
}

impl Audit {
    /// An audit that also tells `listener` of decisions.
    #[must_use]
    pub fn heard_by(listener: Listener) -> Self {
        Self {
            listener: Some(listener),
            ..Self::default()
        }
    }

    /// The same, which is also counted and written down.
    #[must_use]
    pub fn with(self, metrics: Metrics, trail: Option<Trail>) -> Self {
        Self {
            metrics,
            trail: trail.map(Arc::new),
            ..self
        }
    }

    /// Tells what has happened.
    pub fn tell(&self, about: &About<'_>, event: &Event<'_>) {
        self.metrics.heard(event);
        if let Some(trail) = &self.trail {
            trail.tell(about, event);
        }
    }

    /// Whether nobody is to get a token, since the audit could not be written.
    #[must_use]
    pub fn forbids(&self) -> bool {
        self.trail.as_ref().is_some_and(|trail| trail.forbids())
    }

    /// The file, where events are written down.
    #[must_use]
    pub fn trail(&self) -> Option<&Trail> {
        self.trail.as_deref()
    }

    /// Tells one decision, and the token that came of it.
    pub fn decided(
        &self,
        about: &About<'_>,
        person: &Person,
        request: &MeetingRequest,
        outcome: &Outcome,
    ) {
        let (word, role, rules) = match outcome {
            Outcome::Admitted(admitted) => {
                let grant = &admitted.grant;
                ("admitted", grant.role.name(), &grant.rules)
            }
            Outcome::Denied(denied) => {
                let cause = match denied.cause {
                    DeniedCause::Rule(_) => "rule",
                    DeniedCause::StepUp(_) => "acr",
                    DeniedCause::NoRule => "no_rule",
                    DeniedCause::Provider => "provider",
                };
                (cause, "", &denied.rules)
            }
        };
        let event = Event::Decision {
            person,
            request,
            outcome: word,
            role,
            rules,
        };
        log(about.request, &event, outcome);
        self.tell(about, &event);
        if let Outcome::Admitted(admitted) = outcome {
            self.minted(about, person, request, admitted);
        }
        if let Some(listener) = &self.listener {
            let outcome = match outcome {
                Outcome::Admitted(admitted) => DecidedOutcome::Admitted {
                    role,
                    jti: admitted.jti.clone(),
                },
                Outcome::Denied(_) => DecidedOutcome::Denied(word),
            };
            listener(&Decided {
                user_id: person.id.clone(),
                provider: person.provider.clone(),
                room: request.room.to_string(),
                tenant: request.tenant.as_ref().map(ToString::to_string),
                outcome,
                rules: rules.clone(),
            });
        }
    }

    fn minted(
        &self,
        about: &About<'_>,
        person: &Person,
        request: &MeetingRequest,
        admitted: &Admitted,
    ) {
        if self.trail.is_none() && !self.metrics.are_on() {
            return;
        }
        // The header says by what it is signed, whatever the keyring has become meanwhile.
        let header = jsonwebtoken::decode_header(&admitted.token).ok();
        let algorithm = header.as_ref().map(|header| format!("{:?}", header.alg));
        let minted = Minted {
            jti: &admitted.jti,
            expires: admitted.expires,
            algorithm: algorithm.as_deref().unwrap_or_default(),
            kid: header.as_ref().and_then(|header| header.kid.as_deref()),
        };
        let role = admitted.grant.role.name();
        let event = Event::Token {
            person,
            request,
            role,
            minted,
        };
        self.tell(about, &event);
    }
}

/// Writes a decision to the log. Its fields are made only where it is written.
fn log(request_id: &str, event: &Event<'_>, outcome: &Outcome) {
    let Event::Decision {
        person,
        request,
        outcome: word,
        role,
        rules,
    } = *event
    else {
        return;
    };
    let (message, jti) = match outcome {
        Outcome::Admitted(admitted) => ("admitted", admitted.jti.as_str()),
        Outcome::Denied(_) => ("refused", ""),
    };
    tracing::info!(
        target: AUDIT,
        {
            request.id = request_id,
            user.id = person.id,
            user.groups = number(&person.groups),
            provider.name = person.provider,
            room.name = request.room.as_str(),
            room.tenant = request.tenant.as_ref().map(Tenant::as_str),
            decision.outcome = word,
            decision.role = role,
            decision.rules = rules.join(" | "),
            token.jti = jti,
        },
        "{message}"
    );
}

fn number(groups: &Groups) -> String {
    match groups {
        Groups::Known(names) => format!("{} groups", names.len()),
        Groups::Missing | Groups::NotSent => "no groups claim came".to_owned(),
    }
}
