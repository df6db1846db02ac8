//! The provider's answer, through the real router: only the right state, in the right browser, spends a code, and only the
//! right code leads into the meeting.

#![no_main]

use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use jitsi_oidc_bridge_fuzz::bridge::{JITSI, PUBLIC, built};
use jitsi_oidc_bridge_fuzz::first_line;
use jitsi_oidc_bridge_fuzz::keys::altered;
use jitsi_oidc_bridge_fuzz::provider::{CODE, Provider};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

/// What must never stand in a page as it is.
const EVIL: &str = "<zq9x";

struct World {
    runtime: Runtime,
    provider: Arc<Provider>,
    router: Router,
    /// Of a login that was begun.
    state: String,
    cookie: String,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("a runtime");
    let provider = runtime.block_on(Provider::start());
    let router = {
        let _within = runtime.enter();
        built(&provider.issuer, "policy.default = \"participant\"\n").router
    };
    let begin = Request::get("/bridge/room/fuzzed")
        .body(Body::empty())
        .expect("a request");
    let begun = runtime
        .block_on(router.clone().oneshot(begin))
        .expect("an answer");
    let address = Url::parse(told(&begun, header::LOCATION)).expect("the provider's address");
    let asked = |name: &str| {
        let mut found = address.query_pairs().filter(|(key, _)| key == name);
        found.next().expect("it is asked").1.into_owned()
    };
    *provider.nonce.lock().expect("nobody panics") = asked("nonce");
    let cookie = told(&begun, header::SET_COOKIE).split(';').next();
    World {
        state: asked("state"),
        cookie: cookie.expect("a cookie").to_owned(),
        runtime,
        provider,
        router,
    }
});

// The first line says by its first letter how the answer comes: by GET, by POST, by HEAD, in another browser (`n`), or with
// a cookie that somebody altered (`a`). Then the parameters, in which `{state}`, `{code}`, `{issuer}` stand for the right
// ones.
fuzz_target!(|text: &str| {
    let world = &*WORLD;
    let (how, parameters) = first_line(text);
    let how = how.bytes().next().unwrap_or(b'g');
    let parameters = parameters
        .replace("{state}", &world.state)
        .replace("{code}", CODE)
        .replace("{issuer}", &world.provider.issuer)
        .replace("{evil}", EVIL);
    // What follows a `#` is never sent.
    let parameters = match how {
        b'p' => parameters.as_str(),
        _ => parameters.split('#').next().unwrap_or_default(),
    };
    let cookie = match how {
        b'n' => String::new(),
        b'a' => with_altered_value(&world.cookie, parameters.len()),
        _ => world.cookie.clone(),
    };
    let redeemed_before = world.provider.redeemed.load(Ordering::SeqCst);
    let Some((status, location, page)) = world
        .runtime
        .block_on(answer(world, how, parameters, &cookie))
    else {
        return;
    };
    let redeemed = world.provider.redeemed.load(Ordering::SeqCst) - redeemed_before;

    // The second step of an answer that was posted: what follows is sealed, and nobody here can seal.
    let sealed = how != b'p' && parameters.starts_with("posted=");
    let deserves = Deserves::of(if sealed { "" } else { parameters }, world);
    let in_this_browser = cookie == world.cookie;
    assert!(redeemed <= usize::from(in_this_browser && how != b'h' && deserves.redeeming));
    let admitted = location.as_ref().is_some_and(|to| to.contains("jwt"));
    if admitted {
        assert!(
            in_this_browser && how != b'h' && deserves.admission,
            "a token for nothing"
        );
        let to = location.as_deref().unwrap_or_default();
        assert!(to.starts_with(&format!("{JITSI}/fuzzed#jwt=%22")), "{to}");
    } else if how != b'p' && how != b'h' && in_this_browser {
        assert!(
            !deserves.admission,
            "a good answer was refused: {status} {page}"
        );
    }
    match location {
        Some(to) => assert!(
            admitted
                || [PUBLIC, world.provider.issuer.as_str()]
                    .iter()
                    .any(|ours| to.starts_with(ours)),
            "{to}"
        ),
        None => {
            assert!(
                status.is_client_error() || status.is_server_error(),
                "{status}"
            );
            // What fails at the provider may be told as that; everything else is the answer's own fault.
            let provider_failed = in_this_browser && deserves.provider_error;
            assert!(
                provider_failed || !status.is_server_error(),
                "{status}: {page}"
            );
            assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{page}");
            assert!(how == b'h' || !page.trim().is_empty(), "no reason");
        }
    }
    assert!(!page.contains(EVIL), "{page}");
});

/// What an answer with these parameters may lead to, in the right browser.
struct Deserves {
    redeeming: bool,
    admission: bool,
    provider_error: bool,
}

impl Deserves {
    fn of(parameters: &str, world: &World) -> Self {
        let all: Vec<_> = form_urlencoded::parse(parameters.as_bytes()).collect();
        let values = |name: &str| -> Vec<&str> {
            let named = all.iter().filter(|(key, _)| key == name);
            named.map(|(_, value)| value.as_ref()).collect()
        };
        let state = values("state") == [world.state.as_str()];
        let from_here =
            values("iss").is_empty() || values("iss") == [world.provider.issuer.as_str()];
        let redeeming =
            state && from_here && values("error").is_empty() && values("code").len() == 1;
        Self {
            redeeming,
            admission: redeeming && values("code") == [CODE],
            provider_error: state,
        }
    }
}

/// The status, where it leads, and the page; nothing for a request that cannot be sent.
async fn answer(
    world: &World,
    how: u8,
    parameters: &str,
    cookie: &str,
) -> Option<(StatusCode, Option<String>, String)> {
    let request = |method: Method, query: &str, body: String| {
        let builder = Request::builder()
            .method(method)
            .uri(format!("/bridge/callback{query}"));
        builder
            .header(header::COOKIE, cookie)
            .body(Body::from(body))
            .ok()
    };
    let request = match how {
        b'p' => request(Method::POST, "", parameters.to_owned()),
        b'h' => request(Method::HEAD, &format!("?{parameters}"), String::new()),
        _ => request(Method::GET, &format!("?{parameters}"), String::new()),
    };
    let mut response = world
        .router
        .clone()
        .oneshot(request?)
        .await
        .expect("an answer");
    if how == b'p' && response.status() == StatusCode::SEE_OTHER {
        // The browser's next step.
        let to = told(&response, header::LOCATION);
        let path = to
            .strip_prefix("https://sso.example.org")
            .expect("our own address");
        let next = Request::get(path)
            .header(header::COOKIE, cookie)
            .body(Body::empty());
        response = world
            .router
            .clone()
            .oneshot(next.ok()?)
            .await
            .expect("an answer");
    }
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(
            response
                .headers()
                .get(name)
                .and_then(|found| found.to_str().ok()),
            Some(value)
        );
    }
    assert!(response.headers().contains_key("content-security-policy"));
    assert!(response.headers().contains_key("x-request-id"));
    let status = response.status();
    let location = status
        .is_redirection()
        .then(|| told(&response, header::LOCATION).to_owned());
    let page = to_bytes(response.into_body(), 1 << 20)
        .await
        .expect("a page of a bounded length");
    Some((
        status,
        location,
        String::from_utf8(page.to_vec()).expect("a text"),
    ))
}

fn told(response: &Response, name: header::HeaderName) -> &str {
    let value = response.headers().get(name).expect("the header is there");
    value.to_str().expect("it is a text")
}

fn with_altered_value(cookie: &str, at: usize) -> String {
    let (name, value) = cookie.split_once('=').expect("a cookie");
    format!("{name}={}", altered(value, at))
}
