//! What is known of somebody and decided about them, in words that can be read out.

use serde_json::Value;
use time::OffsetDateTime;

use super::invitation_page::named;
use super::moment::utc;
use super::{Action, Facts, Field, Page, PageForm};
use crate::identity::claims::{clean, shown};
use crate::identity::{Groups, Person};
use crate::meeting::{Destination, MeetingRequest};
use crate::policy::{Decision, Denied, DeniedCause, Grant};
use crate::web::Addresses;
use crate::web::texts::{Texts, fill};
use crate::web::whoami::{Known, SessionFacts, WhoAmI};

/// The part of the page that is about a room.
const TO_ANSWER: &str = "#more";
/// The longest text that can be typed for a room.
const LONGEST_ROOM: usize = 500;
/// The most groups that are shown, and of a list the most entries.
const MOST_SHOWN: usize = 200;

/// Where the page answers about a room, or where it begins.
pub(super) fn address(addresses: &Addresses, room: Option<&MeetingRequest>) -> String {
    let page = addresses.whoami(room);
    match room {
        Some(_) => page + TO_ANSWER,
        None => page,
    }
}

/// The page, for somebody or nobody.
pub(super) fn of<'a>(
    whoami: &'a WhoAmI,
    page: Page<'a>,
    texts: &'a Texts,
    addresses: &Addresses,
) -> Page<'a> {
    let destination = Destination::WhoAmI(whoami.room.clone());
    let Some(known) = &whoami.known else {
        let text = texts.whoami_not_signed_in_text;
        return page
            .saying("info", texts.whoami_title, text)
            .offering([Action {
                label: texts.sign_in.to_owned(),
                href: addresses.again(&destination, None),
            }]);
    };
    let mut facts = vec![person(&known.person, texts)];
    if !known.claims.is_empty() {
        facts.push(claims(&known.claims, texts));
    }
    facts.push(session(&known.session, texts));
    Page {
        facts,
        more_title: Some(texts.whoami_room_heading),
        more_forms: vec![room_form(whoami, texts, addresses)],
        more_facts: answer(whoami, known, texts),
        ..page.saying("info", texts.whoami_title, texts.whoami_text)
    }
    .offering([
        Action {
            label: texts.to_home.to_owned(),
            href: addresses.home(),
        },
        Action {
            label: texts.sign_in_as_other.to_owned(),
            href: addresses.again(&destination, Some("login")),
        },
    ])
}

fn person<'a>(person: &Person, texts: &'a Texts) -> Facts<'a> {
    let told = |text: Option<&String>| match text {
        Some(text) => vec![text.clone()],
        None => vec![texts.whoami_not_told.to_owned()],
    };
    let email = person.email.as_ref().map(|email| {
        let text = if email.verified {
            texts.whoami_verified
        } else {
            texts.whoami_unverified
        };
        fill(text, &[("address", &email.address)])
    });
    let proof = person.auth_time.and_then(|at| {
        let at = OffsetDateTime::from_unix_timestamp(at).ok()?;
        Some(utc(at))
    });
    let acr: Vec<String> = person.acr.iter().map(|acr| shown(acr)).collect();
    Facts {
        title: texts.whoami_person_heading,
        rows: vec![
            (texts.whoami_name, vec![person.name.clone()]),
            (texts.whoami_username, told(person.username.as_ref())),
            (texts.whoami_email, told(email.as_ref())),
            (texts.whoami_groups, groups(&person.groups, texts)),
            (
                texts.whoami_provider,
                vec![format!("{} ({})", person.provider, person.issuer)],
            ),
            (texts.whoami_subject, vec![shown(&person.subject)]),
            (texts.whoami_id, vec![person.id.clone()]),
            (
                texts.whoami_acr,
                if acr.is_empty() { told(None) } else { acr },
            ),
            (texts.whoami_auth_time, told(proof.as_ref())),
        ],
    }
}

fn groups(groups: &Groups, texts: &Texts) -> Vec<String> {
    match groups {
        Groups::Missing => vec![texts.whoami_groups_missing.to_owned()],
        Groups::NotSent => vec![texts.whoami_groups_not_sent.to_owned()],
        Groups::Known(names) if names.is_empty() => vec![texts.whoami_no_groups.to_owned()],
        Groups::Known(names) => {
            let mut all: Vec<String> = names.iter().take(MOST_SHOWN).map(|n| shown(n)).collect();
            if names.len() > MOST_SHOWN {
                let count = names.len().to_string();
                all.push(fill(texts.whoami_more, &[("count", &count)]));
            }
            all
        }
    }
}

fn claims<'a>(claims: &'a [(String, Option<Value>)], texts: &'a Texts) -> Facts<'a> {
    let rows = claims.iter().take(MOST_SHOWN).map(|(name, value)| {
        let value = match value {
            Some(Value::String(text)) => shown(text),
            Some(value) => shown(&value.to_string()),
            None => texts.whoami_not_told.to_owned(),
        };
        (name.as_str(), vec![value])
    });
    Facts {
        title: texts.whoami_claims_heading,
        rows: rows.collect(),
    }
}

