//! Every endpoint of the provider, answering in every way that an endpoint should not.

mod known;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support;
use super::support::bridge::POLICY;
use super::support::endpoints::Document;
use super::support::fault::answer::{BOMB, Bad};
use super::support::logout::with;
use super::support::{Bridge, Provider, sara};
use super::{is_a_plain_line, is_refused, login, succeeds};

/// An endpoint that is asked during a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    Discovery,
    Keys,
    Pushed,
    Token,
    Userinfo,
    Groups,
    ClaimSource,
}

/// Makes a test for each endpoint of each function, which takes the endpoint.
macro_rules! on_every_endpoint {
    ($($name:ident)*) => {
        on_every_endpoint! { @ discovery Discovery, $($name)* }
        on_every_endpoint! { @ keys Keys, $($name)* }
        on_every_endpoint! { @ pushed_requests Pushed, $($name)* }
        on_every_endpoint! { @ token_endpoint Token, $($name)* }
        on_every_endpoint! { @ userinfo Userinfo, $($name)* }
        on_every_endpoint! { @ groups_endpoint Groups, $($name)* }
        on_every_endpoint! { @ claim_source ClaimSource, $($name)* }
    };
    (@ $module:ident $endpoint:ident, $($name:ident)*) => {
        mod $module {
            $(#[tokio::test] async fn $name() { super::$name(super::Endpoint::$endpoint).await; })*
        }
    };
}

on_every_endpoint! {
    drips
    never_answers
    closes_midway
    never_ends
    sends_a_gzip_bomb
    redirects_to_somebody_else
    redirects_to_itself
    answers_html
    answers_html_that_says_it_is_json
    answers_an_error
    answers_an_error_as_html
    answers_nothing
    answers_nothing_with_200
    answers_json_that_is_cut_off
    answers_json_of_another_type
    answers_json_nested_without_end
}

/// How long the bridge waits here for a whole answer, in milliseconds.
const PATIENCE: u64 = 1500;
/// The bridge's bound for an answer.
const LONGEST_ANSWER: usize = 1024 * 1024;
/// What the kernel may hold for either side of a connection.
const IN_BETWEEN: usize = 16 * 1024 * 1024;

impl Endpoint {
    /// The request that is answered badly.
    fn request(self) -> &'static str {
        match self {
            Self::Discovery => "GET /.well-known/openid-configuration",
            Self::Keys => "GET /keys",
            Self::Pushed => "POST /par",
            Self::Token => "POST /token",
            Self::Userinfo => "GET /userinfo",
            Self::Groups | Self::ClaimSource => "GET /documents/groups",
        }
    }

    fn path(self) -> &'static str {
        let (_, path) = self.request().split_once(' ').unwrap();
        path
    }

    fn address(self, provider: &Provider) -> String {
        format!("{}{}", provider.issuer, self.path())
    }

    /// A provider whose sign-ins need this endpoint, and the settings for it.
    async fn provider(self) -> (Provider, String) {
        let provider = Provider::start().await;
        provider.signs_in(sara());
        let mut settings = format!("provider.timeout = \"{PATIENCE}ms\"\n");
        let groups = self.address(&provider);
        match self {
            Self::Pushed => provider.takes_pushed_requests(),
            Self::Userinfo => {
                provider.signs_in(json!({ "sub": "s-sara" }));
                provider.tells_by_userinfo(sara());
            }
            Self::Groups => {
                provider.signs_in(with(sara(), json!({ "groups": [] })));
                provider.answers("groups", Document::json(json!({ "groups": ["/staff"] })));
                settings = format!(
                    "{settings}[provider.groups_endpoint]\nurl = {groups:?}\nnames = \"groups\"\nnext_url = \"next\"\n"
                );
            }
            Self::ClaimSource => {
                let claims =
                    json!({ "iss": provider.issuer, "sub": "s-sara", "groups": ["/staff"] });
                let token = Document::token(provider.token_of(&claims));
                provider.answers("groups", token);
                let source = json!({ "endpoint": groups, "access_token": "the-access-token" });
                let elsewhere = json!({
                    "groups": null, "_claim_names": { "groups": "src1" }, "_claim_sources": { "src1": source },
                });
                provider.signs_in(with(sara(), elsewhere));
            }
            Self::Discovery | Self::Keys | Self::Token => {}
        }
        (provider, settings)
    }

    /// The page's status where no whole answer came, and where one came that makes no sense.
    fn status(self, came: bool) -> u16 {
        match self {
            Self::Discovery | Self::Keys => 503,
            _ if came => 502,
            _ => 503,
        }
    }

    /// What the log says of an answer with another status than 200.
    fn of_status(self, status: u16) -> String {
        match self {
            Self::Discovery => format!("/.well-known/openid-configuration answered {status}"),
            Self::Keys => format!("/keys answered {status}"),
            Self::Pushed => format!(
                "the endpoint for pushed authorization requests's answer is not understood: status {status} without an OAuth error"
            ),
            Self::Token => format!(
                "the token endpoint's answer is not understood: status {status} without an OAuth error"
            ),
            Self::Userinfo => format!("userinfo: the endpoint answered {status}"),
            Self::Groups => format!("groups_endpoint: answered {status}"),
            Self::ClaimSource => format!(
                "the claim \"groups\" could not be fetched from {{origin}}/documents/groups: status {status}"
            ),
        }
    }

    /// What the log says of a body that makes no sense.
    fn of_body(self, flaw: &str) -> String {
        match self {
            Self::Discovery => format!("answered something else than provider metadata: {flaw}"),
            Self::Keys => format!("answered something else than a JSON Web Key Set: {flaw}"),
            Self::Pushed => format!("the endpoint for pushed authorization requests's answer is not understood: {flaw}"),
            Self::Token => format!("the token endpoint's answer is not understood: {flaw}"),
            Self::Userinfo => format!("userinfo: the answer is no set of claims: {flaw}"),
            Self::Groups => format!("groups_endpoint: the answer is no page: {flaw}"),
            // Not JSON in any case.
            Self::ClaimSource => "the token in which the claim \"groups\" stands is refused: not a signed JSON Web Token".to_owned(),
        }
    }
}

