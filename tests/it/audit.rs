//! Who did what stands in a file, line by line: enough to answer who could moderate a meeting and why, and never what
//! would let anybody in.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use boon::{Compiler, Schemas};
use jitsi_oidc_bridge::config::{Sources, load};
use jitsi_oidc_bridge::session::handle::handle;
use serde_json::{Value, json};
use time::Duration;

use super::invitations::link_to;
use super::support::bridge::POLICY;
use super::support::keyring::KeyFolder;
use super::support::logout::with;
use super::support::scene::Scene;
use super::support::{Bridge, Browser, Fault, JITSI, Provider, nora, sara, store_stand_in, tim};

/// A bridge that writes its audit into a folder of its own.
struct Audited {
    bridge: Bridge,
    provider: Provider,
    folder: KeyFolder,
}

impl Audited {
    async fn with(further: &str, policy: &str) -> Self {
        let (folder, provider) = (KeyFolder::new(), Provider::start().await);
        provider.signs_in(tim());
        let file = folder.path().join("audit.jsonl");
        let further = format!("audit.file = \"{}\"\n{further}", file.display());
        let bridge = Bridge::set_up(&provider, "", &further, policy).await;
        Self {
            bridge,
            provider,
            folder,
        }
    }

    async fn usual() -> Self {
        Self::with("", POLICY).await
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("audit.jsonl")
    }

    /// Every line so far, each good by the schema.
    fn lines(&self) -> Vec<Value> {
        lines(&self.bridge, &self.file())
    }

    /// The lines of one event.
    fn of(&self, event: &str) -> Vec<Value> {
        self.lines()
            .into_iter()
            .filter(|line| line["event"] == event)
            .collect()
    }

    /// The only line of an event.
    #[track_caller]
    fn the(&self, event: &str) -> Value {
        let found = self.of(event);
        assert_eq!(found.len(), 1, "{found:#?}");
        found[0].clone()
    }
}

fn lines(bridge: &Bridge, file: &PathBuf) -> Vec<Value> {
    bridge.live.current().lasting.audit.trail().unwrap().flush();
    let text = std::fs::read_to_string(file).unwrap();
    let all: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    all.iter().for_each(is_good);
    all
}

/// Panics unless a line is as the schema says.
#[track_caller]
fn is_good(line: &Value) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let schema = serde_json::from_str(include_str!("../../config/audit.schema.json")).unwrap();
    compiler.add_resource("audit.json", schema).unwrap();
    let schema = compiler.compile("audit.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(line, schema) {
        panic!("{line:#}\n{error:#}");
    }
}

/// What stands for the session of a browser.
fn session_of(browser: &Browser) -> String {
    let cookies = browser.cookie_header();
    let of_session = cookies.split("; ").find_map(|cookie| {
        let (name, value) = cookie.split_once('=')?;
        name.ends_with("jitsi-session").then(|| handle(value))
    });
    of_session.unwrap_or_else(|| panic!("no session"))
}

/// Panics unless a line holds these members.
#[track_caller]
fn holds(line: &Value, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&line[name], value, "{name} in {line:#}");
    }
}

