use serde_json::json;

use super::*;

fn map() -> ClaimMap {
    let path = |name: &str| ClaimPath::parse(name).unwrap();
    ClaimMap {
        id: None,
        name: path("name"),
        username: path("preferred_username"),
        email: path("email"),
        avatar: path("picture"),
        groups: vec![path("groups")],
        acr: vec![ClaimPath::parse("acr").unwrap()],
        groups_separator: None,
        missing_groups_are_none: false,
        group_names: GroupNames::default(),
        groups_from: vec![Source::IdToken, Source::Userinfo, Source::AccessToken],
        trust_email: false,
        kept: BTreeSet::from(["department".to_owned()]),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "reads better at every call")]
fn claims(value: Value) -> Claims {
    value.as_object().unwrap().clone()
}

fn person(map: &ClaimMap, id_token: Value) -> Person {
    map.person(
        "https://id.example",
        "default",
        "s1",
        Gathered {
            id_token: claims(id_token),
            ..Gathered::default()
        },
    )
    .unwrap()
}

fn groups(map: &ClaimMap, id_token: Value) -> Option<Vec<String>> {
    match person(map, id_token).groups {
        Groups::Known(names) => Some(names.into_iter().collect()),
        Groups::Missing | Groups::NotSent => None,
    }
}

#[test]
fn a_name_is_always_found() {
    for (id_token, name) in [
        (
            json!({"name": "Anna Adler", "given_name": "A"}),
            "Anna Adler",
        ),
        (
            json!({"name": "  ", "given_name": "Anna", "family_name": "Adler"}),
            "Anna Adler",
        ),
        (json!({"name": 42, "given_name": "Anna"}), "Anna"),
        (
            json!({"preferred_username": "anna", "email": "a@b.c"}),
            "anna",
        ),
        (json!({"email": "a@b.c"}), "a@b.c"),
        (json!({}), "Guest"),
    ] {
        assert_eq!(person(&map(), id_token.clone()).name, name, "{id_token}");
    }
}

#[test]
fn a_name_cannot_harm_or_deceive() {
    let name = |text: &str| person(&map(), json!({ "name": text })).name;
    assert_eq!(
        name("A\u{0}nna\u{FFFE} \t\n Ad\u{202E}ler\u{200B}"),
        "Anna Adler"
    );
    assert_eq!(name(&"ä".repeat(300)).chars().count(), 100);
}

#[test]
fn groups_are_found_however_deep_and_however_written() {
    let at = |paths: &[ClaimPath]| ClaimMap {
        groups: paths.to_vec(),
        ..map()
    };
    let deep = ClaimPath::from_names(vec!["realm_access".into(), "roles".into()]).unwrap();
    let pointer = ClaimPath::parse("/realm_access/roles").unwrap();
    let url = ClaimPath::parse("https://example.com/roles").unwrap();
    let plain = ClaimPath::parse("groups").unwrap();
    assert_eq!(pointer, deep);

    let id_token = json!({"realm_access": {"roles": ["a"]}, "https://example.com/roles": "b", "groups": {"c": {}}});
    assert_eq!(
        groups(&at(std::slice::from_ref(&deep)), id_token.clone()),
        Some(vec!["a".to_owned()])
    );
    assert_eq!(
        groups(&at(std::slice::from_ref(&url)), id_token.clone()),
        Some(vec!["b".to_owned()])
    );
    assert_eq!(
        groups(&at(&[deep, url, plain]), id_token),
        Some(vec!["a".into(), "b".into(), "c".into()])
    );
}

#[test]
fn a_missing_groups_claim_is_not_an_empty_list() {
    assert_eq!(groups(&map(), json!({"groups": []})), Some(vec![]));
    assert_eq!(groups(&map(), json!({"groups": null})), None);
    assert_eq!(groups(&map(), json!({})), None);
}

#[test]
fn groups_from_every_source_add_up() {
    let gathered = Gathered {
        id_token: claims(json!({"groups": ["a"]})),
        userinfo: claims(json!({"groups": ["b"]})),
        access_token: claims(json!({"groups": ["c"]})),
        groups: Some(BTreeSet::from(["d".to_owned()])),
    };
    let person = map().person("i", "p", "s", gathered).unwrap();
    assert_eq!(
        person.groups.iter().collect::<Vec<_>>(),
        ["a", "b", "c", "d"]
    );
}

