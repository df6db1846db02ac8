//! What outlives a change of the configuration: whatever people have begun, and whatever has been ended.

use serde_json::json;

use super::inline;
use super::invitations::link_to;
use super::support::bridge::POLICY;
use super::support::keyring::KeyFolder;
use super::support::logout::{send, with};
use super::support::scene::Scene;
use super::support::{Browser, Landed, Provider, sara, tim, token_in};

const TOKEN: &str = "POST /token";
const NOBODY: &str =
    "[[policy.rules]]\nname = \"nobody\"\nrole = \"participant\"\ngroups = [\"/nobody\"]\n";
const OLD: &str = "old-old-old-old-old-old-old-old-old-";
const NEW: &str = "new-new-new-new-new-new-new-new-new-";

fn keys(keys: &[&str]) -> String {
    format!("session.cookie_keys = {:?}", keys.join(" "))
}

/// Begins a login, changes the settings, and comes back from the provider.
async fn over_a_change(before: &str, after: &str) -> Landed {
    let mut scene = Scene::with(before).await;
    let mut browser = Browser::new();
    let to_provider = browser.begin(&scene.bridge.at("/room/standup")).await;
    scene
        .changes(&format!("{after}\ntoken.lifetime = \"1h\""), POLICY)
        .await;
    let landed = browser.go(&to_provider).await;
    assert_eq!(scene.provider.count("GET /authorize"), 1, "{landed:?}");
    landed
}

#[tokio::test]
async fn a_login_begun_before_a_change_ends_in_its_meeting() {
    for (before, after) in [
        (String::new(), String::new()),
        (keys(&[OLD]), keys(&[OLD])),
        (keys(&[OLD]), keys(&[NEW, OLD])),
        // The key that was drawn has sealed logins that are still under way.
        (String::new(), keys(&[NEW])),
    ] {
        let landed = over_a_change(&before, &after).await;
        assert_eq!(token_in(&landed)["room"], "standup", "{before} {after}");
    }
}

#[tokio::test]
async fn a_key_that_was_taken_away_opens_nothing_any_more() {
    for after in [keys(&[NEW]), String::new()] {
        let landed = over_a_change(&keys(&[OLD]), &after).await;
        assert_eq!(landed.status, 400, "{landed:?}");
        assert!(!landed.holds_a_token());
    }
}

#[tokio::test]
async fn a_login_that_is_running_ends_by_the_rules_that_it_began_with() {
    let mut scene = Scene::with("").await;
    scene.provider.holds(TOKEN);
    let room = scene.bridge.at("/room/standup");
    let mut browser = Browser::new();
    let login = tokio::spawn(async move { (browser.go(&room).await, browser) });
    scene.provider.is_asked(TOKEN, 1).await;
    scene.changes("", NOBODY).await;
    scene.provider.releases();
    let (landed, mut browser) = login.await.unwrap();
    assert_eq!(token_in(&landed)["room"], "standup");
    let next = browser.go(&scene.bridge.at("/room/standup")).await;
    assert_eq!(next.status, 403);
}

#[tokio::test]
async fn who_was_signed_out_stays_so_and_a_logout_token_counts_once() {
    let mut scene = Scene::with("").await;
    scene
        .provider
        .signs_in(with(sara(), json!({ "sid": "s1" })));
    let mut browser = Browser::new();
    browser.go(&scene.bridge.at("/room/a")).await;
    let cookies = browser.cookies.clone();
    let claims = scene.provider.logout_claims(json!({ "sid": "s1" }));
    let token = scene.provider.token_of(&claims);
    assert_eq!(send(&scene.bridge, &token).await.status, 200);

    scene.changes("session.idle_timeout = \"3h\"", POLICY).await;
    browser.cookies = cookies;
    let answer = browser.hop(&scene.bridge.at("/room/a")).await;
    assert!(answer.location().starts_with(&scene.provider.issuer));
    assert_eq!(send(&scene.bridge, &token).await.status, 400);
}

