//! Groups as they really come: under other names, as ids, in one text, or at another endpoint altogether.

use serde_json::{Value, json};

use super::support::endpoints::Document;
use super::support::logout::with;
use super::support::{Bridge, Browser, Landed, Provider, sara};

const RULES: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["staff"]
role = "participant"
[[policy.rules]]
name = "moderators"
groups = ["moderators"]
role = "moderator"
[[policy.rules]]
name = "not these"
groups = ["suspended"]
deny = "Not you."
"#;

/// What becomes of somebody whose ID token says this of groups.
async fn decision(further: &str, groups: Value) -> String {
    let provider = Provider::start().await;
    provider.signs_in(with(sara(), json!({ "groups": groups })));
    let bridge = Bridge::set_up(&provider, "", further, RULES).await;
    Browser::new().go(&bridge.at("/room/a")).await;
    bridge.last_decision().0
}

#[tokio::test]
async fn groups_have_other_names_in_rules() {
    let further = "[provider.claims]\ngroup_names = { 3f2b1c4d = \"staff\", \"CN={name},OU=Jitsi,*\" = \"{name}\" }";
    assert_eq!(decision(further, json!(["3f2b1c4d"])).await, "participant");
    assert_eq!(
        decision(further, json!(["CN=moderators,OU=Jitsi,DC=x"])).await,
        "moderator"
    );
    assert_eq!(
        decision(further, json!(["CN=moderators,OU=Other"])).await,
        "denied: no_rule"
    );
    assert_eq!(
        decision(further, json!(["moderators"])).await,
        "moderator",
        "kept"
    );
    let alone = format!("{further}\nunnamed_groups = \"drop\"");
    assert_eq!(
        decision(&alone, json!(["moderators"])).await,
        "denied: no_rule"
    );
}

#[tokio::test]
async fn groups_can_be_compared_without_their_case() {
    assert_eq!(decision("", json!(["Moderators"])).await, "denied: no_rule");
    let further = "provider.claims.fold_case = true";
    assert_eq!(decision(further, json!(["MODERATORS"])).await, "moderator");
    assert_eq!(
        decision(further, json!(["Suspended", "staff"])).await,
        "denied: rule"
    );
}

#[tokio::test]
async fn groups_can_come_as_one_text() {
    let further = "provider.claims.groups_separator = \";\"";
    assert_eq!(
        decision(further, json!("staff; moderators")).await,
        "moderator"
    );
    assert_eq!(
        decision("", json!("staff; moderators")).await,
        "denied: no_rule"
    );
}

async fn at_an_endpoint(
    endpoint: &str,
    pages: &[(&str, Document)],
    claims: Value,
) -> (Bridge, Landed) {
    let provider = Provider::start().await;
    provider.signs_in(with(sara(), claims));
    for (name, page) in pages {
        let body = page.body.replace("{origin}", &provider.issuer);
        provider.answers(
            name,
            Document {
                body,
                ..page.clone()
            },
        );
    }
    let endpoint = endpoint.replace("{origin}", &provider.issuer);
    let further = format!("[provider.groups_endpoint]\n{endpoint}");
    let bridge = Bridge::set_up(&provider, "", &further, RULES).await;
    let landed = Browser::new().go(&bridge.at("/room/a")).await;
    (bridge, landed)
}

