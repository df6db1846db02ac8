//! Jitsi as a Service gets the tokens and addresses that 8x8 documents, and a configuration that cannot work there does
//! not start.

use jitsi_oidc_bridge::config::{Sources, load};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use super::support::command::{File, run};
use super::support::keyring::KeyFolder;
use super::support::{Bridge, Browser, Landed, Provider};

const APP_ID: &str = "vpaas-magic-cookie-1fc542a3e4414a44b2611668195e2bfe";
const KID: &str = "vpaas-magic-cookie-1fc542a3e4414a44b2611668195e2bfe/4f4910";

const RULES: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "leads"
groups = ["/leads"]
role = "moderator"
[[policy.rules]]
name = "recorders"
groups = ["/recorders"]
role = "moderator"
features = ["recording", "screen-sharing"]
hidden_from_recorder = true
[[policy.rules]]
name = "audience"
groups = ["/audience"]
role = "visitor"
"#;

/// A keyring with one key, of this id.
fn folder(kid: &str) -> KeyFolder {
    KeyFolder::with(&format!("[[keys]]\nkid = {kid:?}\nfile = \"1.pem\"\n"))
}

/// A bridge before JaaS, and further settings.
async fn bridge(folder: &KeyFolder, further: &str) -> (Bridge, Provider) {
    let provider = Provider::start().await;
    let further = format!(
        "{}\n# no jitsi.url\njitsi.jaas_app_id = {APP_ID:?}\n{further}\n",
        folder.settings("RS256")
    );
    let bridge = Bridge::set_up(&provider, "", &further, RULES).await;
    (bridge, provider)
}

/// Where somebody of a group is sent. Nobody is led out of this machine.
async fn sent(bridge: &Bridge, provider: &Provider, group: &str, path: &str) -> Landed {
    provider.signs_in(json!({ "sub": group, "name": "Sara Stein", "groups": [group] }));
    let mut browser = Browser::new();
    let door = browser.begin(&bridge.at(path)).await;
    let back = browser.begin(&door).await;
    browser.hop(&back).await
}

