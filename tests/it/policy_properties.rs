//! What holds for every policy, whatever its rules: their order never matters, a further deny never gives anybody
//! anything, and what a capture caught stands for itself alone.

use std::collections::BTreeSet;
use std::ops::Range;

use jitsi_oidc_bridge::identity::{ClaimPath, Email, Groups, Person};
use jitsi_oidc_bridge::meeting::{MeetingRequest, RoomName, Tenant};
use jitsi_oidc_bridge::pattern::Pattern;
use jitsi_oidc_bridge::policy::decide::{Invited, invited};
use jitsi_oidc_bridge::policy::entrance::{Entrance, Entrances};
use jitsi_oidc_bridge::policy::explain::{Matched, explain};
use jitsi_oidc_bridge::policy::rule::{
    Applies, Conditions, Effect, EmailDomain, Gift, TenantPattern, User,
};
use jitsi_oidc_bridge::policy::{
    Decision, Demand, Denied, DeniedCause, Fallback, Feature, Grant, Policy, Role, RoomPassword,
    Rule, Rules, decide,
};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::json;
use time::{Duration, OffsetDateTime};

const GROUPS: [&str; 6] = [
    "/staff",
    "/board",
    "/teams/a/leads",
    "/teams/b/leads",
    "/teams/*/leads",
    "/x",
];
const GROUP_PATTERNS: [&str; 8] = [
    "/staff",
    "/board",
    r"/teams/\*/leads",
    "/teams/{team}/lead*",
    "/teams/{team}/leads",
    "/teams/*",
    "*",
    "/x",
];
const ROOMS: [&str; 6] = ["a", "a-1", "b", "board", "anna", "x"];
const ROOM_PATTERNS: [&str; 10] = [
    "{team}",
    "{team}-*",
    "board",
    "a",
    "a*",
    "a-*",
    "b{team}d",
    "*",
    "{username}",
    "{tenant}",
];
const TENANTS: [&str; 2] = ["acme", "a"];

fn person(groups: BTreeSet<&'static str>, verified: bool, acr: Option<&'static str>) -> Person {
    Person {
        issuer: "https://id.example.org".to_owned(),
        provider: "default".to_owned(),
        subject: "s-1".to_owned(),
        id: "1".to_owned(),
        username: Some("anna".to_owned()),
        name: "Anna".to_owned(),
        email: Some(Email {
            address: "anna@example.org".to_owned(),
            verified,
        }),
        avatar: None,
        groups: Groups::Known(groups.into_iter().map(str::to_owned).collect()),
        acr: acr.map(str::to_owned).into_iter().collect(),
        sid: None,
        auth_time: None,
        claims: serde_json::Map::new(),
    }
}

fn people() -> impl Strategy<Value = Person> {
    let groups = btree_set(select(&GROUPS[..]), 0..4);
    let known = prop_oneof![
        8 => Just(None),
        1 => Just(Some(Groups::Missing)),
        1 => Just(Some(Groups::NotSent)),
    ];
    let claim = select(vec![
        json!(null),
        json!("x"),
        json!("y"),
        json!(["y", "x", 1]),
        json!(1),
    ]);
    (
        groups,
        known,
        any::<bool>(),
        select(vec![None, Some("mfa"), Some("pwd")]),
        claim,
        any::<bool>(),
    )
        .prop_map(|(groups, unknown, verified, acr, claim, described)| {
            let person = person(groups, verified, acr);
            Person {
                groups: unknown.unwrap_or_else(|| person.groups.clone()),
                username: person.username.clone().filter(|_| described),
                email: person.email.clone().filter(|_| described || verified),
                claims: [("site".to_owned(), claim)].into_iter().collect(),
                ..person
            }
        })
}

fn requests() -> impl Strategy<Value = MeetingRequest> {
    let tenants = prop::option::of(select(&TENANTS[..]));
    (select(&ROOMS[..]), tenants).prop_map(|(room, tenant)| {
        let tenant = tenant.map(|name| Tenant::parse(name).unwrap());
        MeetingRequest::to(RoomName::parse(room).unwrap(), tenant)
    })
}

