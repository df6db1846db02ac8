//! No secret of a configuration is ever shown: not by `Debug`, not by what is said of a bad one, and not by the log of a
//! bridge, whatever befalls it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use jitsi_oidc_bridge::config::inputs::Inputs;
use jitsi_oidc_bridge::config::{Sources, load, load_noting};
use jitsi_oidc_bridge::observe::{Audit, Decided, panics};
use jitsi_oidc_bridge::reload::LoadError;
use jitsi_oidc_bridge::session::store::Store;
use jitsi_oidc_bridge::web;
use tokio::net::TcpListener;

use super::support::bridge::{POLICY, settings};
use super::support::keyring::{KeyFolder, PEM};
use super::support::log::Log;
use super::support::provider::CLIENT_SECRET;
use super::support::scene::Scene;
use super::support::{Browser, Fault, Provider, sara, tim};

/// Stands for a secret. No 'x' is needed to make it long enough for all of them.
fn canary(name: &str) -> String {
    format!(
        "C4n4ry{name}{}",
        "0123456789abcdefghijklmnopqrstuvwxyz".repeat(2)
    )
}

const NAMES: [&str; 8] = [
    "Token",
    "Client",
    "Redis",
    "CookieA",
    "CookieB",
    "Room",
    "Environment",
    "Bad",
];

/// The canaries, and what a Base64 of something with one of them in it would hold.
fn traces() -> Vec<String> {
    // The test provider's own, as it is and as it is sent.
    let sent: String = url::form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect();
    let mut all = vec!["C4n4ry".to_owned(), CLIENT_SECRET.to_owned(), sent.clone()];
    let secrets = NAMES.map(canary).into_iter();
    for whole in secrets.chain([sent, CLIENT_SECRET.to_owned()]) {
        for before in ["", "x", "xx"] {
            let text = format!("{before}{whole}");
            for base64 in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                // What stands at the ends depends on what stands around.
                all.push(base64[4..24].to_owned());
            }
        }
    }
    for line in PEM.iter().flat_map(|pem| pem.lines()) {
        if !line.starts_with('-') {
            all.push(line[..24.min(line.len())].to_owned());
        }
    }
    all
}

#[track_caller]
fn shows_nothing(what: &str, shown: &str) {
    for trace in traces() {
        assert!(!shown.contains(&trace), "{what} shows {trace}: {shown}");
    }
}

/// A configuration with each secret that there is.
fn full(folder: &KeyFolder) -> String {
    format!(
        "server.public_url = \"https://meet.example.org/sso\"\njitsi.url = \"https://meet.example.org\"\n\
         token.secret = \"{}\"\nprovider.issuer = \"https://id.example.org\"\nprovider.client_id = \"x\"\n\
         provider.client_secret = \"{}\"\nprovider.client_key_file = \"{}\"\nsession.store = \"redis\"\n\
         session.redis_url = \"redis://someone:{}@127.0.0.1:1\"\nsession.cookie_keys = \"{} {}\"\n\
         [[policy.rules]]\nname = \"all\"\nrole = \"moderator\"\nroom_password = \"{}\"\n",
        canary("Token"),
        canary("Client"),
        folder.path().join("1.pem").display(),
        canary("Redis"),
        canary("CookieA"),
        canary("CookieB"),
        canary("Room"),
    )
}

fn sources(text: &str, variable: Option<(&str, &str)>) -> Sources {
    let variable = variable.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Sources {
        file: Some(("/etc/bridge.toml".to_owned(), text.to_owned())),
        environment: variable.into_iter().collect(),
    }
}

#[tokio::test]
async fn debug_shows_no_secret_of_a_configuration() {
    let folder = KeyFolder::new();
    let variable = canary("Environment");
    let sources = sources(&full(&folder), Some(("BRIDGE_TOKEN__SECRET", &variable)));
    let mut inputs = Inputs::default();
    let loaded = load_noting(&sources, &mut inputs).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(inputs.files.len(), 2, "the file and the key");
    let redis = format!("redis://someone:{}@127.0.0.1:1", canary("Redis"));
    let store = Store::redis(&redis, None).unwrap();
    for shown in [
        format!("{sources:?} {sources:#?}"),
        format!("{loaded:?} {loaded:#?}"),
        format!("{:?} {:#?}", loaded.config, loaded.config),
        format!("{inputs:?} {inputs:#?}"),
        format!("{store:?} {store:#?}"),
    ] {
        assert!(!shown.is_empty());
        shows_nothing("Debug", &shown);
    }
    assert!(format!("{:?}", loaded.config).contains("id.example.org"));
}