#[tokio::test]
async fn a_way_into_a_meeting_is_written_down_stage_by_stage() {
    let scene = Audited::usual().await;
    let mut browser = Browser::new();
    let landed = browser.go(&scene.bridge.at("/room/Rocket")).await;
    let token = super::support::token_in(&landed);
    let session = session_of(&browser);
    let user = token["context"]["user"]["id"].clone();
    let events: Vec<Value> = scene
        .lines()
        .iter()
        .map(|line| line["event"].clone())
        .collect();
    assert_eq!(events, ["sign_in", "decision", "token"]);
    holds(
        &scene.the("sign_in"),
        &json!({ "version": 1, "how": "login", "outcome": "succeeded", "provider": "default", "user": user,
                 "name": "Tim Lorenz", "groups": ["/staff", "/teams/rocket/leads"], "groups_count": 2,
                 "session": session, "time": "2036-07-18T13:20:00Z" }),
    );
    holds(
        &scene.the("decision"),
        &json!({ "outcome": "admitted", "role": "moderator", "rules": ["staff", "team leads"], "room": "rocket",
                 "user": user, "session": session }),
    );
    holds(
        &scene.the("token"),
        &json!({ "jti": token["jti"], "role": "moderator", "room": "rocket", "algorithm": "HS256",
                 "expires": "2036-07-18T16:20:00Z", "user": user }),
    );
    assert_eq!(
        token["exp"], 2_100_010_800,
        "what is told is what the token says"
    );
    // All of one request; and numbered, so that a line that is missing is seen.
    let requests: Vec<Value> = scene
        .lines()
        .iter()
        .map(|line| line["request"].clone())
        .collect();
    assert!(
        requests
            .iter()
            .all(|request| request == &requests[0] && request.is_string())
    );
    let numbers: Vec<String> = scene
        .lines()
        .iter()
        .map(|line| {
            line["id"]
                .as_str()
                .unwrap()
                .split_once('-')
                .unwrap()
                .1
                .to_owned()
        })
        .collect();
    assert_eq!(numbers, ["1", "2", "3"]);
}

#[tokio::test]
async fn nothing_in_it_lets_anybody_in() {
    let scene = Audited::usual().await;
    let mut browser = Browser::new();
    let landed = browser.go(&scene.bridge.at("/room/rocket")).await;
    browser.hop(&scene.bridge.at("/logout")).await;
    Browser::new()
        .go(&scene
            .bridge
            .at("/callback?state=made-up-state&code=a-code-of-mine"))
        .await;
    scene.lines();
    let text = std::fs::read_to_string(scene.file()).unwrap();
    let authorization = scene.provider.last_authorization();
    let sent = authorization
        .iter()
        .filter(|(name, _)| ["state", "nonce", "code_challenge"].contains(&name.as_str()));
    let mut secrets: Vec<String> = sent.map(|(_, value)| value.clone()).collect();
    assert_eq!(secrets.len(), 3);
    secrets.push(landed.token().unwrap());
    secrets.extend(["made-up-state", "a-code-of-mine", "eyJ"].map(ToOwned::to_owned));
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret} stands in\n{text}");
    }
}

#[tokio::test]
async fn a_sign_in_that_failed_says_why() {
    let scene = Audited::usual().await;
    scene.provider.misbehaves(Fault::AccessDenied);
    Browser::new().go(&scene.bridge.at("/room/rocket")).await;
    holds(
        &scene.the("sign_in"),
        &json!({ "outcome": "cancelled", "how": "login", "provider": "default", "user": null }),
    );
    let cause = scene.the("sign_in")["cause"].as_str().unwrap().to_owned();
    assert!(
        cause.starts_with("the provider answered access_denied"),
        "{cause}"
    );
    assert_eq!(cause, scene.bridge.last_cause());
    assert!(scene.of("decision").is_empty() && scene.of("token").is_empty());
}

