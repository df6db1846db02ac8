//! A drop-in for users of jitsi-openid: its variables alone, and everything means what it meant there.

use jitsi_oidc_bridge::config::{Loaded, Sources, load};
use jitsi_oidc_bridge::observe::DecidedOutcome;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::support::{Bridge, Browser, JITSI, Provider, bridge::TOKEN_SECRET, provider, token_in};

type Variables = Vec<(&'static str, String)>;

fn loaded(variables: &Variables) -> Loaded {
    let environment = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    load(&Sources {
        file: None,
        environment,
    })
    .unwrap_or_else(|problems| panic!("{problems}"))
}

fn with(mut variables: Variables, name: &'static str, value: &str) -> Variables {
    variables.retain(|(other, _)| *other != name);
    variables.push((name, value.to_owned()));
    variables
}

fn without(mut variables: Variables, name: &str) -> Variables {
    variables.retain(|(other, _)| *other != name);
    variables
}

/// What its README asks for.
fn usual(issuer: &str, base_url: &str) -> Variables {
    vec![
        ("JITSI_SECRET", TOKEN_SECRET.to_owned()),
        ("JITSI_URL", JITSI.to_owned()),
        ("JITSI_SUB", "meet.example.org".to_owned()),
        ("ISSUER_URL", issuer.to_owned()),
        ("BASE_URL", base_url.to_owned()),
        ("CLIENT_ID", provider::CLIENT_ID.to_owned()),
        ("CLIENT_SECRET", provider::CLIENT_SECRET.to_owned()),
    ]
}

async fn start(provider: &Provider, change: impl FnOnce(Variables) -> Variables) -> Bridge {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let variables = change(usual(&provider.issuer, &url));
    Bridge::of(loaded(&variables), provider, listener, url)
}

fn anna(more: Value) -> Value {
    let mut claims = json!({ "sub": "s-anna", "name": "Anna Adler" });
    claims
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    claims
}

#[tokio::test]
async fn whoever_the_provider_lets_in_joins_as_a_participant() {
    let provider = Provider::start().await;
    let bridge = start(&provider, |variables| variables).await;
    provider.signs_in(anna(json!({})));
    let landed = Browser::new().go(&bridge.at("/room/weekly")).await;
    // The token in the query and the prejoin page skipped, as there; the room its own alone, unlike there.
    assert!(
        landed.url.starts_with(&format!("{JITSI}/weekly?jwt=")),
        "{}",
        landed.url
    );
    assert!(
        landed.url.ends_with("#config.prejoinConfig.enabled=false"),
        "{}",
        landed.url
    );
    let token = token_in(&landed);
    assert_eq!(token["room"], "weekly");
    assert_eq!(token["sub"], "meet.example.org");
    assert_eq!(
        (&token["iss"], &token["aud"]),
        (&json!("jitsi"), &json!("jitsi"))
    );
    assert_eq!(token["context"]["user"]["moderator"], false);
    assert_eq!(token["context"]["user"]["affiliation"], "member");
    assert_eq!(provider.count("POST /token"), 1);
}

#[tokio::test]
async fn its_copied_claims_are_two_rules_of_policy() {
    let provider = Provider::start().await;
    let bridge = start(&provider, |variables| variables).await;
    for (claims, rule) in [
        (
            json!({ "moderator": true }),
            "jitsi-openid: the provider's claim moderator is true",
        ),
        (
            json!({ "affiliation": "owner" }),
            "jitsi-openid: the provider's claim affiliation is owner",
        ),
    ] {
        provider.signs_in(anna(claims));
        let landed = Browser::new().go(&bridge.at("/room/weekly")).await;
        let token = token_in(&landed);
        assert_eq!(token["context"]["user"]["moderator"], true);
        // Written by policy, consistently; never the provider's own value.
        assert_eq!(token["context"]["user"]["affiliation"], "owner");
        let decided = bridge.decisions().pop().unwrap();
        assert_eq!(decided.rules, [rule]);
        assert!(matches!(
            decided.outcome,
            DecidedOutcome::Admitted {
                role: "moderator",
                ..
            }
        ));
    }
    for claims in [
        json!({ "moderator": false }),
        json!({ "moderator": "yes" }),
        json!({ "affiliation": "teacher" }),
        json!({ "affiliation": "admin", "moderator": null }),
    ] {
        provider.signs_in(anna(claims.clone()));
        let token = token_in(&Browser::new().go(&bridge.at("/room/weekly")).await);
        assert_eq!(token["context"]["user"]["moderator"], false, "{claims}");
        assert_eq!(
            token["context"]["user"]["affiliation"], "member",
            "{claims}"
        );
    }
}

#[tokio::test]
async fn the_group_and_the_prejoin_page_are_as_its_variables_say() {
    let provider = Provider::start().await;
    let change = |variables| {
        with(
            with(variables, "GROUP", "acme"),
            "SKIP_PREJOIN_SCREEN",
            "false",
        )
    };
    let bridge = start(&provider, change).await;
    provider.signs_in(anna(json!({})));
    let landed = Browser::new().go(&bridge.at("/room/weekly")).await;
    assert!(!landed.url.contains('#'), "{}", landed.url);
    assert_eq!(token_in(&landed)["context"]["group"], "acme");
}

#[tokio::test]
async fn scopes_and_acr_values_reach_the_provider_and_the_acr_is_insisted_upon() {
    let provider = Provider::start().await;
    let change = |variables| {
        with(
            with(variables, "SCOPES", "profile groups"),
            "ACR_VALUES",
            "gold silver",
        )
    };
    let bridge = start(&provider, change).await;
    provider.signs_in(anna(json!({ "acr": "silver" })));
    assert!(
        Browser::new()
            .go(&bridge.at("/room/weekly"))
            .await
            .in_meeting()
    );
    let asked = provider.last_authorization();
    assert!(
        asked.contains(&("scope".to_owned(), "openid profile groups".to_owned())),
        "{asked:?}"
    );
    assert!(
        asked.contains(&("acr_values".to_owned(), "gold silver".to_owned())),
        "{asked:?}"
    );

    provider.signs_in(anna(json!({ "acr": "bronze" })));
    let landed = Browser::new().go(&bridge.at("/room/weekly")).await;
    assert_eq!((landed.status, landed.token()), (403, None));
    assert_eq!(bridge.tokens_minted(), 1);
}

#[test]
fn every_variable_becomes_a_setting_and_is_told_once() {
    let base = usual("https://id.example.org", "https://sso.example.org/");
    let all = [
        ("LISTEN_ADDR", "127.0.0.1:3001"),
        ("SCOPES", "openid email"),
        ("ACR_VALUES", "gold"),
        ("SKIP_PREJOIN_SCREEN", "false"),
        ("GROUP", "acme"),
        ("VERIFY_ACCESS_TOKEN_HASH", "false"),
    ];
    let variables = all.into_iter().fold(base, |variables, (name, value)| {
        with(variables, name, value)
    });
    let Loaded {
        config,
        translated,
        warnings,
        ..
    } = loaded(&variables);
    assert!(warnings.is_empty(), "{warnings}");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:3001");
    assert_eq!(config.jitsi.identity.xmpp_domain, "meet.example.org");
    assert_eq!(
        config.providers[0].settings.request.scopes,
        ["openid", "email"]
    );
    for (name, _) in &variables {
        let lines = translated
            .iter()
            .filter(|line| line.starts_with(&format!("{name} became ")))
            .count();
        assert_eq!(lines, 1, "{name} in {translated:#?}");
    }
    let told = translated.join("\n");
    assert!(
        !told.contains(TOKEN_SECRET) && !told.contains(provider::CLIENT_SECRET),
        "{told}"
    );
    assert!(told.contains("two policy rules"), "{told}");
}

#[test]
fn the_other_names_of_its_variables_work_as_well() {
    let path = std::env::temp_dir().join(format!("bridge-test-drop-in-{}", std::process::id()));
    std::fs::write(&path, format!("{TOKEN_SECRET}\n")).unwrap();
    let file = path.to_str().unwrap();
    let usual = usual("https://id.example.org", "https://sso.example.org");
    let variables = without(
        without(without(usual, "JITSI_SECRET"), "ISSUER_URL"),
        "CLIENT_SECRET",
    );
    let variables = with(
        with(variables, "JITSI_SECRET_FILE", file),
        "ISSUER_BASE_URL",
        "https://id.example.org",
    );
    let by_name = loaded(&with(variables.clone(), "SECRET", "s1")).config;
    let by_file = loaded(&with(variables, "CLIENT_SECRET_FILE", file)).config;
    std::fs::remove_file(&path).unwrap();
    let jitsi_oidc_bridge::config::Signing::SharedSecret { secret, .. } = &by_name.token.signing
    else {
        panic!("no shared secret");
    };
    assert_eq!(secret.expose_secret(), TOKEN_SECRET);
    assert_eq!(
        by_name.providers[0].settings.issuer,
        "https://id.example.org"
    );
    let secret = |config: &jitsi_oidc_bridge::config::Config| {
        config.providers[0]
            .settings
            .client_secret
            .as_ref()
            .map(|secret| secret.expose_secret().to_owned())
    };
    assert_eq!(secret(&by_name).as_deref(), Some("s1"));
    assert_eq!(secret(&by_file).as_deref(), Some(TOKEN_SECRET));
}

#[test]
fn a_native_variable_goes_above_one_of_its_own() {
    let variables = usual("https://id.example.org", "https://sso.example.org");
    let variables = with(variables, "BRIDGE_JITSI__TOKEN_IN", "fragment");
    let variables = with(variables, "BRIDGE_POLICY__DEFAULT", "deny");
    let config = loaded(&variables).config;
    assert_eq!(
        config.jitsi.token_in,
        jitsi_oidc_bridge::meeting::url::TokenPlace::Fragment
    );
    assert_eq!(
        config.policy.default,
        jitsi_oidc_bridge::policy::Fallback::Deny
    );
    assert_eq!(config.policy.rules.iter().len(), 2);
}

#[test]
fn in_a_container_it_listens_where_the_old_one_did() {
    let usual = usual("https://id.example.org", "https://sso.example.org");
    let listen = |variables: &Variables| loaded(variables).config.server.listen.to_string();
    assert_eq!(listen(&usual), "127.0.0.1:3000");
    let image = with(usual, "BRIDGE_DEFAULT_IP", "0.0.0.0");
    assert_eq!(listen(&image), "0.0.0.0:3000");
    assert_eq!(
        listen(&with(image, "LISTEN_ADDR", "127.0.0.1:4000")),
        "127.0.0.1:4000"
    );
}

#[test]
fn with_a_file_its_variables_count_for_nothing() {
    let environment = vec![("JITSI_URL".to_owned(), JITSI.to_owned())];
    let file = Some(("bridge.toml".to_owned(), String::new()));
    let problems = load(&Sources { file, environment })
        .unwrap_err()
        .to_string();
    assert!(problems.contains("jitsi.url: missing"), "{problems}");
}

#[test]
fn what_is_missing_is_told_by_the_native_name() {
    let variables = without(
        usual("https://id.example.org", "https://sso.example.org"),
        "CLIENT_ID",
    );
    let environment = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let problems = load(&Sources {
        file: None,
        environment,
    })
    .unwrap_err()
    .to_string();
    assert!(
        problems.contains("provider.client_id: missing"),
        "{problems}"
    );
}
