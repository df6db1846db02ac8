//! What rules say is what people get: a role in the token, or a page and no token at all.

use serde_json::{Value, json};

use super::support::{Bridge, Browser, Landed, Provider, nora, sara, tim, token_in};

/// Somebody goes to a room, under these rules.
async fn goes(policy: &str, person: Value, path: &str) -> (Bridge, Landed) {
    let provider = Provider::start().await;
    let bridge = Bridge::with_policy(&provider, policy).await;
    provider.signs_in(person);
    let landed = Browser::new().go(&bridge.at(path)).await;
    (bridge, landed)
}

#[track_caller]
fn admitted((bridge, landed): &(Bridge, Landed), role: &str, rules: &[&str]) -> Value {
    assert!(landed.in_meeting(), "{landed:?}");
    let token = token_in(landed);
    let moderator = role == "moderator";
    assert_eq!(token["moderator"], moderator);
    assert_eq!(token["context"]["user"]["moderator"], moderator);
    let affiliation = if moderator { "owner" } else { "member" };
    assert_eq!(token["context"]["user"]["affiliation"], affiliation);
    assert_eq!(bridge.tokens_minted(), 1);
    let (outcome, by) = bridge.last_decision();
    assert_eq!((outcome.as_str(), by), (role, owned(rules)));
    token
}

#[track_caller]
fn refused((bridge, landed): &(Bridge, Landed), cause: &str, rules: &[&str]) {
    assert_eq!(landed.status, 403, "{landed:?}");
    assert!(!landed.in_meeting());
    assert!(!landed.holds_a_token(), "{landed:?}");
    assert_eq!(bridge.tokens_minted(), 0);
    let (outcome, by) = bridge.last_decision();
    assert_eq!((outcome, by), (format!("denied: {cause}"), owned(rules)));
}

fn owned(rules: &[&str]) -> Vec<String> {
    rules.iter().map(|rule| (*rule).to_owned()).collect()
}

/// A rule that makes participants of those for whom a condition holds.
fn only(condition: &str) -> String {
    format!("[[policy.rules]]\nname = \"only\"\n{condition}\nrole = \"participant\"\n")
}

/// Who passes such a rule, and who does not, each with the room they go to.
async fn only_some_pass(condition: &str, pass: &[(Value, &str)], fail: &[(Value, &str)]) {
    let policy = only(condition);
    for (person, path) in pass {
        admitted(
            &goes(&policy, person.clone(), path).await,
            "participant",
            &["only"],
        );
    }
    for (person, path) in fail {
        refused(&goes(&policy, person.clone(), path).await, "no_rule", &[]);
    }
}

/// Sara, with other claims over her own.
fn sara_with(claims: Value) -> Value {
    let mut person = sara();
    let members = person.as_object_mut().unwrap();
    for (name, value) in claims.as_object().unwrap() {
        match value {
            Value::Null => drop(members.remove(name)),
            _ => drop(members.insert(name.clone(), value.clone())),
        }
    }
    person
}

const TEAMS: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "leads"
groups = ["/teams/{team}/leads"]
rooms = ["{team}", "{team}-*"]
role = "moderator"
[[policy.rules]]
name = "closed"
rooms = ["rocket-closed"]
deny = "Closed for the summer."
[[policy.rules]]
name = "really closed"
rooms = ["rocket-closed"]
deny = "See you in autumn."
"#;

#[tokio::test]
async fn a_group_lets_its_members_participate() {
    let token = admitted(
        &goes(TEAMS, sara(), "/room/lunch").await,
        "participant",
        &["staff"],
    );
    assert_eq!(token["room"], "lunch");
    assert_eq!(token["context"]["user"]["name"], "Sara Stein");
}

#[tokio::test]
async fn a_captured_group_makes_a_moderator_of_its_own_rooms_alone() {
    for room in ["/room/rocket", "/room/Rocket-Standup"] {
        admitted(
            &goes(TEAMS, tim(), room).await,
            "moderator",
            &["leads", "staff"],
        );
    }
    for room in ["/room/rockets", "/room/xrocket", "/room/lunch"] {
        admitted(&goes(TEAMS, tim(), room).await, "participant", &["staff"]);
    }
}

#[tokio::test]
async fn a_captured_name_never_acts_as_a_wildcard() {
    let wild = json!({ "sub": "s-wild", "name": "W", "groups": ["/staff", "/teams/*/leads"] });
    admitted(
        &goes(TEAMS, wild, "/room/rocket").await,
        "participant",
        &["staff"],
    );
}