#[tokio::test]
async fn whoever_has_no_login_under_way_cannot_fill_it() {
    let scene = Audited::usual().await;
    let begun = Browser::new().hop(&scene.bridge.at("/room/rocket")).await;
    let location = begun.location();
    let (_, state) = location.split_once("state=").unwrap();
    let of_ours = state.split('&').next().unwrap();
    // Made up, and one of ours in a browser that did not begin it.
    for state in ["made-up", of_ours] {
        let callback = format!("/callback?state={state}&code=c");
        let answer = Browser::new().go(&scene.bridge.at(&callback)).await;
        assert_eq!(answer.status, 400);
        assert!(
            scene.bridge.last_cause().contains("its state is"),
            "{}",
            scene.bridge.last_cause()
        );
    }
    assert_eq!(scene.lines(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_refusal_names_its_rule_and_no_token_is_told_of() {
    let scene = Audited::usual().await;
    Browser::new().go(&scene.bridge.at("/room/board")).await;
    holds(
        &scene.the("decision"),
        &json!({ "outcome": "rule", "rules": ["board only"], "room": "board", "role": null }),
    );
    scene.provider.signs_in(nora());
    Browser::new().go(&scene.bridge.at("/room/standup")).await;
    holds(
        &scene.of("decision")[1],
        &json!({ "outcome": "no_rule", "rules": [] }),
    );
    assert!(scene.of("token").is_empty());
}

#[tokio::test]
async fn every_way_to_sign_out_names_the_sessions_that_ended() {
    let scene = Audited::usual().await;
    let signed_in = async || {
        let mut browser = Browser::new();
        browser.go(&scene.bridge.at("/sign-in")).await;
        browser
    };
    let mut here = signed_in().await;
    let ended_here = session_of(&here);
    here.hop(&scene.bridge.at("/logout")).await;
    let mut everywhere = signed_in().await;
    let ended_everywhere = session_of(&everywhere);
    let form = everywhere.go(&scene.bridge.at("/")).await.hidden("form");
    everywhere
        .post(&scene.bridge.at("/sign-out-everywhere"), &[("form", &form)])
        .await;
    let by_provider = signed_in().await;
    let ended_by_provider = session_of(&by_provider);
    scene.bridge.clock.advance(Duration::seconds(2));
    assert_eq!(
        scene
            .provider
            .signs_out(&scene.bridge, json!({ "sub": "s-tim" }))
            .await
            .status,
        200
    );
    let user = scene.of("sign_in")[0]["user"].clone();
    let expected = [
        ("here", ended_here),
        ("everywhere", ended_everywhere),
        ("provider", ended_by_provider),
    ];
    let told = scene.of("sign_out");
    assert_eq!(told.len(), 3);
    for (line, (scope, session)) in told.iter().zip(expected) {
        holds(
            line,
            &json!({ "scope": scope, "ended": [session], "user": user, "provider": "default" }),
        );
    }
}

#[tokio::test]
async fn whoever_is_asked_about_anew_and_is_gone_is_told_of() {
    let further = "session.refresh_groups_after = \"15min\"";
    let scene = Audited::with(further, POLICY).await;
    scene.provider.grants_refresh_tokens(true);
    let mut browser = Browser::new();
    browser.go(&scene.bridge.at("/room/rocket")).await;
    scene.bridge.clock.advance(Duration::minutes(16));
    browser.go(&scene.bridge.at("/room/rocket-a")).await;
    scene.provider.forgets();
    scene.bridge.clock.advance(Duration::minutes(16));
    browser.hop(&scene.bridge.at("/room/rocket-b")).await;
    let ways: Vec<Value> = scene
        .of("sign_in")
        .iter()
        .map(|line| line["how"].clone())
        .collect();
    assert_eq!(ways, ["login", "refresh"]);
    let first = &scene.of("sign_in")[0];
    holds(
        &scene.the("revocation"),
        &json!({ "user": first["user"], "session": first["session"] }),
    );
}

#[tokio::test]
async fn a_session_that_may_live_on_is_not_told_of_as_ended() {
    static IS_FULL: AtomicBool = AtomicBool::new(false);
    let refuses = |command: &str| {
        let full = command == "SET" && IS_FULL.load(Ordering::Relaxed);
        full.then_some("OOM command not allowed when used memory > 'maxmemory'.")
    };
    let store = store_stand_in::start(refuses, std::time::Duration::ZERO).await;
    let further = format!(
        "session.refresh_groups_after = \"15min\"\nsession.store = \"redis\"\nsession.redis_url = \"redis://{store}\""
    );
    let scene = Audited::with(&further, POLICY).await;
    scene.provider.grants_refresh_tokens(true);
    let mut browser = Browser::new();
    browser.go(&scene.bridge.at("/room/rocket")).await;
    scene.provider.forgets();
    scene.bridge.clock.advance(Duration::minutes(16));
    scene.provider.holds("POST /token");
    let room = scene.bridge.at("/room/rocket-a");
    let asking = tokio::spawn(async move { browser.hop(&room).await });
    scene.provider.is_asked("POST /token", 2).await;
    IS_FULL.store(true, Ordering::Relaxed);
    scene.provider.releases();
    assert_eq!(asking.await.unwrap().status, 303);
    assert_eq!(scene.of("revocation"), [] as [Value; 0]);
}

#[tokio::test]
async fn invitations_are_told_of_without_their_link() {
    let policy = format!(
        "{POLICY}\n[[policy.rules]]\nname = \"invites\"\nrooms = [\"rocket\"]\ngroups = [\"/teams/rocket/leads\"]\nrole = \"moderator\"\nmay_invite = true\n"
    );
    let scene = Audited::with("", &policy).await;
    let mut browser = Browser::new();
    browser.go(&scene.bridge.at("/sign-in")).await;
    let form = browser.go(&scene.bridge.at("/")).await.hidden("form");
    let link = link_to(&scene.bridge, &mut browser, "rocket").await;
    Browser::new().post(&link, &[("name", "Gus")]).await;
    let id = scene.of("invitation")[0]["invitation"]
        .as_str()
        .unwrap()
        .to_owned();
    browser
        .post(
            &scene.bridge.at("/invitations/withdraw"),
            &[("form", &form), ("invitation", &id)],
        )
        .await;
    let told = scene.of("invitation");
    let tim = scene.the("sign_in")["user"].clone();
    assert_eq!(told.len(), 3);
    holds(
        &told[0],
        &json!({ "action": "made", "user": tim, "room": "rocket", "name": "Tim Lorenz" }),
    );
    holds(
        &told[1],
        &json!({ "action": "used", "invitation": id, "room": "rocket", "name": "Gus (guest)" }),
    );
    holds(
        &told[2],
        &json!({ "action": "withdrawn", "invitation": id, "user": tim }),
    );
    holds(
        &scene.the("token"),
        &json!({ "user": told[1]["user"], "role": "participant" }),
    );
    let (_, sealed) = link.rsplit_once('/').unwrap();
    assert!(
        !std::fs::read_to_string(scene.file())
            .unwrap()
            .contains(sealed)
    );
}

#[tokio::test]
async fn a_guest_who_is_refused_did_not_come_by_an_invitation() {
    let policy = r#"
[[policy.rules]]
name = "team leads"
groups = ["/teams/rocket/leads"]
role = "moderator"
may_invite = true
[[policy.rules]]
name = "and nobody else"
unless_groups = ["/teams/rocket/leads"]
deny = "This room is for the team leads."
"#;
    let scene = Audited::with("", policy).await;
    let mut browser = Browser::new();
    browser.go(&scene.bridge.at("/sign-in")).await;
    let link = link_to(&scene.bridge, &mut browser, "rocket").await;
    let refused = Browser::new().post(&link, &[("name", "Gus")]).await;
    assert_eq!(refused.status, 403);
    assert_eq!(scene.the("invitation")["action"], "made");
    assert_eq!(scene.the("decision")["outcome"], "rule");
}

#[tokio::test]
async fn a_token_of_a_keyring_is_told_of_with_its_key() {
    let keys = KeyFolder::new();
    let now = super::support::TestClock::default();
    let kid = keys
        .generate(jitsi_oidc_bridge::clock::Clock::now(&now))
        .unwrap()
        .kid;
    let (folder, provider) = (KeyFolder::new(), Provider::start().await);
    provider.signs_in(tim());
    let file = folder.path().join("audit.jsonl");
    let bridge = Bridge::start(
        &provider,
        &format!(
            "audit.file = \"{}\"\n{}",
            file.display(),
            keys.settings("RS256")
        ),
    )
    .await;
    assert!(
        Browser::new()
            .go(&bridge.at("/room/rocket"))
            .await
            .in_meeting()
    );
    let token = lines(&bridge, &file).pop().unwrap();
    holds(
        &token,
        &json!({ "event": "token", "kid": kid, "algorithm": "RS256" }),
    );
}

#[tokio::test]
async fn inline_tokens_are_told_of_when_they_are_made() {
    let scene = Audited::usual().await;
    let redirect = format!("{JITSI}/static/sso.html");
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let url = format!(
        "{}?room=rocket&client_id=jitsi-meet&redirect_uri={redirect}&code_challenge={challenge}&code_challenge_method=S256&nonce=n&state=%7B%22room%22%3A%22rocket%22%7D&response_type=code",
        scene.bridge.at("/authorize")
    );
    let landed = Browser::new().go(&url).await;
    let (_, code) = landed
        .url
        .split_once("code=")
        .unwrap_or_else(|| panic!("{landed:?}"));
    let code = code.split('&').next().unwrap();
    assert!(scene.of("token").is_empty(), "a code is no token yet");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "jitsi-meet"),
        ("redirect_uri", &redirect),
        ("code", code),
        (
            "code_verifier",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
    ];
    assert_eq!(
        Browser::new()
            .post(&scene.bridge.at("/token"), &form)
            .await
            .status,
        200
    );
    let (sign_in, token) = (scene.the("sign_in"), scene.the("token"));
    holds(
        &token,
        &json!({ "room": "rocket", "role": "moderator", "session": sign_in["session"], "user": sign_in["user"] }),
    );
}

#[tokio::test]
async fn without_names_it_holds_ids_alone() {
    let scene = Audited::with("audit.names = false", POLICY).await;
    scene.provider.signs_in(sara());
    Browser::new().go(&scene.bridge.at("/room/standup")).await;
    assert_eq!(scene.the("sign_in")["groups_count"], 1);
    let text = std::fs::read_to_string(scene.file()).unwrap();
    for named in ["Sara", "sara@example.org", "/staff"] {
        assert!(!text.contains(named), "{named} stands in\n{text}");
    }
    assert!(scene.the("decision")["user"].is_string());
}

#[tokio::test]
async fn where_a_visitor_comes_from_is_told_where_a_proxy_is_trusted() {
    let scene = Audited::with("server.trusted_proxies = [\"127.0.0.1\"]", POLICY).await;
    let mut browser = Browser::new();
    browser.says = Some(("x-forwarded-for", "192.0.2.7"));
    browser.go(&scene.bridge.at("/room/rocket")).await;
    for line in scene.lines() {
        assert_eq!(line["address"], "192.0.2.7", "{line:#}");
    }
}

#[tokio::test]
async fn a_configuration_is_told_of_whether_it_is_taken_or_not() {
    let folder = KeyFolder::new();
    let file = folder.path().join("audit.jsonl");
    let further = format!("audit.file = \"{}\"", file.display());
    let mut scene = Scene::in_folder(folder, &further, POLICY).await;
    scene
        .changes(&format!("{further}\ntoken.lifetime = \"1h\""), POLICY)
        .await;
    scene.write("nonsense = 1\nmore = 2", "");
    scene.is_refused().await;
    scene.write(&further, POLICY);
    scene.reloader.reload().await;
    let told = lines(&scene.bridge, &file);
    assert_eq!(told.len(), 3, "{told:#?}");
    holds(
        &told[0],
        &json!({ "event": "configuration", "outcome": "taken_over", "changed": ["token"], "by": "change" }),
    );
    holds(
        &told[1],
        &json!({ "outcome": "refused", "faults": 3, "by": "change" }),
    );
    holds(
        &told[2],
        &json!({ "outcome": "taken_over", "by": "signal" }),
    );
}

#[tokio::test]
async fn the_file_is_its_owners_alone_and_what_was_in_it_stays() {
    let folder = KeyFolder::new();
    let file = folder.path().join("audit.jsonl");
    for run in 1..=2 {
        let provider = Provider::start().await;
        provider.signs_in(tim());
        let bridge =
            Bridge::start(&provider, &format!("audit.file = \"{}\"", file.display())).await;
        Browser::new().go(&bridge.at("/room/rocket")).await;
        assert_eq!(lines(&bridge, &file).len(), 3 * run);
    }
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_file_that_was_moved_away_is_opened_anew_when_somebody_says_so() {
    let scene = Audited::usual().await;
    Browser::new().go(&scene.bridge.at("/room/rocket")).await;
    assert_eq!(scene.lines().len(), 3);
    let old = scene.folder.path().join("audit.jsonl.1");
    std::fs::rename(scene.file(), &old).unwrap();
    scene
        .bridge
        .live
        .current()
        .lasting
        .audit
        .trail()
        .unwrap()
        .reopen();
    Browser::new().go(&scene.bridge.at("/room/rocket")).await;
    assert_eq!(scene.lines().len(), 3);
    assert_eq!(std::fs::read_to_string(old).unwrap().lines().count(), 3);
}

/// A bridge whose audit stops being written after this.
async fn that_fills_up(on_failure: &str) -> (Bridge, Provider) {
    let provider = Provider::start().await;
    provider.signs_in(tim());
    // It opens, and takes nothing.
    let further = format!(
        "audit.file = \"/dev/full\"\naudit.on_failure = {on_failure:?}\nmetrics.listen = \"127.0.0.1:0\""
    );
    let bridge = Bridge::start(&provider, &further).await;
    (bridge, provider)
}

#[tokio::test]
async fn a_full_disk_keeps_nobody_out_and_what_is_lost_is_counted() {
    let (bridge, _provider) = that_fills_up("continue").await;
    for _ in 0..2 {
        assert!(
            Browser::new()
                .go(&bridge.at("/room/rocket"))
                .await
                .in_meeting()
        );
    }
    let lasting = bridge.live.current().lasting.clone();
    let trail = lasting.audit.trail().unwrap();
    trail.flush();
    assert_eq!(trail.lost(), 6);
    assert!(!lasting.audit.forbids());
}

#[tokio::test]
async fn where_that_is_wanted_nobody_gets_a_token_that_is_not_written_down() {
    let (bridge, _provider) = that_fills_up("refuse").await;
    // The first one is how it comes to light.
    Browser::new().go(&bridge.at("/room/rocket")).await;
    bridge.live.current().lasting.audit.trail().unwrap().flush();
    let minted = bridge.tokens_minted();
    let refused = Browser::new().go(&bridge.at("/room/rocket")).await;
    assert_eq!((refused.status, bridge.tokens_minted()), (503, minted));
    assert!(
        bridge.last_cause().contains("audit.on_failure"),
        "{}",
        bridge.last_cause()
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_keeps_the_bridge_from_starting() {
    let provider = Provider::start().await;
    let text = super::support::bridge::settings(
        &provider,
        "http://127.0.0.1:1",
        "audit.file = \"/nowhere/audit.jsonl\"",
        POLICY,
    );
    let file = Some(("bridge.toml".to_owned(), text));
    let loaded = load(&Sources {
        file,
        environment: Vec::new(),
    })
    .unwrap();
    let audit = jitsi_oidc_bridge::observe::Audit::default();
    let error = jitsi_oidc_bridge::web::build(loaded.config, provider.clock.clone(), audit)
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .starts_with("cannot write the audit to /nowhere/audit.jsonl (audit.file): "),
        "{error}"
    );
}

#[test]
fn the_examples_of_the_documentation_are_lines_of_this_schema() {
    let text = include_str!("../../docs/audit.md");
    let examples: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("{\""))
        .collect();
    assert!(examples.len() >= 8, "{}", examples.len());
    for example in examples {
        is_good(&serde_json::from_str(example).unwrap());
    }
}

#[test]
fn a_line_that_says_more_or_less_is_none_of_this_schema() {
    let good = json!({ "version": 1, "id": "0123456789ab-7", "time": "2036-07-18T13:20:00Z", "event": "revocation",
                       "user": "u", "session": "0123-4567-89ab" });
    is_good(&good);
    for (name, value) in [
        ("cookie", json!("secret")),
        ("event", json!("else")),
        ("user", json!("")),
        ("version", json!(2)),
        ("time", json!("today")),
    ] {
        let bad = with(good.clone(), json!({ name: value }));
        assert!(std::panic::catch_unwind(|| is_good(&bad)).is_err(), "{bad}");
    }
}
