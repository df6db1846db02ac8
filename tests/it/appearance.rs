//! An operator's own name, logo, accent, help and words: on the pages, from our own origin alone, and never a way around
//! what browsers are told to refuse.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jitsi_oidc_bridge::config::{Sources, load};

use super::support::bridge::POLICY;
use super::support::keyring::KeyFolder;
use super::support::scene::Scene;
use super::support::{Bridge, Browser, Landed, Provider, sara};

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect width=\"9\" height=\"9\" style=\"fill:red\"/></svg>";
const OWN: &str = r##"
[pages]
name = "Example & <b>Sons</b>"
accent = "#7a1f6b"
support_url = "mailto:help@example.org?subject=Jitsi%20%22"
support_label = "Help <desk>"
[pages.texts.de]
sign_in = "Los & <i>los</i>"
start_again = "Noch einmal: {room}"
[pages.texts.en]
not_found_text = "Ask {nobody}."
"##;

/// A style as the page's policy knows it.
fn assert_style_is_let_in(page: &Landed) {
    let (_, style) = page.body.split_once("<style>").unwrap();
    let style = style.split("</style>").next().unwrap();
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, style.as_bytes()));
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains(&format!("style-src 'sha256-{hash}';")),
        "{policy}"
    );
    assert_eq!(policy.matches("'sha256-").count(), 1);
    assert!(
        !policy.contains("unsafe") && !policy.contains('*'),
        "{policy}"
    );
}

#[tokio::test]
async fn name_accent_help_and_words_are_on_the_pages_as_text() {
    let provider = Provider::start().await;
    let own = OWN.replace("{nobody}", "nobody");
    let bridge = Bridge::start(&provider, &own).await;
    let page = Browser::speaking("en").go(&bridge.at("/nowhere")).await;
    assert!(
        page.body
            .contains("<span>Example &#38; &#60;b&#62;Sons&#60;/b&#62;</span>"),
        "{}",
        page.body
    );
    assert!(page.body.contains("<title>Nothing is here – Example &#38;"));
    assert!(page.body.contains("<p>Ask nobody.</p>"));
    assert!(page.body.contains(
        "<a href=\"mailto:help@example.org?subject=Jitsi%20%22\">Help &#60;desk&#62;</a>"
    ));
    assert!(
        page.body
            .contains("--accent: #7a1f6b; --on-accent: #ffffff;")
    );
    assert_style_is_let_in(&page);
    let home = Browser::speaking("de").go(&bridge.at("/")).await;
    assert!(
        home.body
            .contains(">Los &#38; &#60;i&#62;los&#60;/i&#62;</a>"),
        "{}",
        home.body
    );
    // Nobody needs help on a page where nothing is wrong.
    assert!(!home.body.contains("mailto:"));
    assert_style_is_let_in(&home);
}

#[tokio::test]
async fn the_link_to_help_speaks_the_readers_language_unless_it_has_a_label() {
    let provider = Provider::start().await;
    let bridge = Bridge::start(
        &provider,
        "pages.support_url = \"https://help.example.org\"",
    )
    .await;
    for (language, label) in [("en", "Ask for help"), ("it", "Chiedi assistenza")] {
        let page = Browser::speaking(language).go(&bridge.at("/nowhere")).await;
        assert_eq!(page.link(label), "https://help.example.org/");
    }
}

