//! What the token service refuses, and for how long what it gave is good.

use super::*;

#[tokio::test]
async fn a_code_is_spent_by_whoever_comes_with_it() {
    let (bridge, _provider, mut browser) = usual().await;
    let code = code(&bridge, &mut browser).await;
    let mut wrong = redemption(&code);
    wrong[4].1 = "another-verifier-of-at-least-forty-three-characters-0123456789";
    let answer = token_request(&bridge, Some(JITSI), &wrong).await;
    is_refused(&answer, 400, "invalid_grant");
    assert!(
        answer.body["error_description"]
            .as_str()
            .unwrap()
            .contains("code_verifier")
    );
    is_refused(&redeem(&bridge, &code).await, 400, "invalid_grant");
    assert_eq!(bridge.tokens_minted(), 0);
}

#[tokio::test]
async fn a_code_lives_for_a_minute() {
    let (bridge, _provider, mut browser) = usual().await;
    let (one, other) = (
        code(&bridge, &mut browser).await,
        code(&bridge, &mut browser).await,
    );
    bridge.clock.advance(Duration::seconds(59));
    assert_eq!(redeem(&bridge, &one).await.status, 200);
    bridge.clock.advance(Duration::seconds(1));
    is_refused(&redeem(&bridge, &other).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_token_request_has_to_be_jitsis_own() {
    let (bridge, _provider, mut browser) = usual().await;
    let code = code(&bridge, &mut browser).await;
    for (name, value, status, error) in [
        ("client_id", "another", 401, "invalid_client"),
        (
            "redirect_uri",
            "https://meet.example.org/static/sso.html?",
            400,
            "invalid_grant",
        ),
        ("grant_type", "password", 400, "unsupported_grant_type"),
        ("code", "", 400, "invalid_request"),
        ("code_verifier", "", 400, "invalid_request"),
    ] {
        let mut fields = redemption(&code);
        fields
            .iter_mut()
            .filter(|(key, _)| *key == name)
            .for_each(|field| field.1 = value);
        is_refused(
            &token_request(&bridge, Some(JITSI), &fields).await,
            status,
            error,
        );
    }
    let twice = [redemption(&code), vec![("code", "another")]].concat();
    is_refused(
        &token_request(&bridge, Some(JITSI), &twice).await,
        400,
        "invalid_request",
    );
    // None of these has spent it.
    assert_eq!(redeem(&bridge, &code).await.status, 200);
}

#[tokio::test]
async fn only_jitsis_pages_may_read_an_answer() {
    let (bridge, _provider, mut browser) = usual().await;
    let code = code(&bridge, &mut browser).await;
    let foreign = token_request(&bridge, Some("https://evil.example"), &redemption(&code)).await;
    is_refused(&foreign, 403, "invalid_request");
    assert!(foreign.headers.get("access-control-allow-origin").is_none());
    let answer = redeem(&bridge, &code).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["access-control-allow-origin"], JITSI);
    assert_eq!(answer.headers["vary"], "Origin");
    // The preflight.
    let ask = |origin: &'static str| {
        let client = reqwest::Client::builder().build().unwrap();
        client
            .request(reqwest::Method::OPTIONS, bridge.at("/token"))
            .header("origin", origin)
            .send()
    };
    let ours = ask(JITSI).await.unwrap();
    assert_eq!(
        (
            ours.status().as_u16(),
            &ours.headers()["access-control-allow-origin"]
        ),
        (204, &JITSI.parse().unwrap())
    );
    let foreign = ask("https://evil.example").await.unwrap();
    assert_eq!(foreign.status().as_u16(), 403);
    assert!(
        foreign
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );
}

#[tokio::test]
async fn a_popup_of_another_client_or_page_gets_a_page_and_no_redirect() {
    let (bridge, provider, _) = usual().await;
    let good = popup(&bridge, &standup());
    for (from, to) in [
        ("client_id=jitsi-meet", "client_id=another"),
        ("client_id=jitsi-meet&", ""),
        ("sso%2Ehtml", "sso%2Ehtml%2F"),
        ("meet%2Eexample%2Eorg", "evil%2Eexample"),
        ("code_challenge_method=S256", "code_challenge_method=plain"),
        (challenge().as_str(), "short"),
        (NONCE, "<b>"),
    ] {
        let wrong = good.replace(from, to);
        assert_ne!(wrong, good, "{from}");
        let landed = Browser::new().hop(&wrong).await;
        assert_eq!(landed.status, 400, "{wrong}: {landed:?}");
        assert!(landed.headers.get("location").is_none());
    }
    assert_eq!(provider.count("GET /authorize"), 0);
}

#[tokio::test]
async fn no_refresh_token_is_given_where_configuration_says_so() {
    for setting in ["inline.refresh = false", "session.enabled = false"] {
        let (bridge, _provider, mut browser) = started(setting).await;
        let answer = redeem(&bridge, &code(&bridge, &mut browser).await).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.body.get("refresh_token").is_none(), "{setting}");
    }
}