#[tokio::test]
async fn groups_can_be_asked_for_at_another_endpoint_page_by_page() {
    // As Microsoft Graph pages: the next page's address.
    let endpoint = "url = \"{origin}/documents/graph?$top=1\"\nnames = \"value\"\nname = \"id\"\nnext_url = \"@odata.nextLink\"";
    let pages = [
        (
            "graph?$top=1",
            Document::json(
                json!({ "value": [{ "id": "staff" }], "@odata.nextLink": "{origin}/documents/graph?page=2" }),
            ),
        ),
        (
            "graph?page=2",
            Document::json(json!({ "value": [{ "id": "moderators" }] })),
        ),
    ];
    let (bridge, landed) = at_an_endpoint(endpoint, &pages, json!({ "groups": [] })).await;
    assert!(landed.in_meeting(), "{}", bridge.last_cause());
    assert_eq!(bridge.last_decision().0, "moderator");

    // As Google's API pages: a token for the next page; and the person's address in the question.
    let endpoint = "url = \"{origin}/documents/search?query='{email}'\"\nnames = \"memberships\"\nname = \"/groupKey/id\"\n\
                    next_token = \"nextPageToken\"\ntoken_parameter = \"pageToken\"";
    let entry = |id: &str| json!({ "groupKey": { "id": id } });
    let query = "search?query=%27sara%40example%2Eorg%27";
    let second = format!("{query}&pageToken=EA%3D%3D");
    let pages = [
        (
            query,
            Document::json(json!({ "memberships": [entry("staff")], "nextPageToken": "EA==" })),
        ),
        (
            second.as_str(),
            Document::json(json!({ "memberships": [entry("moderators")], "nextPageToken": "" })),
        ),
    ];
    let (bridge, _) = at_an_endpoint(endpoint, &pages, json!({})).await;
    assert_eq!(bridge.last_decision().0, "moderator");
}

#[tokio::test]
async fn an_endpoint_without_the_groups_lets_nobody_in() {
    let endpoint = "url = \"{origin}/documents/groups\"\nnames = \"groups\"\nnext_url = \"next\"";
    let staff = json!({ "groups": ["staff"] });
    let page = |body: Value| Document::json(body);
    for (document, reason) in [
        (
            Document {
                status: 403,
                ..page(json!({ "error": { "message": "Insufficient privileges." } }))
            },
            "answered 403: Insufficient privileges.",
        ),
        (
            Document {
                status: 500,
                ..page(json!("oops"))
            },
            "answered 500",
        ),
        (
            Document {
                body: "<html>".to_owned(),
                ..page(json!(null))
            },
            "the answer is no page: it is not JSON",
        ),
        (
            page(json!({ "groups": "staff" })),
            "what should be the list of groups is none",
        ),
        (
            page(json!({ "groups": [{ "id": "staff" }] })),
            "has no name",
        ),
        (
            page(json!({ "groups": ["staff"], "next": "https://other.example/groups" })),
            "another origin",
        ),
        (
            page(json!({ "groups": ["staff"], "next": "{origin}/documents/groups" })),
            "the answers go on after 50 pages",
        ),
    ] {
        let (bridge, landed) =
            at_an_endpoint(endpoint, &[("groups", document)], staff.clone()).await;
        assert_eq!(
            (landed.status, bridge.tokens_minted()),
            (502, 0),
            "{reason}: {}",
            landed.body
        );
        let cause = bridge.last_cause();
        assert!(cause.contains(reason), "{cause}");
        assert!(!cause.contains("the-access-token"), "{cause}");
    }
    let (bridge, landed) = at_an_endpoint(endpoint, &[], staff).await;
    assert_eq!((landed.status, bridge.tokens_minted()), (502, 0));
}

#[tokio::test]
async fn nothing_that_a_person_is_called_changes_the_question() {
    let endpoint = "url = \"{origin}/documents/search?q='{email}'\"\nnames = \"groups\"";
    for email in [
        "..",
        "a'||'b@example.org",
        "a\"b@example.org",
        "a\\b@example.org",
        "",
    ] {
        let (bridge, landed) = at_an_endpoint(
            endpoint,
            &[],
            json!({ "email": email, "groups": ["staff"] }),
        )
        .await;
        assert_eq!((landed.status, bridge.tokens_minted()), (502, 0), "{email}");
        assert!(
            bridge.last_cause().contains("unusual characters"),
            "{}",
            bridge.last_cause()
        );
    }
}