/// What is wrong, by the line that stands for the secret's own, and by a variable.
fn bad_ones() -> Vec<(String, Option<(&'static str, String)>)> {
    let bad = canary("Bad");
    let line = |line: String| (line, None);
    let variable = |name: &'static str, value: String| (String::new(), Some((name, value)));
    vec![
        // Of another type.
        line(format!("token.secret = [\"{bad}\"]")),
        line(format!("token.secret = {{ is = \"{bad}\" }}")),
        line(format!("token = \"{bad}\"")),
        line(format!("policy.rules = \"{bad}\"")),
        line(format!("session.cookie_keys = [\"{bad}\", \"{bad}\"]")),
        // No TOML, on the very line.
        line(format!("token.secret = \"{bad}")),
        line(format!("token.secret = '{bad}")),
        line(format!("token.secret = \"{bad}\" {bad}")),
        line(format!("token.secret = \"\\x{bad}\"")),
        line(format!("token.secret = {bad}")),
        line(format!("token.secret: {bad}")),
        line(format!("token.secret = \"\"\"{bad}")),
        line(format!(
            "token.secret = \"{bad}\"\ntoken.secret = \"{bad}\""
        )),
        line(bad.clone()),
        // In the wrong place.
        line(format!("token.secret_file = \"{bad}\"")),
        line(format!("token.secrets = \"{bad}\"")),
        line(format!(
            "token.secret = \"x\"\ntoken.secret_file = \"/{}\"",
            "nowhere"
        )),
        line(format!(
            "provider.client_key_file = \"\"\"-----BEGIN PRIVATE KEY-----\n{bad}\"\"\""
        )),
        line(format!("session.redis_url = \"{bad}\"")),
        line(format!(
            "jitsi.url = \"https://someone:{bad}@meet.example.org\""
        )),
        line(format!(
            "jitsi.url = \"https//someone:{bad}@meet.example.org\""
        )),
        line(format!("jitsi.url = \"https://someone:{bad}@\"")),
        // Not good enough.
        line(format!(
            "provider.client_key = \"-----BEGIN PRIVATE KEY-----\\n{bad}\\n-----END PRIVATE KEY-----\""
        )),
        line(format!(
            "session.store = \"redis\"\nsession.redis_url = \"http://:{bad}@127.0.0.1\""
        )),
        line(format!(
            "session.store = \"redis\"\nsession.redis_url = \"redis://:{bad}@127.0.0.1:port\""
        )),
        line(format!(
            "session.store = \"redis\"\nsession.redis_url = \"redis://:{bad}@[\""
        )),
        line(format!("session.cookie_keys = \"{}\"", &bad[..31])),
        line(format!(
            "token.algorithm = \"RS256\"\ntoken.secret = \"{bad}\""
        )),
        line(format!(
            "[[policy.rules]]\nname = \"a\"\nrole = \"moderator\"\nroom_password = \"{bad}\\u0007\""
        )),
        // By variables.
        variable("BRIDGE_TOKEN", bad.clone()),
        variable("BRIDGE_PROVIDER", format!("{{ client_secret = \"{bad}\"")),
        variable(
            "BRIDGE_PROVIDERS",
            format!("{{ a = {{ client_secret = \"{bad}\" }}"),
        ),
        variable(
            "BRIDGE_POLICY__RULES",
            format!("[{{ room_password = \"{bad}\" "),
        ),
        variable("BRIDGE_TOKEN__SECRET__FILE", bad.clone()),
        variable("BRIDGE_SECRET", bad),
    ]
}

#[test]
fn what_is_wrong_with_a_configuration_is_told_without_its_secrets() {
    let usual = "server.public_url = \"https://a.example.org\"\njitsi.url = \"https://b.example.org\"\n\
                 token.secret = \"s\"\nprovider.issuer = \"https://id.example.org\"\nprovider.client_id = \"x\"\n";
    for (line, variable) in bad_ones() {
        // Dotted keys come before the tables; a key is written once.
        let key = line.split([' ', ':']).next().unwrap();
        let kept = usual.lines().filter(|usual| {
            let usual = usual.split(' ').next().unwrap();
            key.is_empty() || !(usual == key || usual.starts_with(&format!("{key}.")))
        });
        let text = format!("{}\n{line}\n", kept.collect::<Vec<_>>().join("\n"));
        let variable = variable
            .as_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let mut sources = sources(&text, variable);
        let problems = load(&sources).expect_err(&text);
        let what = format!("of {line:?} {variable:?}");
        shows_nothing(&what, &format!("{problems} {problems:?} {problems:#?}"));
        sources.replace_file(std::path::Path::new("x"), "[");
        let error = LoadError::Problems(problems);
        shows_nothing(&what, &format!("{error} {error:?} {error:#?}"));
    }
}

/// Settings of a bridge that can run here, with canaries.
fn running(folder: &KeyFolder) -> String {
    folder.put("client", CLIENT_SECRET);
    format!(
        "token.secret = \"{}\"\nprovider.client_secret_file = \"{}\"\n# no provider.client_secret\n\
         session.cookie_keys = \"{} {}\"\n",
        canary("Token"),
        folder.path().join("client").display(),
        canary("CookieA"),
        canary("CookieB"),
    )
}

fn with_password(policy: &str) -> String {
    let password = format!(
        "role = \"moderator\"\nroom_password = \"{}\"",
        canary("Room")
    );
    policy.replace("role = \"moderator\"", &password)
}

#[tokio::test]
async fn the_log_of_a_bridge_shows_no_secret_whatever_befalls_it() {
    let folder = KeyFolder::new();
    let (further, policy) = (running(&folder), with_password(POLICY));
    let mut scene = Scene::in_folder(folder, &further, &policy).await;
    let room = scene.bridge.at("/room/rocket");
    let mut pages = Vec::new();
    scene.provider.signs_in(tim());
    let landed = Browser::new().go(&room).await;
    assert!(landed.in_meeting());
    assert!(landed.token().is_some());
    for fault in [
        Fault::InvalidClient,
        Fault::HtmlToken,
        Fault::WrongNonce,
        Fault::AlgNone,
        Fault::Down,
    ] {
        scene.provider.misbehaves(fault);
        let page = Browser::new().go(&room).await;
        assert!(page.status >= 400, "{fault:?}");
        pages.push(page.body);
    }
    scene.provider.behaves();
    scene.provider.signs_in(sara());
    pages.push(
        Browser::new()
            .go(&scene.bridge.at("/room/board"))
            .await
            .body,
    );
    pages.push(
        Browser::new()
            .go(&scene.bridge.at("/callback?state=x&code=y"))
            .await
            .body,
    );

    scene
        .changes(&format!("{further}token.lifetime = \"1h\"\n"), &policy)
        .await;
    scene.write(
        &format!("{further}token.lifetime = \"{}\n", canary("Bad")),
        &policy,
    );
    scene.is_refused().await;
    scene.folder.put("client", "");
    scene.write(&further, &policy);
    scene.is_refused().await;
    let log = scene.log.text();
    for told in [
        "admitted",
        "the sign-in failed",
        "configuration reloaded",
        "not valid TOML",
        "a secret must have a value",
    ] {
        assert!(log.contains(told), "{told:?} is not in the log: {log}");
    }
    shows_nothing("the log", &log);
    shows_nothing("a page", &pages.concat());
}

thread_local! {
    /// Whether a panic of this thread is part of the test.
    static PANICS: AtomicBool = const { AtomicBool::new(false) };
}

#[tokio::test]
async fn a_panic_is_told_by_its_place_and_neither_log_nor_page_say_what_it_says() {
    // Panics of this thread alone are told as `serve` has them told; those of other tests as always.
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if PANICS.with(|panics| panics.load(Ordering::Relaxed)) {
            panics::tell_to_log(info);
        } else {
            others(info);
        }
    }));
    let log = Log::of("warn,jitsi_oidc_bridge=trace,audit=info");
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let loaded = load(&sources(&settings(&provider, &url, "", POLICY), None)).unwrap();
    // Stands for a library: it is in the middle of the handler, and falls over with a secret in its words.
    let falls_over = Audit::heard_by(Arc::new(|_: &Decided| {
        assert!(
            PANICS.with(|panics| !panics.load(Ordering::Relaxed)),
            "{}",
            canary("Bad")
        );
    }));
    let app = web::build(loaded.config, provider.clock.clone(), falls_over).unwrap();
    tokio::spawn(web::serve(listener, app, std::future::pending()));

    let mut browser = Browser::new();
    PANICS.with(|panics| panics.store(true, Ordering::Relaxed));
    let page = browser.go(&format!("{url}/room/a")).await;
    PANICS.with(|panics| panics.store(false, Ordering::Relaxed));
    assert_eq!(page.status, 500, "{page:?}");
    let id = page.header("x-request-id");
    assert!(page.body.contains(id), "{}", page.body);
    let text = log.text();
    assert!(text.contains("panicked at tests/it/secrecy.rs:"), "{text}");
    assert!(
        text.contains("defect: panicked") && text.contains(id),
        "{text}"
    );
    shows_nothing("the log", &text);
    shows_nothing("the page", &page.body);
    assert!(
        browser.go(&format!("{url}/room/a")).await.in_meeting(),
        "it goes on"
    );
}

#[test]
fn what_is_wrong_with_a_keyring_is_told_without_the_keys() {
    let pem = PEM[0].as_str();
    for keyring in [
        format!("[[keys]]\nkid = \"a\"\nfile = \"\"\"{pem}\"\"\"\n"),
        format!("[[keys]]\nkid = \"a\"\nfile = '''{pem}"),
        format!("[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\nkey = \"\"\"{pem}\"\"\"\n"),
        format!("[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\nnot_before = \"\"\"{pem}\"\"\"\n"),
        format!("[[keys]]\nkid = \"a\"\nfile = [\"\"\"{pem}\"\"\"]\n"),
        format!("keys = \"\"\"{pem}\"\"\"\n"),
        pem.to_owned(),
    ] {
        let folder = KeyFolder::with(&keyring);
        let text = format!(
            "{}{}",
            folder.settings("RS256"),
            "policy.default = \"participant\"\n"
        );
        let problems = load(&sources(&text, None)).expect_err(&text);
        assert!(problems.to_string().contains("keys.toml"), "{problems}");
        shows_nothing(&keyring, &format!("{problems} {problems:?}"));
    }
}
