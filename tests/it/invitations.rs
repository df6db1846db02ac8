//! Guests without an account: who may invite them, what they get, and when an invitation counts no more.
//!
//! The promises of the store are run against the memory and against Redis or Valkey.

use serde_json::json;
use time::Duration;

use super::support::bridge::{JITSI, payload};
use super::support::keyring::KeyFolder;
use super::support::scene::Scene;
use super::support::stores::in_both_stores;
use super::support::{Bridge, Browser, Landed, Provider, sara, tim, usual};

in_both_stores! {
    a_moderator_invites_and_a_guest_takes_part_and_no_more
    an_invitation_ends_with_its_time_and_so_does_the_guests_token
    whoever_made_an_invitation_can_withdraw_it_and_nobody_else
    an_invitation_can_still_be_withdrawn_when_later_ones_end_sooner
}

const POLICY: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "team leads"
groups = ["/teams/{team}/leads"]
rooms = ["{team}", "{team}-*"]
role = "moderator"
may_invite = true
[[policy.rules]]
name = "moderators who may not invite"
groups = ["/teams/rocket/leads"]
rooms = ["closed"]
role = "moderator"
[[policy.rules]]
name = "everybody may record, and runs the gift shop"
role = "moderator"
rooms = ["rocket-gifts"]
features = ["recording"]
any_room = true
lobby_bypass = true
[[policy.rules]]
name = "board only"
rooms = ["rocket-board"]
unless_groups = ["/teams/rocket/leads"]
deny = "This room is for the board."
[[policy.rules]]
name = "second factor"
rooms = ["rocket-vault"]
unless_groups = ["/teams/rocket/leads"]
acr = ["mfa"]
role = "participant"
"#;

/// A bridge, and Tim signed in on its home page.
async fn with_tim(further: &str) -> (Bridge, Provider, Browser) {
    let provider = Provider::start().await;
    provider.signs_in(tim());
    let bridge = Bridge::set_up(&provider, "", further, POLICY).await;
    let mut browser = Browser::new();
    browser.go(&bridge.at("/sign-in")).await;
    (bridge, provider, browser)
}

/// The value of a hidden field.
#[track_caller]
fn hidden(page: &Landed, name: &str) -> String {
    attribute(page, &format!("name=\"{name}\" value=\""))
}

#[track_caller]
fn attribute(page: &Landed, before: &str) -> String {
    let (_, after) = page
        .body
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {}", page.body));
    after.split('"').next().unwrap().to_owned()
}

async fn invite(bridge: &Bridge, browser: &mut Browser, to: &str) -> Landed {
    let home = browser.go(&bridge.at("/")).await;
    let form = hidden(&home, "form");
    browser
        .post(&bridge.at("/invitations"), &[("form", &form), ("to", to)])
        .await
}

pub(super) async fn link_to(bridge: &Bridge, browser: &mut Browser, to: &str) -> String {
    let made = invite(bridge, browser, to).await;
    assert_eq!(made.status, 200, "{}", made.body);
    attribute(&made, "readonly value=\"")
}

