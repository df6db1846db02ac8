//! What would be decided about a room.

use super::{facts, says, started};

#[tokio::test]
async fn what_would_be_decided_about_a_room_is_what_would_be_and_mints_nothing() {
    let (bridge, provider, mut browser) = started().await;
    browser.go(&bridge.at("/sign-in")).await;
    let requests = provider.requests().len();
    let page = browser.go(&bridge.at("/whoami?room=Finance")).await;
    says(&page, "Room", "finance");
    says(&page, "Decision", "You may join.");
    says(&page, "Role", "moderator");
    says(&page, "Further rights", "lobby_bypass, may_invite");
    says(&page, "Features", "Whatever Jitsi allows this role.");
    says(&page, "Rules", "finance runs its room | staff");
    let page = browser.go(&bridge.at("/whoami?room=acme%2FTeam+A")).await;
    says(&page, "Room", "acme/team a");
    says(&page, "Role", "participant");
    assert!(facts(&page)["Features"][0].contains("recording, screen-sharing"));
    let page = browser.go(&bridge.at("/whoami?room=board")).await;
    says(&page, "Decision", "You may not join.");
    let reason = &facts(&page)["Reason"];
    assert_eq!(
        reason[1],
        "This room is for the &#60;b&#62;board&#60;/b&#62;."
    );
    says(&page, "Rules", "board only");
    let page = browser.go(&bridge.at("/whoami?room=vault")).await;
    says(
        &page,
        "Decision",
        "You would be asked to sign in again first, with a second factor for example.",
    );
    says(&page, "What is asked for", "acr: mfa | max_auth_age: 5m");
    assert_eq!(provider.requests().len(), requests, "nobody was asked");
    assert_eq!((bridge.tokens_minted(), bridge.decisions().len()), (0, 0));
    // The same people really are decided about so.
    for (room, decided) in [("finance", "moderator"), ("board", "denied: rule")] {
        browser.go(&bridge.at(&format!("/room/{room}"))).await;
        assert_eq!(bridge.last_decision().0, decided);
    }
}

#[tokio::test]
async fn a_room_that_there_cannot_be_gets_a_plain_sentence() {
    let (bridge, _provider, mut browser) = started().await;
    browser.go(&bridge.at("/sign-in")).await;
    let evil = "%22%3E%3Cscript%3E%2F..%2F";
    let long = "x".repeat(1200);
    for typed in ["*", "%3F", "..", "a%2F..", evil, &long] {
        let page = browser
            .go(&bridge.at(&format!("/whoami?room={typed}")))
            .await;
        assert_eq!(page.status, 400, "{typed}");
        let said = &facts(&page)["Room"][0];
        assert!(
            said.starts_with("The meeting’s name is empty, too long"),
            "{said}"
        );
        assert!(!facts(&page).contains_key("Decision"));
        assert!(!page.body.contains("<script"), "{}", page.body);
        says(&page, "Name", "Sara Stein");
    }
}

#[tokio::test]
async fn error_pages_lead_there_with_the_room_that_it_is_about() {
    let (bridge, _provider, mut browser) = started().await;
    for room in ["board", "acme/board"] {
        let refused = browser.go(&bridge.at(&format!("/room/{room}"))).await;
        assert_eq!(refused.status, 403);
        let link = refused.link("What this service knows about you");
        let asked = room.replace('/', "%2F");
        assert_eq!(link, bridge.at(&format!("/whoami?room={asked}#more")));
        let page = browser.go(&link).await;
        says(&page, "Room", room);
        says(&page, "Decision", "You may not join.");
    }
    let nowhere = browser.go(&bridge.at("/nowhere")).await;
    assert_eq!(
        nowhere.link("What this service knows about you"),
        bridge.at("/whoami")
    );
}
