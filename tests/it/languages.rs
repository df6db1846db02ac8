//! Pages speak the reader's language: the best of those that the browser accepts, else the one that is configured.

use super::support::{Bridge, Browser, Provider};

/// The language of a page for a browser that accepts these, and whether its text is in it.
async fn language_for(bridge: &Bridge, accepted: &'static str) -> String {
    let page = Browser::speaking(accepted)
        .hop(&bridge.at("/nowhere"))
        .await;
    let (_, after) = page.body.split_once("<html lang=\"").unwrap();
    let lang = after.split('"').next().unwrap();
    let title = match lang {
        "en" => "Nothing is here",
        "de" => "Hier ist nichts",
        "fr" => "Il n’y a rien ici",
        "es" => "Aquí no hay nada",
        "it" => "Qui non c’è nulla",
        other => panic!("no page is in {other}"),
    };
    assert!(
        page.body.contains(&format!("<h1>{title}</h1>")),
        "{}",
        page.body
    );
    lang.to_owned()
}

#[tokio::test]
async fn the_best_language_that_a_browser_accepts_is_spoken() {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, "").await;
    for (accepted, spoken) in [
        ("fr", "fr"),
        ("fr-CA,en;q=0.5", "fr"),
        ("en;q=0.5,ES-mx", "es"),
        ("nl,pl;q=0.9,it;q=0.1,en;q=0.05", "it"),
        ("it;q=0,de;q=0.1", "de"),
        ("de-DE-1996", "de"),
        ("*", "en"),
        ("nl", "en"),
        ("frr", "en"),
        ("", "en"),
        ("<script>", "en"),
    ] {
        assert_eq!(language_for(&bridge, accepted).await, spoken, "{accepted}");
    }
}

#[tokio::test]
async fn whoever_reads_none_of_the_languages_gets_the_configured_one() {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, "pages.default_language = \"it\"").await;
    for (accepted, spoken) in [
        ("nl", "it"),
        ("", "it"),
        ("*", "it"),
        ("en", "en"),
        ("fr", "fr"),
    ] {
        assert_eq!(language_for(&bridge, accepted).await, spoken, "{accepted}");
    }
}