fn group_patterns() -> impl Strategy<Value = Vec<Pattern>> {
    subsequence(&GROUP_PATTERNS[..], 0..2).prop_map(|all| {
        all.into_iter()
            .map(|text| Pattern::parse(text).unwrap())
            .collect()
    })
}

/// Mostly no condition, or else one.
fn rarely<T: Clone + std::fmt::Debug + 'static>(
    condition: impl Strategy<Value = Vec<T>> + 'static,
) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![4 => Just(Vec::new()), 1 => condition]
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let rooms = subsequence(&ROOM_PATTERNS[..], 0..3).prop_map(|all| {
        all.into_iter()
            .map(|text| Pattern::parse_room(text).unwrap())
            .collect()
    });
    let users = subsequence(
        vec![
            User::Subject("s-1".into()),
            User::Username("anna".into()),
            User::Email("anna@example.org".into()),
        ],
        0..2,
    );
    let domains = subsequence(
        vec![
            EmailDomain::Exactly("example.org".into()),
            EmailDomain::Exactly("other.example".into()),
            EmailDomain::Below(".org".into()),
            EmailDomain::Below(".example.org".into()),
        ],
        0..3,
    );
    let named = |name: &str| TenantPattern::Named(Pattern::parse(name).unwrap());
    let tenants = vec![TenantPattern::None, named("acme"), named("a*")];
    let tenants = rarely(subsequence(tenants, 1..3));
    let providers = vec!["default".to_owned(), "other".to_owned()];
    let providers = rarely(subsequence(providers, 1..3));
    let values = subsequence(vec![json!("x"), json!("z"), json!(1)], 0..3);
    let claims =
        rarely(values.prop_map(|values| vec![(ClaimPath::parse("site").unwrap(), values)]));
    (
        group_patterns(),
        group_patterns(),
        group_patterns(),
        rooms,
        users,
        domains,
        (tenants, providers, claims),
    )
        .prop_map(
            |(groups, all_groups, unless_groups, rooms, users, email_domains, others)| Conditions {
                tenants: others.0,
                providers: others.1,
                claims: others.2,
                groups,
                all_groups,
                unless_groups,
                rooms,
                users,
                email_domains,
            },
        )
}

fn gifts() -> impl Strategy<Value = Gift> {
    let roles = select(vec![
        None,
        Some(Role::Visitor),
        Some(Role::Participant),
        Some(Role::Moderator),
    ]);
    let features = prop::option::of(btree_set(select(Feature::ALL), 0..4));
    let lifetimes = prop::option::of((1_i64..600).prop_map(Duration::minutes));
    let groups = prop::option::of(select(vec!["a", "b"]));
    let passwords = prop::option::of(select(vec!["one", "two"]));
    let others = (groups, passwords, any::<[bool; 8]>());
    (roles, features, lifetimes, others).prop_map(
        |(role, features, lifetime, (group, password, flags))| {
            let [
                name_readonly,
                lobby_bypass,
                security_bypass,
                hidden_from_recorder,
                user_lobby,
                room_lobby,
                any_room,
                may_invite,
            ] = flags;
            Gift {
                role,
                features,
                name_readonly,
                lobby_bypass,
                security_bypass,
                hidden_from_recorder,
                user_lobby,
                room_lobby,
                room_password: password.map(|text| RoomPassword::new(text.into()).unwrap()),
                group: group.map(str::to_owned),
                lifetime,
                any_room,
                may_invite,
            }
        },
    )
}

fn effects() -> impl Strategy<Value = Effect> {
    prop_oneof![
        4 => gifts().prop_map(Effect::Give),
        1 => select(vec!["No.", "Never."]).prop_map(|said| Effect::Deny(said.to_owned())),
    ]
}