/// A sign-in at a provider of which this endpoint answers so is refused for this reason, in time; and right after it, when
/// the endpoint is good again, one succeeds.
pub(super) async fn refused(endpoint: Endpoint, bad: Bad, status: u16, reason: &str) -> Provider {
    let (provider, settings) = endpoint.provider().await;
    let what = format!("{endpoint:?}: {bad:?}");
    provider.answers_badly(endpoint.request(), bad);
    let bridge = Bridge::set_up(&provider, "", &settings, POLICY).await;
    let begun = Instant::now();
    let landed = login(&bridge).await;
    // One time-out, and what a busy machine takes for all the rest.
    assert!(
        begun.elapsed() < Duration::from_millis(PATIENCE) + Duration::from_secs(20),
        "{what}"
    );
    is_refused(
        &bridge,
        &landed,
        status,
        &reason.replace("{origin}", &provider.issuer),
    );
    is_a_plain_line(&bridge.last_cause());
    provider.answers_well();
    // A provider that was of no use is left in peace for two seconds.
    bridge.clock.advance(time::Duration::seconds(3));
    succeeds(&bridge).await;
    provider
}

/// No whole answer came, for this reason.
async fn no_answer(endpoint: Endpoint, bad: Bad, reason: &str) -> Provider {
    refused(endpoint, bad, endpoint.status(false), reason).await
}

async fn says(endpoint: Endpoint, media_type: &'static str, body: &str, flaw: &str) {
    let bad = Bad::Says(200, media_type, body.to_owned());
    refused(
        endpoint,
        bad,
        endpoint.status(true),
        &endpoint.of_body(flaw),
    )
    .await;
}

async fn drips(endpoint: Endpoint) {
    let address = endpoint.path();
    let reason = format!(
        "no answer from {{origin}}{address}: error decoding response body: request or response body error: operation timed out"
    );
    let provider = no_answer(endpoint, Bad::Drips, &reason).await;
    provider.taken().is_over().await;
    assert!(provider.taken().bytes() > 1, "some of it came");
}

async fn never_answers(endpoint: Endpoint) {
    let address = endpoint.path();
    let reason =
        format!("no answer from {{origin}}{address}: error sending request: operation timed out");
    no_answer(endpoint, Bad::Never, &reason).await;
}

async fn closes_midway(endpoint: Endpoint) {
    let address = endpoint.path();
    let reason = format!("no answer from {{origin}}{address}: error decoding response body: ");
    no_answer(endpoint, Bad::ClosesMidway, &reason).await;
}