/// Microsoft Entra ID leaves groups out where there are more than a token holds.
#[tokio::test]
async fn groups_that_are_too_many_for_a_token_are_asked_for() {
    let endpoint =
        "url = \"{origin}/documents/graph\"\nnames = \"value\"\nname = \"id\"\nwhen = \"overage\"";
    let graph = [(
        "graph",
        Document::json(json!({ "value": [{ "id": "moderators" }] })),
    )];
    let overage = json!({
        "groups": null, "_claim_names": { "groups": "src1" },
        "_claim_sources": { "src1": { "endpoint": "https://graph.windows.net/x/users/y/getMemberObjects" } },
    });
    let (bridge, _) = at_an_endpoint(endpoint, &graph, overage.clone()).await;
    assert_eq!(bridge.last_decision().0, "moderator");
    let (bridge, _) = at_an_endpoint(endpoint, &graph, json!({ "hasgroups": true })).await;
    assert_eq!(bridge.last_decision().0, "moderator");
    // Otherwise nobody is asked.
    let (bridge, _) = at_an_endpoint(endpoint, &graph, json!({ "groups": ["staff"] })).await;
    assert_eq!(bridge.last_decision().0, "participant");

    let provider = Provider::start().await;
    provider.signs_in(with(sara(), overage));
    let bridge = Bridge::set_up(&provider, "", "", RULES).await;
    let landed = Browser::new().go(&bridge.at("/room/a")).await;
    assert_eq!((landed.status, bridge.tokens_minted()), (502, 0));
    assert!(
        bridge.last_cause().contains("too many"),
        "{}",
        bridge.last_cause()
    );
}

/// A provider that sends groups by scope leaves out what is not asked for, and the scope passes through people's own hands.
#[tokio::test]
async fn somebody_whose_groups_did_not_come_is_in_no_better_place() {
    let rules = r#"
        policy.default = "participant"
        [[policy.rules]]
        name = "externals stay out"
        groups = ["externals"]
        rooms = ["closed"]
        deny = "Not you."
        [[policy.rules]]
        name = "each team's externals"
        groups = ["{team}/externals"]
        rooms = ["{team}-*"]
        deny = "Not you either."
        [[policy.rules]]
        name = "who is no external runs it"
        unless_groups = ["externals"]
        rooms = ["open"]
        role = "moderator"
    "#;
    let missing = json!({ "groups": null });
    for (further, claims, room, outcome) in [
        (
            "",
            &json!({ "groups": ["externals"] }),
            "closed",
            "denied: rule",
        ),
        ("", &missing, "closed", "denied: rule"),
        ("", &missing, "rocket-1", "denied: rule"),
        ("", &missing, "open", "participant"),
        ("", &missing, "other", "participant"),
        ("", &json!({ "groups": [] }), "closed", "participant"),
        ("", &json!({ "groups": [] }), "open", "moderator"),
        (
            "provider.preset = \"keycloak\"",
            &missing,
            "closed",
            "participant",
        ),
        (
            "provider.claims.missing_groups = \"none\"",
            &missing,
            "open",
            "moderator",
        ),
    ] {
        let provider = Provider::start().await;
        provider.signs_in(with(sara(), claims.clone()));
        let bridge = Bridge::set_up(&provider, "", further, rules).await;
        Browser::new()
            .go(&bridge.at(&format!("/room/{room}")))
            .await;
        assert_eq!(
            bridge.last_decision().0,
            outcome,
            "{further} {claims} {room}"
        );
    }
}

#[tokio::test]
async fn an_address_that_nobody_vouches_for_asks_for_nobodys_groups() {
    let endpoint = "url = \"{origin}/documents/{email}\"\nnames = \"groups\"";
    let boss = json!({ "email": "boss@example.org", "email_verified": false });
    let (bridge, landed) = at_an_endpoint(endpoint, &[], boss).await;
    assert_eq!((landed.status, bridge.tokens_minted()), (502, 0));
    assert!(
        bridge.last_cause().contains("not verified"),
        "{}",
        bridge.last_cause()
    );
    let endpoint = endpoint.replace("{email}", "{username}/groups");
    let dots = json!({ "preferred_username": ".." });
    let (bridge, landed) = at_an_endpoint(&endpoint, &[], dots).await;
    assert_eq!((landed.status, bridge.tokens_minted()), (502, 0));
    assert!(
        bridge.last_cause().contains("unusual characters"),
        "{}",
        bridge.last_cause()
    );
}
