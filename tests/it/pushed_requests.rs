//! What the provider is asked can be pushed to it beforehand (RFC 9126), and its answer can come as a form.

use url::Url;

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
    // Nobody has signed in yet: no answer could have been false.
    assert!(
        landed
            .body
            .contains("The sign-in service reported an error"),
        "{}",
        landed.body
    );
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

    // Browsers send no cookies along with a form of another site; they do with the step that follows.
    let mut none = Browser::new();
    let step = none.post(&bridge.at("/callback"), &fields).await;
    assert_eq!((step.status, bridge.tokens_minted()), (303, 0));
    let step = step.location();
    assert!(step.starts_with(&bridge.at("/callback?posted=")), "{step}");
    assert!(!step.contains("the-code"), "{step}");
    // In another browser it is worth nothing.
    let foreign = none.go(&step).await;
    assert_eq!((foreign.status, bridge.tokens_minted()), (400, 0));
    let landed = browser.go(&step).await;
    assert_eq!(token_in(&landed)["room"], "a");
    // Once.
    let again = browser.go(&step).await;
    assert_eq!((again.status, bridge.tokens_minted()), (400, 1));
    // Not sealed by us, and nothing that would fit into an address.
    assert_eq!(
        browser.go(&bridge.at("/callback?posted=e30")).await.status,
        400
    );
    let endless = "x".repeat(6000);
    let refused = browser
        .post(&bridge.at("/callback"), &[("code", &endless)])
        .await;
    assert_eq!((refused.status, bridge.tokens_minted()), (400, 1));
}

#[tokio::test]
async fn a_form_that_lay_about_for_a_minute_counts_no_more() {
    let (bridge, _provider, mut browser) = started("provider.response_mode = \"form_post\"").await;
    let door = browser.begin(&bridge.at("/room/a")).await;
    let back = Url::parse(&browser.hop(&door).await.location()).unwrap();
    let fields: Vec<(String, String)> = back.query_pairs().into_owned().collect();
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let step = browser
        .post(&bridge.at("/callback"), &fields)
        .await
        .location();
    bridge.clock.advance(time::Duration::seconds(61));
    assert_eq!(browser.go(&step).await.status, 400);
    assert_eq!(bridge.tokens_minted(), 0);
}