/// The payload of the token that a guest got.
async fn enter(link: &str, name: &str) -> serde_json::Value {
    let page = Browser::new().post(link, &[("name", name)]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let url = page.link("Open the meeting");
    assert!(url.starts_with(JITSI), "{url}");
    let meeting = Landed { url, ..page };
    payload(&meeting.token().unwrap())
}

async fn a_moderator_invites_and_a_guest_takes_part_and_no_more(store: &str) {
    let (bridge, provider, mut browser) = with_tim(store).await;
    let made = invite(&bridge, &mut browser, " Rocket-Weekly ").await;
    assert_eq!(made.status, 200);
    assert!(made.body.contains("“rocket-weekly”"), "{}", made.body);
    let link = attribute(&made, "readonly value=\"");

    let mut guest = Browser::new();
    let page = guest.go(&link).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body
            .contains("Tim Lorenz invites you to “rocket-weekly”"),
        "{}",
        page.body
    );
    assert_eq!(
        page.link("I have an account here"),
        bridge.at("/room/rocket-weekly")
    );
    let claims = enter(&link, "  Gus\u{202e} Guest ").await;
    assert_eq!(claims["room"], "rocket-weekly");
    let user = &claims["context"]["user"];
    assert_eq!(user["name"], "Gus Guest (guest)");
    assert_eq!(
        (&user["affiliation"], &user["lobby"]),
        (&json!("member"), &json!(true))
    );
    assert_eq!(user["lobby_bypass"], json!(null));
    let features = &claims["context"]["features"];
    assert_eq!(
        (&features["recording"], &features["send-groupchat"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(features["flip"], json!(false), "the name can be changed");
    let (role, rules) = bridge.last_decision();
    assert_eq!(role, "participant");
    assert!(rules[0].starts_with("invitation "), "{rules:?}");
    // Two guests are two people, whatever they are called; and no guest is signed in.
    let again = enter(&link, "Gus Guest").await;
    assert_ne!(again["context"]["user"]["id"], user["id"]);
    assert_eq!(guest.cookies.len(), 0);
    assert_eq!(provider.count("POST /token"), 1);
}

async fn an_invitation_ends_with_its_time_and_so_does_the_guests_token(store: &str) {
    let (bridge, _provider, mut browser) = with_tim(&format!(
        "{store}\ninvitations.lifetime = \"90min\"\nsession.lifetime = \"10h\""
    ))
    .await;
    let link = link_to(&bridge, &mut browser, "rocket").await;
    let end = bridge.clock.now_unix() + 90 * 60;
    bridge.clock.advance(Duration::minutes(89));
    assert_eq!(enter(&link, "Gus").await["exp"], end);
    let home = browser.go(&bridge.at("/")).await;
    assert!(
        home.body.contains("Invitation to “rocket”"),
        "{}",
        home.body
    );
    bridge.clock.advance(Duration::minutes(1));
    for page in [
        Browser::new().go(&link).await,
        Browser::new().post(&link, &[("name", "Gus")]).await,
    ] {
        assert_eq!(page.status, 404);
        assert!(page.body.contains("This invitation is not valid any more"));
    }
    let home = browser.go(&bridge.at("/")).await;
    assert!(!home.body.contains("Invitation to"), "{}", home.body);
}

async fn whoever_made_an_invitation_can_withdraw_it_and_nobody_else(store: &str) {
    let (bridge, provider, mut tim) = with_tim(store).await;
    let one = link_to(&bridge, &mut tim, "rocket").await;
    // The first to end is shown first.
    bridge.clock.advance(Duration::SECOND);
    let other = link_to(&bridge, &mut tim, "rocket-weekly").await;
    let home = tim.go(&bridge.at("/")).await;
    assert_eq!(home.body.matches("Invitation to").count(), 2);
    let id = hidden(&home, "invitation");

    provider.signs_in(sara());
    let mut sara = Browser::new();
    let saras = sara.go(&bridge.at("/sign-in")).await;
    assert!(!saras.body.contains("Invitation to"));
    let withdraw = bridge.at("/invitations/withdraw");
    let form = hidden(&saras, "form");
    sara.post(&withdraw, &[("form", &form), ("invitation", &id)])
        .await;
    assert_eq!(Browser::new().go(&one).await.status, 200);

    let form = hidden(&home, "form");
    let done = tim
        .post(&withdraw, &[("form", &form), ("invitation", &id)])
        .await;
    assert_eq!(
        (done.status, done.header("location")),
        (303, bridge.at("/").as_str())
    );
    let gone = Browser::new().post(&one, &[("name", "Gus")]).await;
    assert_eq!(gone.status, 404);
    assert!(
        bridge.last_cause().contains("was withdrawn"),
        "{}",
        bridge.last_cause()
    );
    assert_eq!(Browser::new().go(&other).await.status, 200);
    let home = tim.go(&bridge.at("/")).await;
    assert_eq!(home.body.matches("Invitation to").count(), 1);
}

#[tokio::test]
async fn nobody_invites_but_a_moderator_whom_a_rule_lets() {
    let (bridge, provider, mut tim) = with_tim("").await;
    for room in ["closed", "sales", "acme/closed", "rocket/sales"] {
        let refused = invite(&bridge, &mut tim, room).await;
        assert!(matches!(refused.status, 403), "{room}: {}", refused.status);
        assert!(!refused.body.contains("/invite/"), "{}", refused.body);
    }
    for room in ["", "*", "/", "a/b/../c?"] {
        let refused = invite(&bridge, &mut tim, room).await;
        assert!(
            matches!(refused.status, 400 | 403),
            "{room}: {}",
            refused.status
        );
    }
    provider.signs_in(sara());
    let mut sara = Browser::new();
    sara.go(&bridge.at("/sign-in")).await;
    let refused = invite(&bridge, &mut sara, "rocket").await;
    assert_eq!(refused.status, 403);
    assert!(
        refused
            .body
            .contains("You cannot invite guests to this room")
    );
    // Nor does one who is in the meeting's room by a guest's way.
    assert_eq!(bridge.tokens_minted(), 0);
}

#[tokio::test]
async fn nobody_has_more_invitations_than_can_be_withdrawn() {
    let (bridge, _provider, mut tim) = with_tim("").await;
    for n in 0..50 {
        assert_eq!(
            invite(&bridge, &mut tim, &format!("rocket-{n}"))
                .await
                .status,
            200
        );
    }
    let refused = invite(&bridge, &mut tim, "rocket").await;
    assert_eq!(refused.status, 409);
    let home = tim.go(&refused.link("To the home page")).await;
    assert_eq!(home.body.matches("Invitation to").count(), 50);
    let (form, id) = (hidden(&home, "form"), hidden(&home, "invitation"));
    tim.post(
        &bridge.at("/invitations/withdraw"),
        &[("form", &form), ("invitation", &id)],
    )
    .await;
    assert_eq!(invite(&bridge, &mut tim, "rocket").await.status, 200);
}

async fn an_invitation_can_still_be_withdrawn_when_later_ones_end_sooner(store: &str) {
    let lasting = |lifetime| format!("{store}\ninvitations.lifetime = \"{lifetime}\"");
    let mut scene = Scene::in_folder(KeyFolder::new(), &lasting("2d"), POLICY).await;
    scene.provider.signs_in(tim());
    let mut tim = Browser::new();
    tim.go(&scene.bridge.at("/sign-in")).await;
    let long = link_to(&scene.bridge, &mut tim, "rocket-long").await;
    scene.changes(&lasting("1s"), POLICY).await;
    let short = link_to(&scene.bridge, &mut tim, "rocket-short").await;
    if !store.is_empty() {
        // Redis goes by a clock of its own, and has forgotten the mark with whatever ends as soon.
        let is_gone = async { while Browser::new().go(&short).await.status != 404 {} };
        let in_time = tokio::time::timeout(std::time::Duration::from_mins(1), is_gone).await;
        in_time.unwrap();
    }
    scene.bridge.clock.advance(Duration::seconds(2));

    enter(&long, "Gus").await;
    let home = tim.go(&scene.bridge.at("/")).await;
    let (form, id) = (hidden(&home, "form"), hidden(&home, "invitation"));
    tim.post(
        &scene.bridge.at("/invitations/withdraw"),
        &[("form", &form), ("invitation", &id)],
    )
    .await;
    assert_eq!(Browser::new().go(&long).await.status, 404);
}

#[tokio::test]
async fn when_nobody_knows_what_was_withdrawn_no_invitation_counts() {
    let key = "session.cookie_keys = \"a-cookie-key-that-both-bridges-share,-long-enough\"";
    let (bridge, provider, mut tim) = with_tim(key).await;
    let link = link_to(&bridge, &mut tim, "rocket").await;
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let redis = format!("redis://{}", gone.local_addr().unwrap());
    drop(gone);
    let further = format!("{key}\nsession.store = \"redis\"\nsession.redis_url = {redis:?}");
    let without_store = Bridge::set_up(&provider, "", &further, POLICY).await;
    let path = link.strip_prefix(&bridge.url).unwrap();
    let page = Browser::new()
        .post(&without_store.at(path), &[("name", "Gus")])
        .await;
    assert_eq!(page.status, 503, "{}", page.body);
    assert_eq!(without_store.tokens_minted(), 0);
    // Nor where the store has forgotten everything.
    let emptied = Bridge::set_up(&provider, "", key, POLICY).await;
    assert_eq!(Browser::new().go(&emptied.at(path)).await.status, 404);
    // With the store, it counts.
    enter(&link, "Gus").await;
}

#[tokio::test]
async fn a_form_counts_in_the_session_that_it_was_made_for_alone() {
    let (bridge, provider, mut tim) = with_tim("").await;
    provider.signs_in(sara());
    let mut sara = Browser::new();
    let foreign = hidden(&sara.go(&bridge.at("/sign-in")).await, "form");
    let make = bridge.at("/invitations");
    for form in [foreign.as_str(), "", "x"] {
        let refused = tim.post(&make, &[("form", form), ("to", "rocket")]).await;
        assert_eq!(refused.status, 400, "{form}");
    }
    // Nor without a session, nor with the field twice.
    let home = tim.go(&bridge.at("/")).await;
    let own = hidden(&home, "form");
    let nobody = Browser::new()
        .post(&make, &[("form", &own), ("to", "rocket")])
        .await;
    let twice = tim
        .post(&make, &[("form", &own), ("form", &own), ("to", "rocket")])
        .await;
    assert_eq!((nobody.status, twice.status), (400, 400));
    let home = tim.go(&bridge.at("/")).await;
    assert!(!home.body.contains("Invitation to"), "{}", home.body);
}

#[tokio::test]
async fn what_rules_refuse_stays_refused_to_guests_and_what_they_give_is_not_for_them() {
    let (bridge, _provider, mut tim) = with_tim("").await;
    for room in ["rocket-board", "rocket-vault"] {
        let link = link_to(&bridge, &mut tim, room).await;
        let page = Browser::new().post(&link, &[("name", "Gus")]).await;
        assert_eq!(page.status, 403, "{room}");
        assert!(!page.body.contains("You are signed in as"), "{}", page.body);
        assert_eq!(
            page.link("I have an account here"),
            bridge.at(&format!("/room/{room}"))
        );
    }
    // Everybody is a moderator there who signs in; a guest is not.
    let link = link_to(&bridge, &mut tim, "rocket-gifts").await;
    let claims = enter(&link, "Gus").await;
    assert_eq!(claims["room"], "rocket-gifts");
    assert_eq!(claims["context"]["user"]["affiliation"], "member");
    assert_eq!(claims["context"]["features"]["recording"], json!(false));
    assert_eq!(claims["context"]["user"]["lobby_bypass"], json!(null));
}

#[tokio::test]
async fn a_link_that_was_changed_or_sealed_elsewhere_opens_nothing() {
    let (bridge, _provider, mut tim) = with_tim("").await;
    let (elsewhere, _elsewheres, mut tim_there) = with_tim("").await;
    let link = link_to(&bridge, &mut tim, "rocket").await;
    let foreign = link_to(&elsewhere, &mut tim_there, "rocket").await;
    let foreign = foreign.rsplit('/').next().unwrap();
    let (shorter, last) = link.split_at(link.len() - 1);
    let home = tim.go(&bridge.at("/")).await;
    let form = hidden(&home, "form");
    let changed = if last == "A" { "Q" } else { "A" };
    for bad in [
        format!("{shorter}{changed}"),
        shorter.to_owned(),
        bridge.at(&format!("/invite/{foreign}")),
        bridge.at(&format!("/invite/{form}")),
        bridge.at("/invite/%00"),
        bridge.at("/invite/%ff"),
    ] {
        let page = Browser::new().post(&bad, &[("name", "Gus")]).await;
        assert!(matches!(page.status, 400 | 404), "{bad}: {}", page.status);
    }
    assert_eq!(bridge.tokens_minted(), 0);
}

#[tokio::test]
async fn a_guest_needs_a_name_and_cannot_take_the_mark_off() {
    let further = "invitations.guest_mark = \"Gast\"\ninvitations.lobby = false";
    let (bridge, _provider, mut tim) = with_tim(further).await;
    let link = link_to(&bridge, &mut tim, "rocket").await;
    for nameless in ["", "  ", "\u{200b}\u{202e}"] {
        let page = Browser::new().post(&link, &[("name", nameless)]).await;
        assert_eq!(page.status, 400);
        assert!(page.body.contains("Please type a name"), "{}", page.body);
        assert_eq!(attribute(&page, "action=\""), link);
    }
    let claims = enter(&link, &"x".repeat(500)).await;
    let user = &claims["context"]["user"];
    assert_eq!(user["name"], format!("{} (Gast)", "x".repeat(43)));
    assert_eq!(user["lobby"], json!(null));
}

#[tokio::test]
async fn an_invitation_is_for_its_tenant() {
    let (bridge, _provider, mut tim) = with_tim("").await;
    let link = link_to(&bridge, &mut tim, "Acme/Rocket").await;
    let claims = enter(&link, "Gus").await;
    assert_eq!(
        (&claims["sub"], &claims["room"]),
        (&json!("acme"), &json!("rocket"))
    );
    // To Prosody this would be the room without a tenant.
    assert_eq!(
        invite(&bridge, &mut tim, "meet.jitsi/rocket").await.status,
        400
    );
}

#[tokio::test]
async fn without_a_rule_that_lets_invite_there_are_no_invitations() {
    let (bridge, _provider, mut browser) = usual().await;
    let home = browser.go(&bridge.at("/sign-in")).await;
    assert!(!home.body.contains("invitations"), "{}", home.body);
    for place in ["/invitations", "/invitations/withdraw", "/invite/x"] {
        assert_eq!(
            browser
                .post(&bridge.at(place), &[("name", "x")])
                .await
                .status,
            404,
            "{place}"
        );
    }
}