/// Policies of rules that configuration would accept.
fn policies(count: Range<usize>) -> impl Strategy<Value = Policy> {
    let acr = prop_oneof![3 => Just(Vec::new()), 1 => Just(vec!["mfa".to_owned()])];
    let rules = vec((conditions(), acr, effects()), count).prop_map(|rules| {
        let rules = rules
            .into_iter()
            .enumerate()
            .map(|(at, (conditions, acr, effect))| {
                let acr: Vec<String> = if matches!(effect, Effect::Deny(_)) {
                    Vec::new()
                } else {
                    acr
                };
                Rule {
                    name: format!("rule {at}"),
                    conditions,
                    demand: Demand { acr, max_age: None },
                    effect,
                }
            });
        rules.filter(|rule| rule.faults().is_empty()).collect()
    });
    let defaults = select(vec![Fallback::Deny, Fallback::Participant]);
    (rules, defaults).prop_map(|(rules, default)| Policy {
        entrances: entrances(),
        default,
        everyday_features: BTreeSet::from([Feature::ScreenSharing]),
        always_name_features: false,
        rules,
    })
}

fn written(policy: &Policy) -> Vec<Rule> {
    policy.rules.iter().cloned().collect()
}

/// The policy and a further rule.
fn with(policy: &Policy, rule: Rule) -> Policy {
    let rules = written(policy).into_iter().chain([rule]).collect();
    Policy {
        rules,
        ..policy.clone()
    }
}

/// When everything happens.
const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// Everybody signs in at one provider.
fn entrances() -> Entrances {
    Entrances::new(vec![Entrance::of("default")])
}

