//! Several providers side by side: each person signs in at their own, and passes for nobody of another.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::support::logout::{send, unique, with};
use super::support::{Bridge, Browser, Fault, Landed, Provider, sara, tim, token_in};

const RULES: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "our own people moderate"
providers = ["home"]
role = "moderator"
"#;

/// Two providers that have never heard of each other.
async fn two() -> (Provider, Provider) {
    let home = Provider::start().await;
    let acme = Provider::beside(&home).await;
    home.signs_in(sara());
    acme.signs_in(tim());
    (home, acme)
}

/// A bridge on which Acme's people come for the tenant of that name.
async fn by_tenant(home: &Provider, acme: &Provider) -> Bridge {
    let of_acme = "tenants = [\"acme\", \"acme-*\"]";
    Bridge::between(&[("home", home, ""), ("acme", acme, of_acme)], RULES).await
}

/// A bridge on which both are for every meeting.
async fn side_by_side(home: &Provider, acme: &Provider) -> Bridge {
    let of_home = "label = \"Home & Co\"\nemail_domains = [\"example.org\", \"*.example.org\"]";
    let of_acme = "label = \"Acme\"\nemail_domains = [\"acme.example\"]";
    Bridge::between(&[("home", home, of_home), ("acme", acme, of_acme)], RULES).await
}

fn name(landed: &Landed) -> String {
    let name = &token_in(landed)["context"]["user"]["name"];
    name.as_str().unwrap().to_owned()
}

/// What people see who have to choose, by name.
pub async fn pages(language: &'static str) -> Vec<(&'static str, Landed)> {
    let (home, acme) = two().await;
    let bridge = side_by_side(&home, &acme).await;
    let mut browser = Browser::speaking(language);
    let page = browser.go(&bridge.at("/room/a")).await;
    let sealed = page.hidden("to");
    let mut post = async |address| {
        let fields = [("to", sealed.as_str()), ("email", address)];
        browser.post(&bridge.at("/choose"), &fields).await
    };
    let unknown = post("x@unknown.example").await;
    let found = post("x@acme.example").await;
    vec![
        ("choose a provider", page),
        ("choose a provider, unknown address", unknown),
        ("choose a provider, found", found),
    ]
}

#[tokio::test]
async fn a_tenants_people_sign_in_at_its_own_provider() {
    let (home, acme) = two().await;
    let bridge = by_tenant(&home, &acme).await;
    let mut browser = Browser::new();
    let landed = browser.go(&bridge.at("/room/Acme/standup")).await;
    assert_eq!(name(&landed), "Tim Lorenz");
    assert_eq!(bridge.last_decision().0, "participant");
    assert_eq!(home.count("GET /authorize"), 0);
    let redirect_uri = acme.last_authorization();
    let redirect_uri = redirect_uri.iter().find(|(name, _)| name == "redirect_uri");
    assert_eq!(redirect_uri.unwrap().1, bridge.at("/callback/acme"));

    let landed = Browser::new().go(&bridge.at("/room/standup")).await;
    assert_eq!(name(&landed), "Sara Stein");
    assert_eq!(bridge.last_decision().0, "moderator");
}

#[tokio::test]
async fn a_session_counts_only_where_its_provider_does() {
    let (home, acme) = two().await;
    let bridge = by_tenant(&home, &acme).await;
    let mut browser = Browser::new();
    assert_eq!(name(&browser.go(&bridge.at("/room/a")).await), "Sara Stein");
    // Signed in, but not as one of Acme's: to their provider, and not into the room.
    let door = browser.begin(&bridge.at("/room/acme-lab/a")).await;
    assert!(door.starts_with(&acme.issuer), "{door}");
    assert_eq!(name(&browser.go(&bridge.at("/room/b")).await), "Sara Stein");
    assert_eq!(home.count("GET /authorize"), 1, "the session lived on");

    assert_eq!(
        name(&browser.go(&bridge.at("/room/acme/a")).await),
        "Tim Lorenz"
    );
    let door = browser.begin(&bridge.at("/room/b")).await;
    assert!(door.starts_with(&home.issuer), "{door}");
}

#[tokio::test]
async fn a_room_can_have_a_provider_of_its_own() {
    let (home, acme) = two().await;
    let of_acme = "rooms = [\"visit-*\"]";
    let bridge = Bridge::between(&[("home", &home, ""), ("acme", &acme, of_acme)], RULES).await;
    let landed = Browser::new().go(&bridge.at("/room/Visit-1")).await;
    assert_eq!(name(&landed), "Tim Lorenz");
    let landed = Browser::new().go(&bridge.at("/room/other")).await;
    assert_eq!(name(&landed), "Sara Stein");
}