#[tokio::test]
async fn a_value_that_looks_like_a_placeholder_stays_one() {
    let provider = Provider::start().await;
    let own = "pages.texts.en.start_again = \"Again: {room}, really {room}\"";
    let bridge = Bridge::start(&provider, own).await;
    let mut browser = Browser::new();
    let door = browser.begin(&bridge.at("/room/%7Broom%7D")).await;
    let (_, state) = door.split_once("&state=").unwrap();
    let state = state.split('&').next().unwrap();
    let page = Browser::new()
        .hop(&bridge.at(&format!("/callback?code=x&state={state}")))
        .await;
    assert!(
        page.body.contains("Again: {room}, really {room}<"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn the_logo_comes_from_here_from_memory_and_does_nothing() {
    let provider = Provider::start().await;
    let folder = KeyFolder::new();
    for (content, media_type) in [
        (SVG.as_bytes(), "image/svg+xml"),
        (b"\x89PNG\r\n\x1a\n picture".as_slice(), "image/png"),
        (b"RIFF1234WEBPVP8 ".as_slice(), "image/webp"),
    ] {
        let file = folder.path().join("logo");
        std::fs::write(&file, content).unwrap();
        let bridge = Bridge::start(&provider, &format!("pages.logo_file = {file:?}")).await;
        std::fs::remove_file(&file).unwrap();
        let mut browser = Browser::new();
        let page = browser.go(&bridge.at("/nowhere")).await;
        let (_, src) = page.body.split_once("<img src=\"").unwrap();
        let src = src.split('"').next().unwrap().to_owned();
        assert!(src.starts_with(&bridge.at("/logo/")), "{src}");
        assert_eq!(page.body.matches("<img").count(), 1);
        // Pages may show this one picture, and nothing else from here or elsewhere.
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains(&format!("img-src data: {src}; ")),
            "{policy}"
        );
        assert_style_is_let_in(&page);
        let logo = browser.client.get(&src).send().await.unwrap();
        let header = |name: &str| logo.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(logo.status(), 200);
        for (name, value) in [
            ("content-type", media_type),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-resource-policy", "same-origin"),
            (
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
            ),
        ] {
            assert_eq!(header(name), value, "{media_type}");
        }
        assert_eq!(logo.bytes().await.unwrap(), content);
        assert_eq!(
            browser.hop(&bridge.at("/logo/0123456789ab")).await.status,
            404
        );
        assert_eq!(
            browser
                .hop(&bridge.at("/logo/..%2F..%2Fetc%2Fpasswd"))
                .await
                .status,
            404
        );
    }
    let plain = Bridge::start(&provider, "").await;
    assert_eq!(Browser::new().hop(&plain.at("/logo/x")).await.status, 404);
}

#[tokio::test]
async fn all_of_it_is_taken_over_while_the_bridge_runs() {
    let folder = KeyFolder::new();
    let logo = folder.path().join("logo.svg");
    std::fs::write(&logo, SVG).unwrap();
    let plain = format!("pages.logo_file = {logo:?}");
    let mut scene = Scene::in_folder(folder, &plain, POLICY).await;
    let mut browser = Browser::new();
    let before = browser.go(&scene.bridge.at("/nowhere")).await;
    assert!(!before.body.contains("Example") && before.body.contains("Nothing is here"));
    assert!(!before.body.contains("/whoami") && !before.body.contains("--accent: #7a1f6b"));

    let own = format!(
        "{}\n[pages.texts.fr]\nnot_found_title = \"Rien\"",
        OWN.replace("{nobody}", "nobody")
    );
    let own = own.replace(
        "[pages]",
        &format!("[pages]\nwhoami = true\nlogo_file = {logo:?}"),
    );
    scene.changes(&own, POLICY).await;
    let page = browser.go(&scene.bridge.at("/nowhere")).await;
    assert!(page.body.contains("Ask nobody.") && page.body.contains("/logo/"));
    assert!(page.body.contains("#7a1f6b") && page.body.contains("/whoami"));
    assert_style_is_let_in(&page);
    let (_, first) = page.body.split_once("/logo/").unwrap();

    // Another picture in the same file has another address, so that no browser shows the old one.
    std::fs::write(&logo, SVG.replace("red", "green")).unwrap();
    scene.is_taken().await;
    let page = browser.go(&scene.bridge.at("/nowhere")).await;
    let (_, second) = page.body.split_once("/logo/").unwrap();
    assert_ne!(first[..12], second[..12]);

    // One that is none is refused, and the old one stays.
    std::fs::write(&logo, "<svg><script>alert(1)</script></svg>").unwrap();
    scene.is_refused().await;
    let page = browser.go(&scene.bridge.at("/nowhere")).await;
    assert!(page.body.contains(&second[..12]));
    assert!(scene.log.text().contains("an SVG with a script in it"));
}

#[tokio::test]
async fn a_signed_in_person_sees_the_same_look_everywhere() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "pages.name = \"Acme\"\npages.whoami = true").await;
    let mut browser = Browser::new();
    browser.go(&bridge.at("/sign-in")).await;
    for path in ["/", "/whoami", "/room/board", "/logout"] {
        let page = browser.go(&bridge.at(path)).await;
        assert!(
            page.body.contains("<span>Acme</span>"),
            "{path}: {}",
            page.body
        );
        assert_style_is_let_in(&page);
    }
}

#[test]
fn words_may_stand_in_variables() {
    let load = |variable: (&str, &str)| {
        let text = include_str!("../../config/bridge.toml");
        let secret = ("BRIDGE_TOKEN__SECRET", "0123456789abcdef0123456789abcdef");
        let client = ("BRIDGE_PROVIDER__CLIENT_SECRET", "x");
        let environment = [secret, client, variable];
        load(&Sources {
            file: Some(("bridge.toml".to_owned(), text.to_owned())),
            environment: environment
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
        })
    };
    for variable in [
        ("BRIDGE_PAGES__TEXTS", "{ de = { sign_in = \"Los\" } }"),
        ("BRIDGE_PAGES__TEXTS__DE__SIGN_IN", "Los"),
    ] {
        let loaded = load(variable).unwrap();
        let texts = loaded.config.pages.wording.best_for(&["de".to_owned()]);
        assert_eq!((texts.sign_in, texts.sign_out), ("Los", "Abmelden"));
    }
    let wrong = load(("BRIDGE_PAGES__TEXTS__DE__SIGN_INN", "Los"));
    let said = wrong.unwrap_err().to_string();
    assert!(said.contains("pages.texts.de.sign_inn (BRIDGE_PAGES__TEXTS__DE__SIGN_INN): unknown text: did you mean \"sign_in\"?"), "{said}");
}
