//! What the provider is asked can be pushed to it beforehand (RFC 9126), and its answer can come as a form.

use url::Url;

use super::support::browser::raw;
use super::support::{Bridge, Browser, Fault, Provider, sara, token_in};

async fn started(further: &str) -> (Bridge, Provider, Browser) {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.takes_pushed_requests();
    let bridge = Bridge::start(&provider, further).await;
    (bridge, provider, Browser::new())
}

#[tokio::test]
async fn a_request_is_pushed_where_the_provider_takes_it() {
    let (bridge, provider, mut browser) = started("").await;
    let landed = browser.go(&bridge.at("/room/a")).await;
    assert_eq!(token_in(&landed)["room"], "a");
    // What the browser carried says nothing.
    let mut names: Vec<String> = provider
        .last_authorization()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    names.sort();
    assert_eq!(names, ["client_id", "request_uri"]);
    let pushed = provider.last_pushed();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "bridge"),
        ("code_challenge_method", "S256"),
        ("redirect_uri", &bridge.at("/callback")),
    ] {
        assert_eq!(pushed[name], value, "{name}");
    }
    assert!(pushed.contains_key("state") && pushed.contains_key("nonce"));
}

#[tokio::test]
async fn a_request_goes_with_the_browser_where_that_is_wanted() {
    let (bridge, provider, mut browser) =
        started("provider.pushed_authorization = \"never\"").await;
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    assert_eq!(provider.count("POST /par"), 0);
}

#[tokio::test]
async fn a_request_that_must_be_pushed_goes_no_other_way() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "provider.pushed_authorization = \"always\"").await;
    let landed = Browser::new().go(&bridge.at("/room/a")).await;
    assert_eq!(landed.status, 502, "{}", landed.body);
    assert!(
        bridge
            .last_cause()
            .contains("names no pushed_authorization_request_endpoint")
    );
    assert_eq!(provider.count("GET /authorize"), 0);
}

#[tokio::test]
async fn a_provider_that_takes_no_other_requests_gets_them_pushed() {
    let (bridge, provider, mut browser) =
        started("provider.pushed_authorization = \"never\"").await;
    provider.says("require_pushed_authorization_requests", true.into());
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    assert_eq!(provider.count("POST /par"), 1);
}

#[tokio::test]
async fn a_refused_request_ends_in_a_page_and_the_next_one_succeeds() {
    let (bridge, provider, mut browser) = started("").await;
    provider.misbehaves(Fault::InvalidClient);
    let landed = browser.go(&bridge.at("/room/a")).await;
    assert_eq!(landed.status, 502);
    assert!(
        bridge
            .last_cause()
            .contains("endpoint for pushed authorization requests answered 401: invalid_client"),
        "{}",
        bridge.last_cause()
    );
    assert_eq!(browser.logins_under_way(), 0);
    provider.behaves();
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
}

#[tokio::test]
async fn an_answer_can_come_as_a_form() {
    let (bridge, provider, mut browser) = started("provider.response_mode = \"form_post\"").await;
    let door = browser.begin(&bridge.at("/room/a")).await;
    assert_eq!(provider.last_pushed()["response_mode"], "form_post");
    let back = Url::parse(&browser.hop(&door).await.location()).unwrap();
    let fields: Vec<(String, String)> = back.query_pairs().into_owned().collect();
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();

    // In another browser it is worth nothing.
    let foreign = Browser::new().post(&bridge.at("/callback"), &fields).await;
    assert_eq!((foreign.status, bridge.tokens_minted()), (400, 0));
    let landed = browser.post(&bridge.at("/callback"), &fields).await;
    assert_eq!(landed.status, 303);
    assert!(landed.location().contains("#jwt="), "{landed:?}");
    // Once.
    let again = browser.post(&bridge.at("/callback"), &fields).await;
    assert_eq!((again.status, bridge.tokens_minted()), (400, 1));
}

/// A form comes from the provider's page: with it, browsers send only cookies that are for foreign sites as well.
#[tokio::test]
async fn a_login_that_a_form_answers_has_a_cookie_that_comes_along() {
    for (mode, same_site) in [("form_post", "SameSite=None"), ("query", "SameSite=Lax")] {
        let further = format!(
            "server.public_url = \"https://bridge.example.org\"\nprovider.response_mode = {mode:?}"
        );
        let (bridge, _provider, _) = started(&further).await;
        let answer = raw(&bridge.origin(), "GET", "/room/a", &[]).await;
        assert_eq!(answer.status, 303);
        let [cookie] = answer.set_cookies.as_slice() else {
            panic!("{answer:?}");
        };
        assert!(
            cookie.contains("jitsi-login-") && cookie.contains(same_site),
            "{cookie}"
        );
        assert!(
            cookie.contains("Secure") && cookie.contains("HttpOnly"),
            "{cookie}"
        );
    }
}