async fn never_ends(endpoint: Endpoint) {
    let address = endpoint.path();
    let reason =
        format!("the answer from {{origin}}{address} is longer than {LONGEST_ANSWER} bytes");
    let provider = no_answer(endpoint, Bad::Endless, &reason).await;
    let taken = provider.taken();
    taken.is_over().await;
    let bytes = taken.bytes();
    assert!(
        bytes > LONGEST_ANSWER && bytes < LONGEST_ANSWER + IN_BETWEEN,
        "{bytes}"
    );
}

async fn sends_a_gzip_bomb(endpoint: Endpoint) {
    let address = endpoint.path();
    let reason =
        format!("the answer from {{origin}}{address} is packed (gzip), which was not asked for");
    no_answer(endpoint, Bad::GzipBomb(BOMB.clone()), &reason).await;
}

async fn redirects_to_somebody_else(endpoint: Endpoint) {
    for status in [301, 302, 303, 307, 308] {
        let other = Provider::start().await;
        let bad = Bad::Redirects(status, endpoint.address(&other));
        refused(
            endpoint,
            bad,
            endpoint.status(true),
            &endpoint.of_status(status),
        )
        .await;
        assert_eq!(other.requests(), [""; 0], "{status}: nobody else was asked");
    }
}

async fn redirects_to_itself(endpoint: Endpoint) {
    for status in [302, 307] {
        let bad = Bad::Redirects(status, endpoint.path().to_owned());
        let reason = endpoint.of_status(status);
        let provider = refused(endpoint, bad, endpoint.status(true), &reason).await;
        assert_eq!(
            provider.count(endpoint.request()),
            2,
            "{status}: once, and once for the good one"
        );
    }
}

async fn answers_html(endpoint: Endpoint) {
    says(
        endpoint,
        "text/html; charset=utf-8",
        "<h1>Welcome</h1>",
        "it is not JSON (line 1, column 1)",
    )
    .await;
}

async fn answers_html_that_says_it_is_json(endpoint: Endpoint) {
    says(
        endpoint,
        "application/json",
        "<script>alert(1)</script>",
        "it is not JSON (line 1, column 1)",
    )
    .await;
}

async fn answers_an_error(endpoint: Endpoint) {
    for status in [401, 404, 429, 500] {
        let bad = Bad::Says(status, "application/json", "{}".to_owned());
        refused(
            endpoint,
            bad,
            endpoint.status(true),
            &endpoint.of_status(status),
        )
        .await;
    }
}

async fn answers_an_error_as_html(endpoint: Endpoint) {
    let bad = Bad::Says(502, "text/html", "<h1>Bad Gateway</h1>".to_owned());
    refused(
        endpoint,
        bad,
        endpoint.status(true),
        &endpoint.of_status(502),
    )
    .await;
}

async fn answers_nothing(endpoint: Endpoint) {
    let reason = match endpoint {
        // These take every success for one.
        Endpoint::Token | Endpoint::Pushed => endpoint.of_body("it is empty"),
        _ => endpoint.of_status(204),
    };
    let bad = Bad::Says(204, "application/json", String::new());
    refused(endpoint, bad, endpoint.status(true), &reason).await;
}

async fn answers_nothing_with_200(endpoint: Endpoint) {
    says(endpoint, "application/json", "", "it is empty").await;
    says(endpoint, "application/json", " \r\n", "it is empty").await;
}

async fn answers_json_that_is_cut_off(endpoint: Endpoint) {
    says(
        endpoint,
        "application/json",
        "{\"keys\":[",
        "it ends too early (line 1, column 9)",
    )
    .await;
}

async fn answers_json_of_another_type(endpoint: Endpoint) {
    let expected = match endpoint {
        Endpoint::Discovery => "invalid ",
        Endpoint::Pushed => "it is not an object with a text as `request_uri`",
        Endpoint::Token => "it is not an object with texts as tokens",
        _ => "it is not an object",
    };
    for body in [
        json!("text"),
        json!(7),
        Value::Null,
        json!([["a"]]),
        json!(true),
    ] {
        says(endpoint, "application/json", &body.to_string(), expected).await;
    }
}

async fn answers_json_nested_without_end(endpoint: Endpoint) {
    // What nobody asks for is skipped there, level by level, and costs nothing but the time to read it.
    let skipped = [Endpoint::Discovery, Endpoint::Pushed, Endpoint::Token].contains(&endpoint);
    let flaw = if skipped {
        "it ends too early"
    } else {
        "it is nested too deep"
    };
    let lists = "[".repeat(500_000);
    let objects = "{\"a\":".repeat(150_000);
    for deep in [format!("{{\"a\":{lists}"), objects] {
        says(endpoint, "application/json", &deep, flaw).await;
    }
}