#[tokio::test]
async fn codes_and_refresh_tokens_of_calls_work_as_before() {
    let mut scene = Scene::with("").await;
    let mut browser = Browser::new();
    let code = inline::code(&scene.bridge, &mut browser).await;
    scene.changes("token.lifetime = \"2h\"", POLICY).await;
    let first = inline::redeem(&scene.bridge, &code).await;
    assert_eq!(first.body["expires_in"], 7200);
    scene.changes("token.lifetime = \"1h\"", POLICY).await;
    let refresh_token = first.body["refresh_token"].as_str().unwrap();
    let second = inline::refresh(&scene.bridge, refresh_token).await;
    assert_eq!(second.body["expires_in"], 3600);
    let spent = inline::refresh(&scene.bridge, refresh_token).await;
    assert_eq!(spent.body["error"], "invalid_grant");
}

#[tokio::test]
async fn invitations_count_and_stay_withdrawn() {
    let policy = POLICY.replace(
        "role = \"moderator\"",
        "role = \"moderator\"\nmay_invite = true",
    );
    let mut scene = Scene::in_folder(KeyFolder::new(), "", &policy).await;
    scene.provider.signs_in(tim());
    let mut browser = Browser::new();
    browser.go(&scene.bridge.at("/sign-in")).await;
    let link = link_to(&scene.bridge, &mut browser, "rocket").await;

    scene
        .changes("invitations.guest_mark = \"visitor\"", &policy)
        .await;
    let guest = Browser::new().post(&link, &[("name", "Gil")]).await;
    assert_eq!(guest.status, 200, "{}", guest.body);
    let url = guest.link("Open the meeting");
    let token = token_in(&Landed { url, ..guest });
    assert_eq!(token["context"]["user"]["name"], "Gil (visitor)");
    // Switched off and on again, it is still written down.
    scene.changes("", POLICY).await;
    assert_eq!(Browser::new().hop(&link).await.status, 404);
    scene.changes("", &policy).await;
    assert_eq!(Browser::new().hop(&link).await.status, 200);
    let home = browser.go(&scene.bridge.at("/")).await;
    let (form, id) = (home.hidden("form"), home.hidden("invitation"));
    let fields = [("form", form.as_str()), ("invitation", id.as_str())];
    browser
        .post(&scene.bridge.at("/invitations/withdraw"), &fields)
        .await;
    scene
        .changes("invitations.lifetime = \"2h\"", &policy)
        .await;
    assert_eq!(Browser::new().hop(&link).await.status, 404);
}

#[tokio::test]
async fn who_comes_back_from_a_provider_that_was_taken_away_may_begin_anew_at_another() {
    let mut scene = Scene::with("").await;
    let other = Provider::beside(&scene.provider).await;
    other.signs_in(sara());
    let without = ["issuer", "client_id", "client_secret"];
    let without = without.map(|key| format!("# no provider.{key}\n")).concat();
    let named = |name: &str, provider: &Provider| {
        format!(
            "[providers.{name}]\nissuer = {:?}\nclient_id = \"bridge\"\nclient_secret = \"client: secret/with+signs\"\n",
            provider.issuer
        )
    };
    let (staff, partners) = (named("staff", &scene.provider), named("partners", &other));
    let both = format!("{without}{staff}{partners}");
    scene.changes(&both, POLICY).await;
    let mut browser = Browser::new();
    let to_partners = browser
        .begin(&scene.bridge.at("/room/a?idp=partners"))
        .await;
    assert!(to_partners.starts_with(&other.issuer));
    scene.changes(&format!("{without}{staff}"), POLICY).await;
    let page = browser.go(&to_partners).await;
    assert_eq!(page.status, 400, "{page:?}");
    assert!(!page.holds_a_token());
    assert_eq!(other.count(TOKEN), 0, "its code is not redeemed");
    let landed = browser.go(&scene.bridge.at("/room/a")).await;
    assert_eq!(token_in(&landed)["room"], "a");
    assert_eq!(scene.provider.count(TOKEN), 1);
}

#[tokio::test]
async fn who_signed_in_at_a_provider_that_was_taken_away_signs_in_again() {
    let mut scene = Scene::with("").await;
    let mut browser = Browser::new();
    browser.go(&scene.bridge.at("/room/a")).await;
    let other = Provider::beside(&scene.provider).await;
    other.signs_in(sara());
    let issuer = format!("provider.issuer = {:?}", other.issuer);
    scene.changes(&issuer, POLICY).await;
    let to = browser.begin(&scene.bridge.at("/room/a")).await;
    assert!(to.starts_with(&other.issuer), "{to}");
}
