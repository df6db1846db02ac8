//! Configuration and policy: a text is refused with a reason, or gives a policy that decides by the rules of the house.

#![no_main]

use std::sync::LazyLock;

use jitsi_oidc_bridge::identity::{Email, Groups, Person};
use jitsi_oidc_bridge::meeting::MeetingRequest;
use jitsi_oidc_bridge::policy::decide::{Invited, invited};
use jitsi_oidc_bridge::policy::rule::{Applies, Conditions, Effect, Gift};
use jitsi_oidc_bridge::policy::{
    Decision, Demand, DeniedCause, Fallback, Policy, Role, Rule, Rules, decide,
};
use jitsi_oidc_bridge_fuzz::bridge::{NOW, configuration, loaded, now};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use time::Duration;

/// Texts that name these are left alone: a configuration may name files, and some of those have no end.
const ENDLESS: [&str; 3] = ["/dev", "/proc", "/sys"];

// Twice: as it stands, and below the rest of a configuration.
fuzz_target!(|text: &str| {
    if ENDLESS.iter().any(|name| text.contains(name)) {
        return;
    }
    for text in [
        text.to_owned(),
        format!("{}{text}", configuration("https://id.example.org")),
    ] {
        match loaded(text.clone()) {
            Ok(loaded) => follows_the_rules_of_the_house(loaded.config.policy),
            Err(report) => {
                assert!(!report.trim().is_empty());
                assert_eq!(
                    loaded(text).err(),
                    Some(report),
                    "another report for the same text"
                );
            }
        }
    }
});

static PEOPLE: LazyLock<Vec<Person>> = LazyLock::new(|| {
    let person = |username: Option<&str>, groups: Groups, verified, acr: &[&str]| Person {
        issuer: "https://id.example.org".to_owned(),
        provider: "default".to_owned(),
        subject: "s-1".to_owned(),
        id: "1".to_owned(),
        username: username.map(str::to_owned),
        name: "Anna".to_owned(),
        email: Some(Email {
            address: "anna@example.org".to_owned(),
            verified,
        }),
        avatar: None,
        groups,
        acr: acr.iter().map(|acr| (*acr).to_owned()).collect(),
        sid: None,
        auth_time: Some(NOW - 30),
        claims: json!({ "department": "IT", "on": true, "list": [1, "a"] })
            .as_object()
            .cloned()
            .unwrap_or_default(),
    };
    let groups =
        |names: &[&str]| Groups::Known(names.iter().map(|name| (*name).to_owned()).collect());
    vec![
        person(Some("anna"), groups(&["/staff"]), true, &["mfa"]),
        person(
            Some("anna"),
            groups(&["staff", "board", "/teams/a/leads", "/teams/*/leads"]),
            false,
            &[],
        ),
        person(None, groups(&[]), true, &["pwd"]),
        person(Some("Ann A*{x}"), Groups::Missing, true, &[]),
        person(Some("board"), Groups::NotSent, false, &["mfa"]),
    ]
});

static MEETINGS: LazyLock<Vec<MeetingRequest>> = LazyLock::new(|| {
    [
        ("a", None),
        ("a-1", Some("acme")),
        ("board", None),
        ("anna", None),
        ("Ann A*{x}", None),
        ("%2f..%2f", Some("x.y")),
    ]
    .into_iter()
    .map(|(room, tenant)| MeetingRequest::parse(Some(room), tenant, None).expect("a meeting"))
    .collect()
});

fn follows_the_rules_of_the_house(policy: Policy) {
    let mut names: Vec<&str> = policy.rules.iter().map(|rule| rule.name.as_str()).collect();
    names.sort_unstable();
    assert!(
        names.windows(2).all(|pair| pair[0] != pair[1]),
        "two rules of one name"
    );

    let with = |change: &dyn Fn(&mut Vec<Rule>)| {
        let mut rules = policy.rules.iter().cloned().collect();
        change(&mut rules);
        Policy {
            rules: Rules::new(rules),
            ..policy.clone()
        }
    };
    let reversed = with(&|rules| rules.reverse());
    let turned = with(&|rules| {
        let first = rules.drain(..rules.len().min(1)).collect::<Vec<_>>();
        rules.extend(first);
    });
    let shut = with(&|rules| rules.push(rule("shut", Effect::Deny("No.".to_owned()))));
    let open = with(&|rules| {
        rules.push(rule(
            "open",
            Effect::Give(Gift {
                role: Some(Role::Moderator),
                ..Gift::default()
            }),
        ))
    });
    for person in &*PEOPLE {
        for meeting in &*MEETINGS {
            let by = |policy: &Policy| decide(policy, person, meeting, now());
            let decision = by(&policy);
            assert_eq!(by(&reversed), decision, "the order of rules matters");
            assert_eq!(by(&turned), decision, "the order of rules matters");
            assert!(
                matches!(by(&shut), Decision::Denied(_)),
                "a deny does not beat all"
            );
            is_what_the_rules_say(&policy, person, meeting, &decision);
            gives_more(&decision, &by(&open));
            guests_get_no_more_than_their_part(&policy, person, meeting);
        }
    }
}

