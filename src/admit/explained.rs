//! Everything about one decision: who, where, why, and what the token would say. Nothing is minted.

use std::fmt;

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::Admission;
use crate::identity::claim_map::traced::Traced;
use crate::identity::claims::{printable, printable_line};
use crate::identity::{Groups, Person};
use crate::meeting::MeetingRequest;
use crate::policy::Decision;
use crate::policy::explain::{Entrance, Explanation, Outcome, RuleFinding};

/// Somebody about whom is asked, and how they are known.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The person.
    pub person: Person,
    /// Which claim became what; nothing where no claims were given.
    pub mapping: Vec<Traced>,
    /// What was not said, and was assumed.
    pub assumed: Vec<String>,
}

/// Everything about one decision.
#[derive(Debug, Serialize)]
pub struct Explained {
    person: Who,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mapping: Vec<Traced>,
    room: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    entrance: Entrance,
    rules: Vec<RuleFinding>,
    default: &'static str,
    decision: Outcome,
    /// The token's claims; nothing where there would be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Value>,
    assumed: Vec<String>,
    #[serde(skip)]
    explanation: Explanation,
}

#[derive(Debug, Serialize)]
struct Who {
    name: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    provider: String,
    /// Nothing where nobody knows them.
    groups: Option<Vec<String>>,
}

impl Admission {
    /// Everything about what a person may do in a meeting.
    #[must_use]
    pub fn explained(
        &self,
        subject: Subject,
        request: &MeetingRequest,
        now: OffsetDateTime,
    ) -> Explained {
        let Subject {
            person,
            mapping,
            assumed,
        } = subject;
        let explanation = self.explain(&person, request, now);
        let token = match &explanation.decision {
            Decision::Granted(grant) => {
                let claims = self
                    .minter
                    .claims(&person, request, grant, now, "(new each time)");
                serde_json::to_value(&claims).ok().map(without_password)
            }
            Decision::Denied(_) => None,
        };
        Explained {
            person: Who::from(&person),
            mapping,
            room: request.room.readable(),
            tenant: request.tenant.as_ref().map(ToString::to_string),
            entrance: explanation.entrance.clone(),
            rules: explanation.rules.clone(),
            default: explanation.default,
            decision: explanation.outcome(),
            token,
            assumed,
            explanation,
        }
    }
}

/// What opens a room stays where it is.
fn without_password(mut claims: Value) -> Value {
    if let Some(password) = claims.pointer_mut("/context/room/password") {
        *password = Value::from("(set)");
    }
    claims
}

impl From<&Person> for Who {
    fn from(person: &Person) -> Self {
        Self {
            name: person.name.clone(),
            id: person.id.clone(),
            username: person.username.clone(),
            email: person.email.as_ref().map(|email| email.address.clone()),
            provider: person.provider.clone(),
            groups: match &person.groups {
                Groups::Known(names) => Some(names.iter().cloned().collect()),
                Groups::NotSent => Some(Vec::new()),
                Groups::Missing => None,
            },
        }
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenant = match &self.tenant {
            Some(tenant) => format!(" of the tenant {tenant:?}"),
            None => String::new(),
        };
        writeln!(
            f,
            "{:?} and the room {:?}{tenant}",
            self.person.name, self.room
        )?;
        if !self.mapping.is_empty() {
            writeln!(f, "\nWhat the claims say")?;
            for Traced { what, value, from } in &self.mapping {
                let (value, from) = (printable_line(value), printable_line(from));
                match value.as_str() {
                    "" => writeln!(f, "  {what}: – ({from})")?,
                    value => writeln!(f, "  {what}: {value} ({from})")?,
                }
            }
        }
        writeln!(f, "\nRule by rule")?;
        for line in self.explanation.to_string().lines() {
            writeln!(f, "  {}", printable(line))?;
        }
        match &self.token {
            Some(claims) => write!(
                f,
                "\nWhat the token would hold\n{}",
                printable(&format!("{claims:#}"))
            )?,
            None => f.write_str("\nThere would be no token.")?,
        }
        if !self.assumed.is_empty() {
            f.write_str("\n\nAssumed")?;
            for assumed in &self.assumed {
                write!(f, "\n  - {}", printable_line(assumed))?;
            }
        }
        Ok(())
    }
}