fn session<'a>(session: &SessionFacts, texts: &'a Texts) -> Facts<'a> {
    let (latest, unused) = (utc(session.latest), utc(session.unused));
    let ends = fill(
        texts.whoami_ends_text,
        &[("latest", &latest), ("unused", &unused)],
    );
    let refresh = match session.refresh {
        Some(at) => fill(texts.whoami_refresh_text, &[("time", &utc(at))]),
        None => texts.whoami_no_refresh.to_owned(),
    };
    Facts {
        title: texts.whoami_session_heading,
        rows: vec![
            (texts.whoami_handle, vec![session.handle.clone()]),
            (texts.whoami_since, vec![utc(session.since)]),
            (texts.whoami_ends, vec![ends]),
            (texts.whoami_refresh, vec![refresh]),
            (
                texts.whoami_version,
                vec![env!("CARGO_PKG_VERSION").to_owned()],
            ),
        ],
    }
}

fn room_form<'a>(whoami: &WhoAmI, texts: &'a Texts, addresses: &Addresses) -> PageForm<'a> {
    PageForm {
        action: addresses.whoami(None) + TO_ANSWER,
        method: "get",
        hidden: Vec::new(),
        text: Some(texts.whoami_room_text.to_owned()),
        field: Some(Field {
            name: "room",
            label: texts.room_label,
            kind: "text",
            value: clean(&whoami.typed),
            fill: "off",
            longest: LONGEST_ROOM,
        }),
        button: texts.whoami_room_button,
    }
}

fn answer<'a>(whoami: &WhoAmI, known: &Known, texts: &'a Texts) -> Vec<Facts<'a>> {
    let rows = match (&whoami.room, &known.decision) {
        (Some(room), Some(decision)) => {
            let mut rows = vec![(texts.room_label, vec![named(room)])];
            rows.extend(match decision {
                Decision::Granted(grant) => granted(grant, texts),
                Decision::Denied(denied) => refused(denied, texts),
            });
            rows
        }
        _ if whoami.is_without_room() => {
            vec![(texts.room_label, vec![texts.bad_room_text.to_owned()])]
        }
        _ => return Vec::new(),
    };
    vec![Facts { title: "", rows }]
}

fn granted<'a>(grant: &Grant, texts: &'a Texts) -> Vec<(&'a str, Vec<String>)> {
    let features = match &grant.features {
        None => vec![texts.whoami_features_unnamed.to_owned()],
        Some(features) if features.is_empty() => vec![texts.whoami_no_features.to_owned()],
        Some(features) => {
            let names: Vec<&str> = features.iter().map(|feature| feature.name()).collect();
            vec![names.join(", ")]
        }
    };
    let mut rows = vec![
        (texts.whoami_decision, vec![texts.whoami_granted.to_owned()]),
        (texts.whoami_role, vec![texts.role(grant.role).to_owned()]),
        (texts.whoami_features, features),
    ];
    let rights = grant.further_rights();
    if !rights.is_empty() {
        rows.push((texts.whoami_rights, vec![rights.join(", ")]));
    }
    rows.push((texts.whoami_rules, rules(&grant.rules, texts)));
    rows
}

fn refused<'a>(denied: &Denied, texts: &'a Texts) -> Vec<(&'a str, Vec<String>)> {
    let because = |text: &str| vec![text.to_owned()];
    let (decision, label, reason) = match &denied.cause {
        DeniedCause::Rule(messages) => {
            let mut reason = because(texts.denied_text);
            reason.extend(messages.iter().cloned());
            (texts.whoami_refused, texts.whoami_reason, reason)
        }
        DeniedCause::StepUp(step_up) => {
            let acr = (!step_up.acr.is_empty()).then(|| format!("acr: {}", step_up.acr.join(", ")));
            let age = step_up.max_age.map(|age| format!("max_auth_age: {age}"));
            let demand = acr.into_iter().chain(age).collect();
            (texts.whoami_step_up, texts.whoami_demand, demand)
        }
        DeniedCause::NoRule => (
            texts.whoami_refused,
            texts.whoami_reason,
            because(texts.denied_by_default_text),
        ),
        DeniedCause::Provider => (
            texts.whoami_refused,
            texts.whoami_reason,
            because(texts.whoami_other_provider),
        ),
    };
    vec![
        (texts.whoami_decision, vec![decision.to_owned()]),
        (label, reason),
        (texts.whoami_rules, rules(&denied.rules, texts)),
    ]
}

fn rules(names: &[String], texts: &Texts) -> Vec<String> {
    if names.is_empty() {
        vec![texts.whoami_no_rules.to_owned()]
    } else {
        names.to_vec()
    }
}