/// A rule for everybody, everywhere.
fn rule(name: &str, effect: Effect) -> Rule {
    Rule {
        name: format!("{name}, says the target"),
        conditions: Conditions::default(),
        demand: Demand {
            acr: Vec::new(),
            max_age: None,
        },
        effect,
    }
}

/// What applies, rule by rule, adds up to the decision.
fn is_what_the_rules_say(
    policy: &Policy,
    person: &Person,
    meeting: &MeetingRequest,
    decision: &Decision,
) {
    if !policy.entrances.let_in(&person.provider, meeting) {
        return assert!(
            matches!(decision, Decision::Denied(denied) if denied.cause == DeniedCause::Provider)
        );
    }
    let mut denies = false;
    let mut demands = false;
    let mut role = (policy.default == Fallback::Participant).then_some(Role::Participant);
    let mut given = None;
    for rule in &policy.rules {
        match (rule.applies(person, meeting, now()), &rule.effect) {
            (Applies::No, _) => {}
            (Applies::After(_), _) => demands = true,
            (Applies::Yes, Effect::Deny(_)) => denies = true,
            (Applies::Yes, Effect::Give(gift)) => given = given.max(gift.role),
        }
    }
    role = given.or(role);
    match decision {
        Decision::Granted(grant) => {
            assert!(!denies && !demands);
            assert_eq!(Some(grant.role), role);
            assert!(!(grant.user_lobby && grant.lobby_bypass));
            assert!(grant.room_password.is_none() || grant.role == Role::Moderator);
            assert!(!grant.may_invite || grant.role == Role::Moderator);
        }
        Decision::Denied(denied) => match &denied.cause {
            DeniedCause::Rule(messages) => {
                assert!(denies && !messages.is_empty() && !denied.rules.is_empty())
            }
            DeniedCause::StepUp(_) => assert!(demands && !denies && !denied.rules.is_empty()),
            DeniedCause::NoRule => assert!(!denies && !demands && role.is_none()),
            DeniedCause::Provider => panic!("the provider is for this meeting"),
        },
    }
}

/// One more rule that gives takes nothing away.
fn gives_more(before: &Decision, after: &Decision) {
    match (before, after) {
        (Decision::Granted(before), Decision::Granted(after)) => {
            assert!(after.role >= before.role);
            assert!(after.lobby_bypass >= before.lobby_bypass);
            assert!(after.any_room == before.any_room);
            if let (Some(before), Some(after)) = (&before.features, &after.features) {
                assert!(before.is_subset(after));
            }
        }
        (Decision::Granted(_), Decision::Denied(_)) => panic!("a gift took everything away"),
        (Decision::Denied(before), after) => {
            let opened = before.cause == DeniedCause::NoRule;
            assert_eq!(
                matches!(after, Decision::Granted(_)),
                opened,
                "a gift beats a refusal"
            );
        }
    }
}

fn guests_get_no_more_than_their_part(policy: &Policy, guest: &Person, meeting: &MeetingRequest) {
    let invitation = Invited {
        id: "1".to_owned(),
        waits_in_lobby: true,
        keeps_name: true,
        lifetime: Duration::HOUR,
    };
    if let Decision::Granted(grant) = invited(policy, guest, meeting, &invitation, now()) {
        assert_eq!(grant.role, Role::Participant);
        assert!(grant.user_lobby && !grant.lobby_bypass && !grant.any_room && !grant.may_invite);
        assert_eq!(grant.lifetime, Some(Duration::HOUR));
    }
}