#[tokio::test]
async fn a_meeting_for_nobodys_people_is_refused_at_once() {
    let (home, acme) = two().await;
    let of = |tenant: &str| format!("tenants = [{tenant:?}]");
    let (of_home, of_acme) = (of("home"), of("acme"));
    let providers = [("home", &home, of_home.as_str()), ("acme", &acme, &of_acme)];
    let bridge = Bridge::between(&providers, RULES).await;
    let landed = Browser::new().go(&bridge.at("/room/a")).await;
    assert_eq!(landed.status, 403);
    assert!(landed.body.contains("You cannot join"), "{}", landed.body);
    assert!(bridge.last_cause().contains("no provider"));
    assert_eq!(bridge.tokens_minted(), 0);
}

#[tokio::test]
async fn the_same_subject_at_two_providers_is_two_people() {
    let (home, acme) = two().await;
    acme.signs_in(with(sara(), json!({ "groups": ["/staff"] })));
    let bridge = by_tenant(&home, &acme).await;
    let ours = token_in(&Browser::new().go(&bridge.at("/room/a")).await);
    let theirs = token_in(&Browser::new().go(&bridge.at("/room/acme/a")).await);
    assert_ne!(
        ours["context"]["user"]["id"],
        theirs["context"]["user"]["id"]
    );
    assert_eq!(ours["moderator"], true);
    assert_eq!(
        theirs["moderator"], false,
        "the rule is for the other's people"
    );
}

#[tokio::test]
async fn groups_of_one_provider_can_be_told_from_the_others() {
    let (home, acme) = two().await;
    let prefixed = "tenants = [\"acme\"]\nclaims.groups_prefix = \"acme:\"";
    let rules = "[[policy.rules]]\nname = \"theirs\"\ngroups = [\"acme:/staff\"]\nrole = \"participant\"\n\
                 [[policy.rules]]\nname = \"ours\"\ngroups = [\"/staff\"]\nrole = \"moderator\"\n";
    let bridge = Bridge::between(&[("home", &home, ""), ("acme", &acme, prefixed)], rules).await;
    Browser::new().go(&bridge.at("/room/acme/a")).await;
    assert_eq!(bridge.last_decision().0, "participant");
    Browser::new().go(&bridge.at("/room/a")).await;
    assert_eq!(bridge.last_decision().0, "moderator");
}

#[tokio::test]
async fn people_choose_where_both_are_for_the_meeting() {
    let (home, acme) = two().await;
    let bridge = side_by_side(&home, &acme).await;
    let mut browser = Browser::new();
    let state = "%7B%22room%22%3A%22a%22%2C%22config.x%22%3A1%7D";
    let page = browser
        .go(&bridge.at(&format!("/join?room=a&state={state}&prompt=login")))
        .await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Where do you sign in?"), "{}", page.body);
    assert!(page.body.contains("Home &#38; Co"), "{}", page.body);
    assert_eq!(browser.logins_under_way(), 0, "nothing has begun");
    let landed = browser.go(&page.link("Acme")).await;
    assert_eq!(name(&landed), "Tim Lorenz");
    assert!(landed.url.contains("config.x=1"), "{}", landed.url);
    let asked = acme.last_authorization();
    assert!(asked.contains(&("prompt".to_owned(), "login".to_owned())));
    // Signed in, and both are for this room: nothing to choose.
    assert_eq!(name(&browser.go(&bridge.at("/room/b")).await), "Tim Lorenz");
}

#[tokio::test]
async fn a_link_can_name_the_provider() {
    let (home, acme) = two().await;
    let bridge = side_by_side(&home, &acme).await;
    let mut browser = Browser::new();
    let landed = browser.go(&bridge.at("/room/a?idp=acme")).await;
    assert_eq!(name(&landed), "Tim Lorenz");
    let landed = browser.go(&bridge.at("/room/a?idp=home")).await;
    assert_eq!(name(&landed), "Sara Stein");
    // Whoever is none of them is nobody's choice.
    let page = Browser::new().go(&bridge.at("/room/a?idp=nobody")).await;
    assert!(page.body.contains("Where do you sign in?"), "{}", page.body);
    // The home page's sign-in knows it as well.
    let door = Browser::new().begin(&bridge.at("/sign-in?idp=acme")).await;
    assert!(door.starts_with(&acme.issuer), "{door}");
}

