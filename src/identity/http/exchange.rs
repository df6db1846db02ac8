//! One request and its answer: bounded, and as it was sent.

use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use url::Url;

use super::failure::Failure;
use super::{Answer, HttpError, LONGEST_ANSWER, chain, without_query};
use crate::identity::claims::shown;

/// Sends a request, and reads its answer as far as answers may go.
pub async fn exchange(url: &Url, request: RequestBuilder) -> Result<Answer, HttpError> {
    let told = || without_query(url);
    let broken = |e: reqwest::Error| HttpError::NoAnswer {
        url: told(),
        failure: Failure::of(&e),
        cause: chain(&e.without_url()),
    };
    let mut response = request.send().await.map_err(broken)?;
    // Nothing is ever unpacked: a few kilobytes could become gigabytes.
    if let Some(encoding) = packed(response.headers()) {
        let url = told();
        return Err(HttpError::Packed { url, encoding });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(HttpError::TooLong { url: told() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status: response.status(),
        media_type: media_type(response.headers()),
        fresh_for: max_age(response.headers()),
        headers: std::mem::take(response.headers_mut()),
        body,
    })
}

/// Any `Content-Encoding` but the one that means none.
fn packed(headers: &HeaderMap) -> Option<String> {
    let encoding = headers.get(CONTENT_ENCODING)?;
    let encoding = String::from_utf8_lossy(encoding.as_bytes()).into_owned();
    let none = encoding.is_empty() || encoding.eq_ignore_ascii_case("identity");
    (!none).then(|| shown(&encoding))
}

fn media_type(headers: &HeaderMap) -> String {
    let whole = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    whole
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers
        .get(CACHE_CONTROL)?
        .to_str()
        .ok()?
        .to_ascii_lowercase();
    let mut directives = directives.split(',').map(str::trim);
    directives.find_map(|directive| match directive {
        "no-store" | "no-cache" => Some(Duration::ZERO),
        _ => directive
            .strip_prefix("max-age=")?
            .parse()
            .ok()
            .map(Duration::from_secs),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_headers_are_obeyed() {
        let age = |text: &'static str| {
            max_age(&HeaderMap::from_iter([(
                CACHE_CONTROL,
                text.parse().unwrap(),
            )]))
        };
        assert_eq!(age("public, max-age=300"), Some(Duration::from_mins(5)));
        assert_eq!(age("no-store, max-age=300"), Some(Duration::ZERO));
        assert_eq!(age("private"), None);
    }
}
