//! Every string that a provider controls, with everything in it that means something to somebody: HTML, headers, marks that
//! turn the direction of writing, JSON, and far too much of it. It stays a string.

mod addresses;

use serde_json::{Value, json};

use super::endpoints::{Endpoint, refused};
use super::support;
use super::support::bridge::payload;
use super::support::fault::answer::Bad;
use super::support::logout::with;
use super::support::{Bridge, Browser, Landed, sara, usual};
use super::{ROOM, is_a_plain_line, is_clean, is_refused, login, succeeds};

/// What each string is tried with.
fn nasty() -> Vec<String> {
    let mut all: Vec<String> = [
        "<script>alert(1)</script>",
        "\" onmouseover=\"alert(1)\" x=\"",
        "'><img src=x onerror=alert(1)>",
        "</title><svg/onload=alert(1)>",
        "javascript:alert(1)//https://x",
        "Sara\r\nX-Injected: yes\r\nSet-Cookie: jitsi-session=x\r\n\r\n<script>",
        "\u{202E}nimda\u{2066}\u{200F}",
        "ad\u{200B}m\u{FEFF}in\u{AD}",
        "Sara\u{0}Stein\u{1b}[31m\u{7f}\u{9b}",
        "\u{FFFE}\u{FDD0}\u{10FFFF}",
        "{{7*7}}${7*7}<%= 7 %>{% raw %}",
        "\"},\"moderator\":true,\"x\":{\"",
        "x\"#jwt=%22y%22&config.x=1",
        "%0d%0aX-Injected:%20yes",
        "../../../etc/passwd",
        "*",
        "",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push("x".repeat(20_000));
    all.push("\u{202E}".repeat(5_000));
    all.push("<script>".repeat(2_500));
    all
}

/// Somebody of staff, with this claim as it is; without the ones that would be shown instead of it.
fn somebody(claim: &str, value: Value) -> Value {
    let plain = match claim {
        "given_name" | "family_name" => json!({ "name": null }),
        "preferred_username" => json!({ "name": null, "given_name": null }),
        "email" => json!({ "name": null, "preferred_username": null }),
        _ => json!({}),
    };
    with(with(sara(), plain), json!({ claim: value }))
}

/// Makes a test for each of these claims.
macro_rules! claims {
    ($($name:ident)*) => { $(#[tokio::test] async fn $name() { is_a_string(stringify!($name)).await; })* };
}

mod claim {
    use super::is_a_string;
    claims! {
        name given_name family_name nickname preferred_username email picture locale sid acr sub groups
    }
}

/// Why somebody with this claim is not let in; nothing for most.
fn refusal(claim: &str, text: &str) -> Option<&'static str> {
    match claim {
        "sub" if text.is_empty() || text.len() > 255 => {
            Some("the subject (sub) is missing, empty, or longer than 255 bytes")
        }
        "groups" if text.len() > 1024 => {
            Some("more than 10000 groups, or one longer than 1024 bytes")
        }
        _ => None,
    }
}

async fn is_a_string(claim: &str) {
    let (bridge, provider, _) = usual().await;
    let mut minted = 0;
    for text in nasty() {
        let value = match claim {
            "groups" => json!(["/staff", text]),
            _ => json!(text),
        };
        provider.signs_in(somebody(claim, value));
        let mut browser = Browser::new();
        let landed = browser.go(&bridge.at(ROOM)).await;
        if let Some(reason) = refusal(claim, &text) {
            is_refused(&bridge, &landed, 502, reason);
        } else {
            is_in_as_a_participant(&bridge, &landed);
            minted += 1;
            // A page that says who is signed in, and why they may not.
            let refused = browser.go(&bridge.at("/room/board")).await;
            is_refused(
                &bridge,
                &refused,
                403,
                "refused by policy (a rule denies: board only)",
            );
            let home = browser.go(&bridge.at("/")).await;
            assert_eq!(home.status, 200);
            is_clean(&home);
        }
        assert_eq!(bridge.tokens_minted(), minted);
        // Right after it, somebody else as ever.
        provider.signs_in(sara());
        assert!(login(&bridge).await.in_meeting(), "{claim}: {text}");
        minted += 1;
    }
}

/// In the room that was asked for, as what the groups give, in an address that holds nothing but the token.
#[track_caller]
fn is_in_as_a_participant(bridge: &Bridge, landed: &Landed) {
    assert!(landed.in_meeting(), "{landed:?}: {}", bridge.last_cause());
    let (address, fragment) = landed.url.split_once('#').unwrap();
    assert_eq!(address, "https://meet.example.org/a");
    let token = fragment
        .strip_prefix("jwt=%22")
        .unwrap()
        .strip_suffix("%22")
        .unwrap();
    assert!(
        token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
        "{token}"
    );
    let claims = payload(token);
    assert_eq!(
        (&claims["moderator"], &claims["room"]),
        (&json!(false), &json!("a"))
    );
    let user = claims["context"]["user"].as_object().unwrap();
    assert_eq!(user["affiliation"], "member");
    for (name, value) in user {
        let text = value.as_str().unwrap_or_default();
        let odd = |c: char| {
            c.is_control() || "\u{202E}\u{2066}\u{200F}\u{200B}\u{FEFF}\u{FFFE}".contains(c)
        };
        assert!(!text.contains(odd) && text.len() <= 512, "{name}: {text:?}");
    }
    if let Some(avatar) = user.get("avatar") {
        assert!(avatar.as_str().unwrap().starts_with("https://"), "{avatar}");
    }
}

/// What stands in the authorization response.
#[tokio::test]
async fn words_of_an_authorization_response_stay_words() {
    let (bridge, _provider, _) = usual().await;
    let encoded =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    // An address has its bounds; everything in it is then at most so long.
    let texts = nasty()
        .into_iter()
        .map(|text| text.chars().take(2000).collect::<String>());
    for text in texts.map(|text| encoded(&text)) {
        for (answer, status, reason) in [
            (format!("error={text}"), 502, "the provider answered "),
            (
                format!("error=access_denied&error_description={text}"),
                403,
                "the provider answered access_denied: ",
            ),
            (
                format!("error=login_required&error_description={text}"),
                403,
                "the provider answered login_required: ",
            ),
            (
                format!("error=server_error&error_uri={text}&error_description={text}"),
                502,
                "the provider answered server_error: ",
            ),
            (
                format!("error=access_denied&iss={text}"),
                502,
                "the answer names the issuer Some(\"",
            ),
            (
                format!("code=the-code&iss={text}"),
                502,
                "the answer names the issuer Some(\"",
            ),
        ] {
            let mut browser = Browser::new();
            let door = browser.begin(&bridge.at(ROOM)).await;
            let state = url::Url::parse(&door).unwrap();
            let state = state
                .query_pairs()
                .find(|(name, _)| name == "state")
                .unwrap()
                .1
                .into_owned();
            let landed = browser
                .go(&bridge.at(&format!("/callback?state={state}&{answer}")))
                .await;
            is_refused(&bridge, &landed, status, reason);
            is_a_plain_line(&bridge.last_cause());
        }
    }
    succeeds(&bridge).await;
}

/// What endpoints say of their refusals.
#[tokio::test]
async fn words_of_an_endpoints_refusal_stay_words() {
    for text in [
        nasty()[0].clone(),
        nasty()[5].clone(),
        nasty()[6].clone(),
        nasty()[8].clone(),
        "x\u{202e}".repeat(20_000),
    ] {
        let oauth =
            json!({ "error": text, "error_description": text, "error_uri": text }).to_string();
        let graph = json!({ "error": { "code": text, "message": text } }).to_string();
        let says = |body: &str| Bad::Says(400, "application/json", body.to_owned());
        for (endpoint, body, reason) in [
            (Endpoint::Token, &oauth, "the token endpoint answered 400: "),
            (
                Endpoint::Pushed,
                &oauth,
                "the endpoint for pushed authorization requests answered 400: ",
            ),
            (Endpoint::Groups, &graph, "groups_endpoint: answered 400: "),
            (
                Endpoint::Userinfo,
                &oauth,
                "userinfo: the endpoint answered 400",
            ),
            (
                Endpoint::Discovery,
                &oauth,
                "/.well-known/openid-configuration answered 400",
            ),
        ] {
            let status = if endpoint == Endpoint::Discovery {
                503
            } else {
                502
            };
            refused(endpoint, says(body), status, reason).await;
        }
    }
}