#[tokio::test]
async fn a_link_cannot_name_a_provider_that_is_not_for_the_meeting() {
    let (home, acme) = two().await;
    let bridge = by_tenant(&home, &acme).await;
    for path in ["/room/acme/a?idp=home", "/room/acme/a?idp=acme"] {
        let door = Browser::new().begin(&bridge.at(path)).await;
        assert!(door.starts_with(&acme.issuer), "{path}: {door}");
    }
}

#[tokio::test]
async fn an_address_finds_its_provider() {
    let (home, acme) = two().await;
    let bridge = side_by_side(&home, &acme).await;
    let mut browser = Browser::new();
    let page = browser.go(&bridge.at("/room/a")).await;
    let sealed = page.hidden("to");
    let typed = |address| [("to", sealed.as_str()), ("email", address)];

    let answer = browser
        .post(&bridge.at("/choose"), &typed("Sara@dep.Example.org "))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let landed = browser.go(&answer.link("Sign in")).await;
    assert_eq!(name(&landed), "Sara Stein");
    assert_eq!(acme.count("GET /authorize"), 0);

    let answer = browser
        .post(&bridge.at("/choose"), &typed("x@unknown.example"))
        .await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("No sign-in service is known"));
    assert_eq!(
        answer.link("Acme"),
        page.link("Acme"),
        "one can still choose by hand"
    );

    let answer = browser
        .post(
            &bridge.at("/choose"),
            &[("to", "e30"), ("email", "a@acme.example")],
        )
        .await;
    assert_eq!(answer.status, 400, "not sealed by us");
}

#[tokio::test]
async fn an_answer_at_another_providers_address_is_refused() {
    let (home, acme) = two().await;
    // Neither names itself in its answers, as many do not.
    home.misbehaves(Fault::NoIss);
    acme.misbehaves(Fault::NoIss);
    let bridge = side_by_side(&home, &acme).await;
    let mut browser = Browser::new();
    let door = browser.begin(&bridge.at("/room/a?idp=home")).await;
    let back = browser.hop(&door).await.location();
    let elsewhere = back.replace("/callback/home", "/callback/acme");
    assert_ne!(elsewhere, back);
    let refused = browser.go(&elsewhere).await;
    assert_eq!(refused.status, 502, "{}", refused.body);
    assert!(
        bridge.last_cause().contains("/callback/acme"),
        "{}",
        bridge.last_cause()
    );
    assert_eq!(acme.count("POST /token") + home.count("POST /token"), 0);
    assert_eq!(bridge.tokens_minted(), 0);

    for path in ["/callback", "/callback/nobody"] {
        let door = browser.begin(&bridge.at("/room/a?idp=home")).await;
        let back = browser.hop(&door).await.location();
        let refused = browser.go(&back.replace("/callback/home", path)).await;
        assert_eq!(refused.status, 502, "{path}");
    }
    assert_eq!(home.count("POST /token"), 0);
    let landed = browser.go(&bridge.at("/room/a?idp=home")).await;
    assert_eq!(name(&landed), "Sara Stein");
}

#[tokio::test]
async fn an_answer_that_names_the_other_issuer_is_refused() {
    let (home, acme) = two().await;
    let bridge = side_by_side(&home, &acme).await;
    let mut browser = Browser::new();
    let door = browser.begin(&bridge.at("/room/a?idp=home")).await;
    home.misbehaves(Fault::NoIss);
    let back = browser.hop(&door).await.location();
    let mixed_up = reqwest::Url::parse_with_params(&back, [("iss", &acme.issuer)]).unwrap();
    assert_eq!(browser.go(mixed_up.as_str()).await.status, 502);
    assert!(bridge.last_cause().contains("issuer"));
    assert_eq!(home.count("POST /token") + acme.count("POST /token"), 0);
}