#[tokio::test]
async fn a_deny_beats_every_grant_and_says_why() {
    let outcome = goes(TEAMS, tim(), "/room/rocket-closed").await;
    refused(&outcome, "rule", &["closed", "really closed"]);
    for message in ["Closed for the summer.", "See you in autumn."] {
        assert!(outcome.1.body.contains(message), "{message}");
    }
}

#[tokio::test]
async fn nobody_joins_whom_no_rule_lets_in() {
    let gone = goes(TEAMS, nora(), "/room/lunch").await;
    refused(&gone, "no_rule", &[]);
    assert_eq!(
        gone.0.last_cause(),
        "refused by policy (no rule gives a role)"
    );
}

#[tokio::test]
async fn the_cause_in_the_log_says_where_no_groups_claim_came() {
    let missing = sara_with(json!({ "groups": null }));
    let gone = goes(TEAMS, missing.clone(), "/room/lunch").await;
    refused(&gone, "no_rule", &[]);
    assert_eq!(
        gone.0.last_cause(),
        "refused by policy (no rule gives a role; no groups claim came: look at the provider's mapper, docs/providers)"
    );
    // Where a rule denies, that is the cause.
    let denying = format!(
        "{}[[policy.rules]]\nname = \"closed\"\ndeny = \"No.\"\n",
        only("")
    );
    let gone = goes(&denying, missing, "/room/lunch").await;
    assert_eq!(
        gone.0.last_cause(),
        "refused by policy (a rule denies: closed)"
    );
}

#[tokio::test]
async fn the_default_may_be_that_everybody_participates() {
    let open = format!("policy.default = \"participant\"\n{TEAMS}");
    admitted(
        &goes(&open, nora(), "/room/lunch").await,
        "participant",
        &[],
    );
    admitted(
        &goes(&open, tim(), "/room/rocket").await,
        "moderator",
        &["leads", "staff"],
    );
    refused(
        &goes(&open, nora(), "/room/rocket-closed").await,
        "rule",
        &["closed", "really closed"],
    );
}

#[tokio::test]
async fn a_rule_with_an_acr_refuses_until_one_signed_in_so() {
    let policy = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "second factor"
groups = ["/staff"]
rooms = ["board"]
acr = ["mfa", "hardware"]
role = "moderator"
"#;
    refused(
        &goes(policy, sara(), "/room/board").await,
        "acr",
        &["second factor"],
    );
    let weak = sara_with(json!({ "acr": "pwd" }));
    refused(
        &goes(policy, weak.clone(), "/room/board").await,
        "acr",
        &["second factor"],
    );
    admitted(
        &goes(policy, weak, "/room/lunch").await,
        "participant",
        &["staff"],
    );
    for acr in ["mfa", "hardware"] {
        admitted(
            &goes(policy, sara_with(json!({ "acr": acr })), "/room/board").await,
            "moderator",
            &["second factor", "staff"],
        );
    }
}

#[tokio::test]
async fn an_email_domain_counts_for_verified_addresses_alone() {
    only_some_pass(
        "email_domains = [\"example.org\"]",
        &[
            (sara(), "/room/a"),
            (sara_with(json!({ "email": "Sara@EXAMPLE.org" })), "/room/a"),
            // Providers that write a boolean as a text.
            (sara_with(json!({ "email_verified": "true" })), "/room/a"),
        ],
        &[
            (sara_with(json!({ "email_verified": false })), "/room/a"),
            (sara_with(json!({ "email_verified": null })), "/room/a"),
            (
                sara_with(json!({ "email": "s@sub.example.org" })),
                "/room/a",
            ),
            (sara_with(json!({ "email": "s@notexample.org" })), "/room/a"),
            (
                sara_with(json!({ "email": "s@example.org@evil.example" })),
                "/room/a",
            ),
            (sara_with(json!({ "email": "example.org" })), "/room/a"),
            (sara_with(json!({ "email": null })), "/room/a"),
        ],
    )
    .await;
    only_some_pass(
        "email_domains = [\"*.example.org\"]",
        &[(
            sara_with(json!({ "email": "s@sub.example.org" })),
            "/room/a",
        )],
        &[
            (sara(), "/room/a"),
            (sara_with(json!({ "email": "s@subexample.org" })), "/room/a"),
        ],
    )
    .await;
}