/// Whether a person who is granted `less` may do nothing that `more` does not grant.
fn gives_no_more(less: &Decision, more: &Decision) -> bool {
    match (less, more) {
        (Decision::Denied(_), _) => true,
        (Decision::Granted(less), Decision::Granted(more)) => less == more,
        (Decision::Granted(_), Decision::Denied(_)) => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_order_of_rules_never_matters(
        (policy, shuffled) in policies(0..6).prop_flat_map(|policy| {
            let rules = Just(written(&policy)).prop_shuffle();
            (Just(policy), rules)
        }),
        person in people(),
        request in requests(),
    ) {
        let shuffled = Policy { rules: Rules::new(shuffled), ..policy.clone() };
        prop_assert_eq!(decide(&policy, &person, &request, NOW), decide(&shuffled, &person, &request, NOW));
    }

    #[test]
    fn a_further_deny_never_gives_anybody_anything(
        policy in policies(0..6),
        conditions in conditions(),
        person in people(),
        request in requests(),
    ) {
        let deny = Rule { name: "a further deny".to_owned(), conditions, demand: Demand::default(), effect: Effect::Deny("No.".to_owned()) };
        let stricter = with(&policy, deny);
        let (before, after) = (decide(&policy, &person, &request, NOW), decide(&stricter, &person, &request, NOW));
        prop_assert!(gives_no_more(&after, &before), "before {:?}, after {:?}", before, after);
    }

    #[test]
    fn a_deny_that_concerns_somebody_always_wins(policy in policies(0..6), person in people(), request in requests()) {
        let deny = Rule {
            name: "everybody out".to_owned(),
            conditions: Conditions::default(),
            demand: Demand::default(),
            effect: Effect::Deny("Closed.".to_owned()),
        };
        let closed = with(&policy, deny);
        let decision = decide(&closed, &person, &request, NOW);
        let refused = matches!(&decision, Decision::Denied(denied)
            if matches!(&denied.cause, DeniedCause::Rule(said) if said.contains("Closed.")));
        prop_assert!(refused, "{:?}", decision);
    }

    /// Rules are found by what they ask for: none that concerns somebody is ever left out, and all come in their order.
    #[test]
    fn every_rule_that_concerns_somebody_is_found(
        policy in policies(1..30),
        person in people(),
        request in requests(),
    ) {
        let found: Vec<&str> = policy.rules.that_can_concern(&person, &request).map(|rule| rule.name.as_str()).collect();
        let looked_at: Vec<&str> = policy.rules.iter().map(|rule| rule.name.as_str()).filter(|name| found.contains(name)).collect();
        prop_assert_eq!(&found, &looked_at);
        for rule in &policy.rules {
            let concerns = rule.applies(&person, &request, NOW) != Applies::No;
            prop_assert!(!concerns || found.contains(&rule.name.as_str()), "left out: {:?}", rule);
        }
        prop_assert_eq!(decide(&policy, &person, &request, NOW), explain(&policy, &person, &request, NOW).decision);
    }

    /// What is explained is what is decided, rule by rule.
    #[test]
    fn an_explanation_says_what_is_decided(
        policy in policies(0..6),
        mut person in people(),
        groups_came in prop::bool::weighted(0.8),
        request in requests(),
    ) {
        if !groups_came {
            person.groups = Groups::Missing;
        }
        let explained = explain(&policy, &person, &request, NOW);
        prop_assert_eq!(&explained.decision, &decide(&policy, &person, &request, NOW));
        prop_assert_eq!(explained.rules.len(), policy.rules.iter().len());
        for (finding, rule) in explained.rules.iter().zip(&policy.rules) {
            prop_assert_eq!(&finding.rule, &rule.name);
            let failed = finding.conditions.iter().filter(|condition| condition.holds == Some(false));
            let failed: Vec<&str> = failed.map(|condition| condition.condition.as_str()).collect();
            let expected = match rule.applies(&person, &request, NOW) {
                Applies::Yes => Matched::Yes,
                Applies::No => Matched::No,
                Applies::After(_) => Matched::StepUp,
            };
            prop_assert_eq!(finding.matched, expected);
            // Some condition failed where the rule does not apply, and none where it does.
            let of_the_sign_in = |key: &&str| matches!(*key, "acr" | "max_auth_age");
            match finding.matched {
                Matched::Yes => prop_assert!(failed.is_empty(), "{:?}", finding),
                Matched::StepUp => prop_assert!(!failed.is_empty() && failed.iter().all(of_the_sign_in), "{:?}", finding),
                Matched::No => prop_assert!(failed.iter().any(|key| !of_the_sign_in(key)), "{:?}", finding),
            }
            if finding.matched != Matched::No {
                prop_assert!(finding.conditions.iter().all(|condition| condition.holds.is_some()), "{:?}", finding);
            }
        }
    }

    #[test]
    fn a_grant_names_the_rules_that_gave_it(policy in policies(0..6), person in people(), request in requests()) {
        if let Decision::Granted(grant) = decide(&policy, &person, &request, NOW) {
            let only_these = Policy {
                rules: policy.rules.iter().filter(|rule| grant.rules.contains(&rule.name)).cloned().collect(),
                ..policy.clone()
            };
            prop_assert_eq!(decide(&only_these, &person, &request, NOW), Decision::Granted(grant));
        }
    }

    #[test]
    fn a_visitors_rule_never_raises_anybody(policy in policies(0..6), person in people(), request in requests()) {
        let visit = Rule {
            name: "everybody may visit".to_owned(),
            conditions: Conditions::default(),
            demand: Demand::default(),
            effect: Effect::Give(Gift { role: Some(Role::Visitor), ..Gift::default() }),
        };
        let open = with(&policy, visit);
        match (decide(&policy, &person, &request, NOW), decide(&open, &person, &request, NOW)) {
            (Decision::Granted(before), Decision::Granted(after)) => {
                prop_assert!(after.role <= before.role, "{:?} became {:?}", before, after);
                let without_roles = |grant: &Grant| Grant { role: Role::Visitor, rules: Vec::new(), ..grant.clone() };
                prop_assert_eq!(without_roles(&before), without_roles(&after));
            }
            (Decision::Denied(_), Decision::Granted(after)) => prop_assert_eq!(after.role, Role::Visitor),
            (before, Decision::Denied(after)) => prop_assert_eq!(before, Decision::Denied(after)),
        }
    }

    #[test]
    fn a_rooms_password_is_in_moderators_hands_alone(policy in policies(0..6), person in people(), request in requests()) {
        if let Decision::Granted(grant) = decide(&policy, &person, &request, NOW) {
            prop_assert!(grant.room_password.is_none() || grant.role == Role::Moderator, "{:?}", grant);
            prop_assert!(!(grant.user_lobby && (grant.lobby_bypass || grant.role == Role::Moderator)), "{:?}", grant);
            prop_assert!(!grant.name_readonly || grant.features.is_some(), "{:?}", grant);
            prop_assert!(!grant.may_invite || grant.role == Role::Moderator, "{:?}", grant);
        }
    }

    /// Whatever the rules say, an invitation makes nobody more than a participant, and gets nobody past a refusal.
    #[test]
    fn a_guest_takes_part_and_no_more(policy in policies(0..6), person in people(), request in requests()) {
        let terms = Invited {
            id: "x".to_owned(),
            waits_in_lobby: true,
            keeps_name: true,
            lifetime: Duration::minutes(5),
        };
        match (decide(&policy, &person, &request, NOW), invited(&policy, &person, &request, &terms, NOW)) {
            (_, Decision::Granted(grant)) => {
                prop_assert_eq!(grant.role, Role::Participant);
                prop_assert_eq!(grant.features.as_ref(), Some(&policy.everyday_features));
                prop_assert_eq!(grant.lifetime, Some(Duration::minutes(5)));
                prop_assert!(grant.user_lobby && grant.name_readonly && grant.room_password.is_none());
                let more = [grant.lobby_bypass, grant.security_bypass, grant.any_room, grant.may_invite, grant.room_lobby];
                prop_assert!(!more.contains(&true), "{:?}", grant);
            }
            (before, after) => prop_assert_eq!(before, after),
        }
        let refused = matches!(
            decide(&policy, &person, &request, NOW),
            Decision::Denied(Denied { cause: DeniedCause::Rule(_) | DeniedCause::StepUp(_), .. })
        );
        prop_assert_eq!(refused, matches!(invited(&policy, &person, &request, &terms, NOW), Decision::Denied(_)));
    }

    /// Somebody who can choose a group's name must not be able to open another team's room with it.
    #[test]
    fn a_capture_never_acts_as_a_wildcard(team in any::<String>(), room in "[a-z0-9*%{}-]{1,12}") {
        let policy = Policy {
            entrances: entrances(),
            default: Fallback::Deny,
            everyday_features: BTreeSet::new(),
            always_name_features: false,
            rules: Rules::new(vec![Rule {
                name: "leads".to_owned(),
                conditions: Conditions {
                    groups: vec![Pattern::parse("/teams/{team}/leads").unwrap()],
                    rooms: vec![Pattern::parse_room("{team}").unwrap()],
                    ..Conditions::default()
                },
                demand: Demand::default(),
                effect: Effect::Give(Gift { role: Some(Role::Moderator), ..Gift::default() }),
            }]),
        };
        let mut person = person(BTreeSet::new(), true, None);
        person.groups = Groups::Known(BTreeSet::from([format!("/teams/{team}/leads")]));
        let Ok(room) = RoomName::parse(&room) else { return Ok(()) };
        let granted = matches!(decide(&policy, &person, &MeetingRequest::to(room.clone(), None), NOW), Decision::Granted(_));
        let own = RoomName::parse(&team) == Ok(room) && !team.contains('/');
        prop_assert_eq!(granted, own, "the team {:?}", team);
    }
}

#[test]
fn a_group_called_star_leads_only_the_team_called_star() {
    let pattern = Pattern::parse("/teams/{team}/leads").unwrap();
    let caught = pattern.captures("/teams/*/leads", &pattern_bindings(), |_| true);
    let room = Pattern::parse_room("{team}-*").unwrap();
    for bindings in &caught {
        assert!(!room.matches("rocket-weekly", bindings), "{bindings:?}");
    }
}

fn pattern_bindings() -> jitsi_oidc_bridge::pattern::Bindings {
    jitsi_oidc_bridge::pattern::Bindings::new()
}