#[tokio::test]
async fn people_sign_out_where_they_signed_in() {
    let (home, acme) = two().await;
    home.ends_sessions();
    acme.ends_sessions();
    let bridge = side_by_side(&home, &acme).await;
    let mut browser = Browser::new();
    browser.go(&bridge.at("/room/a?idp=acme")).await;
    let landed = browser.go(&bridge.at("/logout")).await;
    assert_eq!(landed.status, 200);
    assert_eq!(
        (
            acme.count("GET /end-session"),
            home.count("GET /end-session")
        ),
        (1, 0)
    );
    // Nobody knows at which of them a browser without a session may still be signed in.
    let landed = browser.go(&bridge.at("/logout")).await;
    assert!(
        landed.body.contains("You may still be signed in"),
        "{}",
        landed.body
    );
    assert_eq!(
        (
            acme.count("GET /end-session"),
            home.count("GET /end-session")
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn a_provider_signs_out_its_own_people_alone() {
    let (home, acme) = two().await;
    acme.signs_in(sara());
    let bridge = side_by_side(&home, &acme).await;
    let (mut ours, mut theirs) = (Browser::new(), Browser::new());
    ours.go(&bridge.at("/room/a?idp=home")).await;
    theirs.go(&bridge.at("/room/a?idp=acme")).await;

    let about = json!({ "sub": "s-sara" });
    let answer = acme.signs_out(&bridge, about.clone()).await;
    assert_eq!(answer.status, 200, "{}", bridge.last_cause());
    assert!(
        ours.hop(&bridge.at("/room/b"))
            .await
            .location()
            .contains("jwt=")
    );
    let page = theirs.hop(&bridge.at("/room/b")).await;
    assert!(page.body.contains("Where do you sign in?"), "{}", page.body);

    // Signed by the one in the name of the other, or by nobody's: nothing ends.
    let claims = with(acme.logout_claims(about), json!({ "iss": home.issuer }));
    acme.rotates();
    assert_eq!(send(&bridge, &acme.token_of(&claims)).await.status, 400);
    let claims = with(claims, json!({ "iss": "https://other.example" }));
    assert_eq!(send(&bridge, &acme.token_of(&claims)).await.status, 400);
    assert!(bridge.last_cause().contains("none of the providers"));
    assert_eq!(send(&bridge, "a.b").await.status, 400);
    assert!(
        ours.hop(&bridge.at("/room/b"))
            .await
            .location()
            .contains("jwt=")
    );
}

#[tokio::test]
async fn one_provider_that_is_away_keeps_nobody_else_out() {
    let (home, acme) = two().await;
    acme.misbehaves(Fault::Down);
    let bridge = side_by_side(&home, &acme).await;
    acme.is_asked("GET /.well-known/openid-configuration", 1)
        .await;
    let mut browser = Browser::new();
    let landed = browser.go(&bridge.at("/room/a?idp=home")).await;
    assert_eq!(name(&landed), "Sara Stein");
    let ready = browser.hop(&bridge.at("/readyz")).await;
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (200, "ready; not reached yet: acme\n")
    );
    let landed = Browser::new().go(&bridge.at("/room/a?idp=acme")).await;
    assert_eq!(landed.status, 503);
}

#[tokio::test]
async fn no_token_opens_the_rooms_that_another_provider_has_to_itself() {
    let (home, acme) = two().await;
    let rules = "[[policy.rules]]\nname = \"all\"\nrole = \"participant\"\nany_room = true\n";
    for (of_acme, room) in [("rooms = [\"board\"]", "a"), ("", "*")] {
        let providers = [("home", &home, ""), ("acme", &acme, of_acme)];
        let bridge = Bridge::between(&providers, rules).await;
        let landed = Browser::new().go(&bridge.at("/room/a?idp=home")).await;
        assert_eq!(token_in(&landed)["room"], room);
    }
}

/// Pictures stand in the page: it loads nothing from elsewhere.
#[tokio::test]
async fn a_provider_is_known_by_its_name_and_its_picture() {
    let (home, acme) = two().await;
    let logo = std::env::temp_dir().join(unique("logo.svg"));
    let picture = "<svg xmlns=\"http://www.w3.org/2000/svg\"><circle r=\"9\"/></svg>";
    std::fs::write(&logo, picture).unwrap();
    let of_acme = format!(
        "label = \"<b>Acme</b>\"\nlogo_file = \"{}\"",
        logo.display()
    );
    let providers = [("home", &home, ""), ("acme", &acme, of_acme.as_str())];
    let bridge = Bridge::between(&providers, RULES).await;
    let page = Browser::new().go(&bridge.at("/room/a")).await;
    let encoded = STANDARD.encode(picture);
    let image = format!("<img src=\"data:image/svg+xml;base64,{encoded}\" alt=\"\"");
    assert!(
        page.body.replace("&#43;", "+").contains(&image),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("&#60;b&#62;Acme&#60;/b&#62;"),
        "{}",
        page.body
    );
    assert!(
        page.header("content-security-policy")
            .contains("img-src data:;")
    );
}