/// The token in an address, its signature verified with the published key, as JaaS would with the one it was given.
async fn verified(bridge: &Bridge, location: &str) -> Value {
    let (_, after) = location.split_once("jwt=").unwrap();
    let token = after.trim_start_matches("%22").trim_end_matches("%22");
    let header = decode_header(token).unwrap();
    assert_eq!(header.alg, Algorithm::RS256);
    assert_eq!(header.typ.as_deref(), Some("JWT"));
    assert_eq!(header.kid.as_deref(), Some(KID));
    let set = Browser::new()
        .hop(&bridge.at("/.well-known/jwks.json"))
        .await;
    let set: JwkSet = serde_json::from_str(&set.body).unwrap();
    let key = DecodingKey::from_jwk(set.find(KID).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.set_audience(&["jitsi"]);
    validation.set_issuer(&["chat"]);
    let mut claims = decode::<Value>(token, &key, &validation).unwrap().claims;
    claims["jti"] = "[jti]".into();
    claims["context"]["user"]["id"] = "[id]".into();
    claims
}

/// All of JaaS's features, with these allowed.
fn features(allowed: &[&str]) -> Value {
    [
        "create-polls",
        "file-upload",
        "inbound-call",
        "list-visitors",
        "livestreaming",
        "outbound-call",
        "recording",
        "send-groupchat",
        "sip-inbound-call",
        "sip-outbound-call",
        "transcription",
    ]
    .into_iter()
    .map(|name| {
        let is_allowed = allowed == ["all"] || allowed.contains(&name);
        (name.to_owned(), Value::from(is_allowed))
    })
    .collect::<serde_json::Map<_, _>>()
    .into()
}

#[tokio::test]
async fn each_role_is_written_as_jaas_reads_it_and_features_are_always_there() {
    let folder = folder(KID);
    let (bridge, provider) = bridge(&folder, "").await;
    let everyday = ["create-polls", "send-groupchat"];
    for (group, user, features) in [
        ("/leads", json!({ "moderator": "true" }), features(&["all"])),
        (
            "/staff",
            json!({ "moderator": "false" }),
            features(&everyday),
        ),
        (
            "/recorders",
            json!({ "moderator": "true", "hidden-from-recorder": true }),
            features(&["create-polls", "send-groupchat", "recording"]),
        ),
        (
            "/audience",
            json!({ "moderator": "false", "role": "visitor" }),
            features(&everyday),
        ),
    ] {
        let mut expected = json!({ "id": "[id]", "name": "Sara Stein" });
        let further = user.as_object().unwrap().clone();
        expected.as_object_mut().unwrap().extend(further);
        let location = sent(&bridge, &provider, group, "/room/R%C3%A9union%20A")
            .await
            .location();
        assert_eq!(
            verified(&bridge, &location).await,
            json!({
                "iss": "chat", "aud": "jitsi", "sub": APP_ID, "room": "r%c3%a9union%20a",
                "iat": 2_100_000_000, "nbf": 2_099_999_970, "exp": 2_100_010_800, "jti": "[jti]",
                "context": { "user": expected, "features": features },
            }),
            "{group}"
        );
    }
}

#[tokio::test]
async fn the_address_has_the_account_before_the_room_wherever_the_token_stands() {
    let folder = folder(KID);
    for (further, beginning) in [
        ("", "https://8x8.vc/{}/standup#jwt=%22ey"),
        (
            "jitsi.token_in = \"query\"",
            "https://8x8.vc/{}/standup?jwt=ey",
        ),
        (
            "jitsi.url = \"https://stage.8x8.vc\"",
            "https://stage.8x8.vc/{}/standup#jwt=%22ey",
        ),
    ] {
        let (bridge, provider) = bridge(&folder, further).await;
        let location = sent(&bridge, &provider, "/staff", "/room/standup")
            .await
            .location();
        let beginning = beginning.replace("{}", APP_ID);
        assert!(location.starts_with(&beginning), "{location}");
    }
}

#[tokio::test]
async fn a_tenant_would_be_another_name_for_the_same_room_and_is_refused() {
    let folder = folder(KID);
    let (bridge, provider) = bridge(&folder, "").await;
    for path in [
        "/room/acme/standup".to_owned(),
        format!("/room/{APP_ID}/standup"),
        "/join?room=standup&tenant=acme".to_owned(),
    ] {
        let refused = Browser::new().hop(&bridge.at(&path)).await;
        assert_eq!(refused.status, 400, "{path}: {refused:?}");
    }
    assert_eq!(bridge.tokens_minted(), 0);
    assert_eq!(provider.count("GET /authorize"), 0);
}

/// What is said of a configuration for JaaS with these lines, signing and rules.
fn said(lines: &str, signing: &str, rules: &str) -> String {
    let text = format!(
        "server.public_url = \"https://sso.example.org\"\njitsi.jaas_app_id = {APP_ID:?}\n{lines}\n{}\n\
         provider.issuer = \"https://id.example.org\"\nprovider.client_id = \"bridge\"\n{rules}",
        signing.replace("# no token.secret", "")
    );
    let file = Some(("bridge.toml".to_owned(), text));
    let environment = Vec::new();
    match load(&Sources { file, environment }) {
        Ok(loaded) => loaded.warnings.to_string(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn only_a_key_of_the_account_signs_and_by_rs256_alone() {
    let ours = folder(KID);
    assert_eq!(said("", &ours.settings("RS256"), RULES), "");

    let secret = "token.secret = \"0123456789abcdef0123456789abcdef\"";
    for signing in [ours.settings("RS512"), secret.to_owned()] {
        let told = said("", &signing, RULES);
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(
            told.contains("token.algorithm: JaaS verifies RS256 alone"),
            "{told}"
        );
    }
    let foreign = folder("4f4910");
    let told = said("", &foreign.settings("RS256"), RULES);
    assert!(
        told.contains("token.keyring: the key \"4f4910\" cannot sign for JaaS"),
        "{told}"
    );
}

#[test]
fn rules_are_looked_at_with_the_keyring_and_without_it() {
    let folder = folder(KID);
    let elsewhere = "token.algorithm = \"RS256\"\ntoken.keyring = \"/nowhere/keys.toml\"\n";
    let table = "[people.lea]\ngroups = [\"/leads\"]\n[[tests]]\npeople = [\"lea\"]\nrooms = [\"standup\"]\nexpect = \"moderator\"\n";
    let table = File::new("jaas-test.toml", table);
    for signing in [folder.settings("RS256"), elsewhere.to_owned()] {
        let text = format!(
            "server.public_url = \"https://sso.example.org\"\njitsi.jaas_app_id = {APP_ID:?}\n{signing}\
             provider.issuer = \"https://id.example.org\"\nprovider.client_id = \"bridge\"\n{RULES}"
        );
        let config = File::new("jaas.toml", &text);
        let asked = |command: &[&str]| {
            let said = run(&[command, &["--config", config.path()]].concat());
            assert_eq!(said.code, 0, "{command:?}: {said:?}");
            said.out
        };
        let explained = asked(&["explain", "--groups", "/leads", "--room", "standup"]);
        assert!(explained.contains("\"moderator\": \"true\""), "{explained}");
        asked(&["policy", "who", "--room", "standup"]);
        asked(&["policy", "test", table.path()]);
        asked(&["config", "show"]);
    }
}

#[test]
fn what_cannot_work_at_jaas_is_told_at_load() {
    let folder = folder(KID);
    let name_readonly =
        "[[policy.rules]]\nname = \"r\"\nrole = \"moderator\"\nname_readonly = true\n";
    for (lines, rules, told) in [
        (
            "jitsi.app_id = \"x\"",
            RULES,
            "jitsi.app_id (bridge.toml:3): JaaS leaves no choice",
        ),
        ("jitsi.audience = \"x\"", RULES, "jitsi.audience"),
        ("jitsi.xmpp_domain = \"x\"", RULES, "jitsi.xmpp_domain"),
        ("jitsi.bind_tenant = true", RULES, "jitsi.bind_tenant"),
        (
            "token.convention = \"jitsi\"",
            RULES,
            "token.convention (bridge.toml:3)",
        ),
        (
            "",
            name_readonly,
            "policy.rules: rule \"r\": nobody at JaaS reads `name_readonly`",
        ),
    ] {
        let said = said(lines, &folder.settings("RS256"), rules);
        assert!(said.contains(told), "{told} is not in {said}");
    }
}