#[tokio::test]
async fn claims_have_the_values_that_a_rule_names() {
    only_some_pass(
        "claims = { department = [\"IT\", \"HR\"], \"/address/country\" = [\"DE\"] }",
        &[
            (
                sara_with(json!({ "department": "IT", "address": { "country": "DE" } })),
                "/room/a",
            ),
            (
                sara_with(json!({ "department": ["x", "HR"], "address": { "country": "DE" } })),
                "/room/a",
            ),
        ],
        &[
            (sara(), "/room/a"),
            (sara_with(json!({ "department": "IT" })), "/room/a"),
            (
                sara_with(json!({ "department": "it", "address": { "country": "DE" } })),
                "/room/a",
            ),
            (
                sara_with(json!({ "department": "IT", "address": { "country": "FR" } })),
                "/room/a",
            ),
            (
                sara_with(json!({ "department": "IT", "/address/country": "DE" })),
                "/room/a",
            ),
        ],
    )
    .await;
    only_some_pass(
        "claims = { admin = [true] }",
        &[(sara_with(json!({ "admin": true })), "/room/a")],
        &[
            (sara_with(json!({ "admin": false })), "/room/a"),
            (sara_with(json!({ "admin": 1 })), "/room/a"),
            (sara(), "/room/a"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_rule_may_be_for_the_rooms_of_one_tenant() {
    only_some_pass(
        "tenants = [\"acme\", \"beta-*\"]",
        &[
            (sara(), "/room/acme/a"),
            (sara(), "/room/ACME/a"),
            (sara(), "/join?room=a&tenant=beta-two"),
        ],
        &[(sara(), "/room/a"), (sara(), "/room/acmee/a")],
    )
    .await;
    only_some_pass(
        "tenants = [\"\"]",
        &[(sara(), "/room/a")],
        &[(sara(), "/room/acme/a")],
    )
    .await;
}

#[tokio::test]
async fn a_rule_may_be_for_one_provider() {
    only_some_pass("providers = [\"default\"]", &[(sara(), "/room/a")], &[]).await;
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let named = "provider.name = \"partners\"";
    let policy = only("providers = [\"partners\"]");
    let bridge = Bridge::set_up(&provider, "", named, &policy).await;
    let landed = Browser::new().go(&bridge.at("/room/a")).await;
    admitted(&(bridge, landed), "participant", &["only"]);
}

#[tokio::test]
async fn a_rule_may_name_people() {
    let unverified = || sara_with(json!({ "email_verified": false }));
    only_some_pass(
        "users = [\"email:sara@example.org\"]",
        &[(sara(), "/room/a")],
        &[(unverified(), "/room/a"), (tim(), "/room/a")],
    )
    .await;
    only_some_pass(
        "users = [\"sub:s-sara\", \"username:tim\"]",
        &[(sara(), "/room/a"), (tim(), "/room/a")],
        &[
            (nora(), "/room/a"),
            (sara_with(json!({ "sub": "S-SARA" })), "/room/a"),
            // The one's subject is not the other's username.
            (
                json!({ "sub": "tim", "name": "T", "preferred_username": "s-sara", "groups": [] }),
                "/room/a",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn all_groups_asks_for_each_and_unless_groups_for_none() {
    let of = |groups: &[&str]| json!({ "sub": "s", "name": "S", "groups": groups });
    only_some_pass(
        "all_groups = [\"/staff\", \"/trained\"]\nunless_groups = [\"/suspended\"]",
        &[(of(&["/staff", "/trained", "/other"]), "/room/a")],
        &[
            (of(&["/staff"]), "/room/a"),
            (of(&["/trained"]), "/room/a"),
            (of(&[]), "/room/a"),
            (of(&["/staff", "/trained", "/suspended"]), "/room/a"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_missing_groups_claim_gives_no_more_than_an_empty_one() {
    let missing = sara_with(json!({ "groups": null }));
    let empty = sara_with(json!({ "groups": [] }));
    only_some_pass(
        "groups = [\"*\"]",
        &[(sara(), "/room/a")],
        &[(missing.clone(), "/room/a"), (empty.clone(), "/room/a")],
    )
    .await;
    // A rule that keeps out all but one group keeps out those of whom nothing is known.
    let board = format!(
        "{}[[policy.rules]]\nname = \"board\"\nunless_groups = [\"/board\"]\ndeny = \"No.\"\n",
        only("")
    );
    for person in [missing, empty] {
        refused(&goes(&board, person, "/room/a").await, "rule", &["board"]);
    }
    let member = sara_with(json!({ "groups": ["/board"] }));
    admitted(
        &goes(&board, member, "/room/a").await,
        "participant",
        &["only"],
    );
}

#[tokio::test]
async fn what_a_provider_calls_somebody_promotes_nobody() {
    let claims = json!({ "moderator": true, "affiliation": "owner", "context": { "user": { "moderator": true } } });
    let outcome = goes(TEAMS, sara_with(claims), "/room/lunch").await;
    admitted(&outcome, "participant", &["staff"]);
}
