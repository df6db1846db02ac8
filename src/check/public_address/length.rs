//! Whether what is long comes through: callbacks, browsers' cookies, and the way back to the meeting with its token.

use reqwest::header::{COOKIE, HeaderMap, HeaderValue};

use super::Visit;
use super::answer::is_a_bridges;
use super::arrival::ask;
use crate::check::report::Findings;
use crate::mirror::MirrorKey;

const REQUESTS: &str = "public-address-long-requests";
const ANSWERS: &str = "public-address-long-answers";

/// A code and a state as long as providers and Jitsi make them, and what cookies may weigh together.
const LONG_CODE: usize = 2000;
const LONG_STATE: usize = 4000;
const LONG_COOKIES: usize = 5000;
/// A way back into the meeting, with a token of many groups and features.
const LONG_HEADER: usize = 7000;

/// Sends what is long, and asks for something long where the bridge is known.
pub async fn look(visit: &Visit<'_>, known: bool, findings: &mut Findings) {
    requests(visit, findings).await;
    let Some(key) = MirrorKey::of(visit.config).filter(|_| known) else {
        return;
    };
    match ask(visit, &key, LONG_HEADER).await {
        Some((long, _)) if long == LONG_HEADER => {
            findings.good(ANSWERS, "long answers come through");
        }
        _ => findings.fault(
            ANSWERS,
            "an answer with a header of 7 KB does not come through, and the way back into the meeting is such a one: people would see 502 right after signing in",
            "give the proxy more room for headers of answers (in nginx: proxy_buffer_size 16k; proxy_buffers 4 16k)",
        ),
    }
}

async fn requests(visit: &Visit<'_>, findings: &mut Findings) {
    let path = visit.config.providers.first();
    let path = path.map_or("/callback", |p| p.settings.redirect_path.as_str());
    let query = format!(
        "code={}&state={}",
        "c".repeat(LONG_CODE),
        "s".repeat(LONG_STATE)
    );
    let mut headers = HeaderMap::new();
    if let Ok(cookies) = HeaderValue::try_from(format!("check={}", "c".repeat(LONG_COOKIES))) {
        headers.insert(COOKIE, cookies);
    }
    let mend = "give the proxy more room for requests (in nginx: large_client_header_buffers 4 16k), and have no firewall in front judge the query";
    match visit.get(&format!("{path}?{query}"), headers).await {
        // Nobody has begun such a login: the bridge says so, and has read all of it.
        Ok(answer) if is_a_bridges(&answer) => {
            findings.good(REQUESTS, "long requests come through");
        }
        Ok(answer) => findings.fault(
            REQUESTS,
            format!(
                "a way back from the provider with a long query and cookies does not come through: the proxy answers {}",
                answer.status.as_u16()
            ),
            mend,
        ),
        Err(error) => findings.fault(
            REQUESTS,
            format!("a way back from the provider with a long query and cookies is not answered: {error}"),
            mend,
        ),
    }
}