#[test]
fn an_address_is_verified_only_when_the_provider_says_so() {
    for (claim, verified) in [
        (json!(true), true),
        (json!("true"), true),
        (json!("false"), false),
        (json!(1), false),
        (json!(null), false),
    ] {
        let person = person(&map(), json!({"email": "a@b.c", "email_verified": claim}));
        assert_eq!(person.email.unwrap().verified, verified, "{claim}");
    }
    let trusting = ClaimMap {
        trust_email: true,
        ..map()
    };
    assert!(
        person(&trusting, json!({"email": "a@b.c"}))
            .email
            .unwrap()
            .verified
    );
}

#[test]
fn a_picture_is_https_or_absent() {
    let avatar = |url: Value| person(&map(), json!({ "picture": url })).avatar;
    assert_eq!(
        avatar(json!("https://x.example/a.png")).as_deref(),
        Some("https://x.example/a.png")
    );
    for bad in [
        json!("http://x.example/a.png"),
        json!("data:image/png,x"),
        json!(5),
        json!("https://".to_owned() + &"a".repeat(600)),
    ] {
        assert_eq!(avatar(bad), None);
    }
}

#[test]
fn the_id_is_stable_and_differs_between_issuers() {
    assert_eq!(
        stable_id("https://id.example", "s1"),
        stable_id("https://id.example", "s1")
    );
    assert_ne!(
        stable_id("https://id.example", "s1"),
        stable_id("https://other.example", "s1")
    );
    let by_claim = ClaimMap {
        id: Some(ClaimPath::parse("oid").unwrap()),
        ..map()
    };
    assert_eq!(person(&by_claim, json!({"oid": "o-1"})).id, "o-1");
    assert_eq!(person(&by_claim, json!({"oid": 17})).id, "17");
    assert_eq!(
        person(&by_claim, json!({"oid": {}})).id,
        stable_id("https://id.example", "s1")
    );
}

#[test]
fn only_the_claims_that_rules_look_at_are_kept() {
    let kept = person(&map(), json!({"department": "IT", "sub": "s", "huge": "x"})).claims;
    assert_eq!(Value::Object(kept), json!({"department": "IT"}));
}

#[test]
fn a_name_that_would_have_to_be_cleaned_never_passes_for_another() {
    for odd in [
        "an\u{200B}na",
        " anna",
        "anna\u{7}",
        "an  na",
        &"a".repeat(300),
    ] {
        let person = person(
            &map(),
            json!({"name": "Anna", "preferred_username": odd, "email": format!("{odd}@example.org")}),
        );
        assert_eq!((person.username, person.email), (None, None), "{odd:?}");
    }
    let by_claim = ClaimMap {
        id: Some(ClaimPath::parse("oid").unwrap()),
        ..map()
    };
    assert_eq!(
        person(&by_claim, json!({"oid": "o\u{200B}1"})).id,
        stable_id("https://id.example", "s1")
    );
}

#[test]
fn a_verified_address_vouches_for_no_other_claim() {
    let by_contact = ClaimMap {
        email: ClaimPath::parse("contact").unwrap(),
        ..map()
    };
    let claims =
        json!({"email": "me@gmail.example", "email_verified": true, "contact": "boss@example.org"});
    assert!(!person(&by_contact, claims).email.unwrap().verified);
}

#[test]
fn groups_that_cannot_be_read_are_an_error_and_never_none() {
    let read = |id_token: Value| {
        let gathered = Gathered {
            id_token: claims(id_token),
            ..Gathered::default()
        };
        map().person("i", "p", "s", gathered).map(drop)
    };
    for (id_token, error) in [
        (json!({"groups": [{"name": "a"}]}), GroupsError::Unreadable),
        (json!({"groups": ["a", 7]}), GroupsError::Unreadable),
        (json!({"groups": 7}), GroupsError::Unreadable),
        (
            json!({"_claim_names": {"groups": "src1"}}),
            GroupsError::Overage,
        ),
        (json!({"hasgroups": true}), GroupsError::Overage),
        (json!({"groups": ["a".repeat(1025)]}), GroupsError::TooMany),
    ] {
        assert_eq!(read(id_token.clone()), Err(error), "{id_token}");
    }
    let many: Vec<String> = (0..10_001).map(|at| format!("g{at}")).collect();
    assert_eq!(read(json!({"groups": many})), Err(GroupsError::TooMany));
    assert_eq!(
        read(json!({"_claim_names": {"other": "src1"}, "groups": ["a"]})),
        Ok(())
    );
}
