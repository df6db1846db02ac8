//! A preset knows where its provider puts things: claims in the shape in which each provider sends them become the person
//! that they mean. (The shapes: `tests/data/recorded-claims.json`, from each provider's documentation or source.)

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jitsi_oidc_bridge::config::{Sources, load};
use serde_json::{Value, json};

use super::support::endpoints::Document;
use super::support::logout::with;
use super::support::{Bridge, Browser, Provider, token_in};

fn recorded() -> BTreeMap<String, Value> {
    serde_json::from_str(include_str!("../data/recorded-claims.json")).unwrap()
}

/// A rule for somebody who is exactly as expected: in all these groups and in no other.
fn rule(expected: &Value) -> String {
    let mut rule = "[[policy.rules]]\nname = \"as expected\"\nrole = \"moderator\"\n".to_owned();
    let groups = expected["groups"].as_array().unwrap();
    if !groups.is_empty() {
        writeln!(rule, "all_groups = {}", expected["groups"]).unwrap();
    }
    if let Some(acr) = expected["acr"].as_str() {
        writeln!(rule, "acr = [{acr:?}]").unwrap();
    }
    if let Some(username) = expected["username"].as_str() {
        writeln!(rule, "users = [\"username:{username}\"]").unwrap();
    }
    for (name, values) in expected["claims"].as_object().into_iter().flatten() {
        writeln!(rule, "claims = {{ {name:?} = {values} }}").unwrap();
    }
    rule
}

/// What became of a person of this shape, at a bridge with this preset.
async fn sign_in(preset: &str, case: &Value) -> (Provider, Bridge, super::support::Landed) {
    let provider = Provider::start().await;
    let text = |name: &str| case[name].as_str().unwrap_or_default();
    provider.signs_in(case["id_token"].clone());
    if case["userinfo"].is_object() {
        provider.tells_by_userinfo(case["userinfo"].clone());
    }
    if case["access_token"].is_object() {
        let now = provider.clock.now_unix();
        let of_protocol = json!({ "iss": provider.issuer, "exp": now + 300 });
        provider.tells_by_access_token(with(case["access_token"].clone(), of_protocol));
    }
    for (name, document) in case["documents"].as_object().into_iter().flatten() {
        let body = document.to_string().replace("{origin}", &provider.issuer);
        let document = Document {
            body,
            ..Document::json(Value::Null)
        };
        provider.answers(name, document);
    }
    let further = text("further").replace("{origin}", &provider.issuer);
    let further = format!("provider.preset = {preset:?}\n{further}");
    let bridge = Bridge::set_up(&provider, "", &further, &rule(&case["expected"])).await;
    let landed = Browser::new().go(&bridge.at("/room/a")).await;
    (provider, bridge, landed)
}

fn preset_of(name: &str) -> &str {
    name.split(',').next().unwrap()
}

#[tokio::test]
async fn each_providers_claims_become_the_person_that_they_mean() {
    for (name, case) in recorded() {
        let (provider, bridge, landed) = sign_in(preset_of(&name), &case).await;
        assert!(landed.in_meeting(), "{name}: {}", landed.body);
        assert_eq!(bridge.last_decision().0, "moderator", "{name}");
        let user = &token_in(&landed)["context"]["user"];
        let expected = &case["expected"];
        assert_eq!(user["name"], "Tim Becker", "{name}");
        for member in ["email", "id"] {
            if expected[member].is_string() {
                assert_eq!(user[member], expected[member], "{name}: {member}");
            }
        }
        if let Some(scope) = expected["scope"].as_str() {
            let asked = provider.last_authorization();
            assert!(
                asked.contains(&("scope".to_owned(), scope.to_owned())),
                "{name}: {asked:?}"
            );
        }
    }
}

/// A rule that always applies would prove nothing.
#[tokio::test]
async fn somebody_in_one_group_less_is_somebody_else() {
    for (name, case) in recorded() {
        let mut other = case.clone();
        let expected = other["expected"].as_object_mut().unwrap();
        let groups = expected["groups"].as_array_mut().unwrap();
        groups.push("another group".into());
        let (_, bridge, landed) = sign_in(preset_of(&name), &other).await;
        assert_eq!(landed.status, 403, "{name}");
        assert_eq!(bridge.last_decision().0, "denied: no_rule", "{name}");
    }
}

/// What a preset is for: these would be refused, or nobody, without it.
#[tokio::test]
async fn without_the_preset_these_are_not_understood() {
    for name in ["entra", "auth0", "authentik", "zitadel", "authelia"] {
        let (_, bridge, landed) = sign_in("none", &recorded()[name]).await;
        assert_eq!(bridge.tokens_minted(), 0, "{name}: {landed:?}");
    }
}

#[test]
fn each_preset_has_its_shapes_its_page_and_a_file_that_passes() {
    let folder = |name: &str| {
        let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
        let entries = std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let stem =
            |path: std::path::PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
        entries.map(stem).collect::<BTreeSet<String>>()
    };
    let (files, mut pages) = (folder("config/providers"), folder("docs/providers"));
    pages.remove("README");
    assert_eq!(files, pages);
    let shapes: BTreeSet<String> = recorded()
        .keys()
        .map(|name| preset_of(name).to_owned())
        .collect();
    assert_eq!(files, shapes);
    for name in &files {
        let path = format!(
            "{}/config/providers/{name}.toml",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(&format!("preset = \"{name}\"")), "{name}");
        // The secrets of an example are where nobody has them.
        let text = text.replace(
            "secret_file = \"/run/secrets/",
            "secret = \"a secret that is long enough for all, here ",
        );
        let loaded = load(&Sources {
            file: Some((path, text)),
            environment: Vec::new(),
        });
        let loaded = loaded.unwrap_or_else(|problems| panic!("{name}:\n{problems}"));
        assert!(loaded.warnings.is_empty(), "{name}:\n{}", loaded.warnings);
    }
}
