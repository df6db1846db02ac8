//! A wish to join, as a browser brings it: where it is sent, and what comes through of the cookie and the headers.

use axum_extra::extract::cookie::{Cookie, SameSite};
use reqwest::header::{
    AGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, LOCATION, REFERRER_POLICY,
    SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use url::Url;

use super::Visit;
use super::answer::{first_words, is_a_bridges};
use crate::check::provider::unheard_of;
use crate::check::report::Findings;
use crate::config::Config;
use crate::identity::claims::shown;
use crate::identity::http::Answer;
use crate::identity::settings::ProviderSettings;
use crate::meeting::MeetingRequest;
use crate::web::Addresses;
use crate::web::appearance::Appearance;
use crate::web::cookies::CookieSettings;

const JOIN: &str = "public-address-join";
const COOKIES: &str = "public-address-cookies";
const CACHE: &str = "public-address-cache";
const HEADERS: &str = "public-address-headers";

/// Begins a login twice, and finishes none.
pub async fn look(visit: &Visit<'_>, findings: &mut Findings) {
    let Some((settings, path)) = wish(visit.config) else {
        return;
    };
    let Some(first) = begin(visit, settings, &path, findings).await else {
        return;
    };
    let Some(second) = begin(visit, settings, &path, findings).await else {
        return;
    };
    let same = first.headers.get(LOCATION) == second.headers.get(LOCATION);
    cookies(visit, &first, findings);
    cache(&first, same, findings);
    headers(visit.config, &first, findings);
    let to = location(&first).and_then(|to| Url::parse(to).ok());
    let to = to.map_or_else(String::new, |url| url.origin().ascii_serialization());
    findings.good(JOIN, format!("who wants to join is sent to {to}"));
}

/// A room that nobody has ever opened, and nobody will, with a provider that is for it; the home page, where none is for
/// rooms without a tenant.
fn wish(config: &Config) -> Option<(&ProviderSettings, String)> {
    let room = unheard_of()?.replace(['-', '_'], "0").to_lowercase();
    let room = format!("check-{room}");
    let request = MeetingRequest::parse(Some(&room), None, None).ok()?;
    let fitting = config.policy.entrances.providers(&request);
    let mut all = config.providers.iter().map(|provider| &provider.settings);
    let of_room = all.clone().find(|one| fitting.contains(&one.name.as_str()));
    if let Some(settings) = of_room {
        let path = format!("/join?room={room}&idp={}", settings.name);
        return Some((settings, path));
    }
    let settings = all.next()?;
    Some((settings, format!("/sign-in?idp={}", settings.name)))
}

/// The redirect to the provider; nothing when there is none, which is told.
async fn begin(
    visit: &Visit<'_>,
    settings: &ProviderSettings,
    path: &str,
    findings: &mut Findings,
) -> Option<Answer> {
    let answer = match visit.get(path, HeaderMap::new()).await {
        Ok(answer) => answer,
        Err(error) => {
            let said = format!("a wish to join is not answered: {error}");
            findings.fault(JOIN, said, "look at the proxy's log");
            return None;
        }
    };
    let (status, ours) = (answer.status.as_u16(), is_a_bridges(&answer));
    let (said, mend) = match (status, ours) {
        (302 | 303, _) => match astray(visit, settings, &answer) {
            None => return Some(answer),
            Some(said) => (
                said,
                "have the proxy leave Location headers as they are (in nginx: proxy_redirect off)",
            ),
        },
        (_, false) => (
            format!(
                "a wish to join ({}/join) is answered by another program, with {status} {:?}",
                visit.base,
                first_words(&answer)
            ),
            "have the proxy pass on whatever is below this address: Jitsi's own locations take .../join for a room (in nginx: location ^~)",
        ),
        (502, true) => (
            "a wish to join is answered by 502: the provider does not take what the bridge there asks of it".to_owned(),
            "mend what is said of the provider above; the bridge's log has the provider's own words",
        ),
        (500.., true) => (
            format!(
                "a wish to join is answered by {status}: the bridge there does not reach the provider"
            ),
            "look at the bridge's log: from there the provider may have another address, or another firewall, than from here",
        ),
        (_, true) => (
            format!(
                "a wish to join is answered by {status}: {:?}",
                first_words(&answer)
            ),
            "look at the bridge's log; have the proxy pass the query on unchanged",
        ),
    };
    findings.fault(JOIN, said, mend);
    None
}

fn location(answer: &Answer) -> Option<&str> {
    answer.headers.get(LOCATION)?.to_str().ok()
}

/// Where browsers are sent instead of to the provider.
fn astray(visit: &Visit<'_>, settings: &ProviderSettings, answer: &Answer) -> Option<String> {
    let to = location(answer).unwrap_or_default();
    let bare = shown(to.split('?').next().unwrap_or_default());
    let Ok(url) = Url::parse(to) else {
        return Some(format!(
            "who wants to join is sent to {bare:?}, which is no address"
        ));
    };
    let has = |name: &str, value: &str| url.query_pairs().any(|(n, v)| n == name && v == value);
    let redirect_uri = format!("{}{}", visit.base, settings.redirect_path);
    let pushed = url.query_pairs().any(|(name, _)| name == "request_uri");
    let is_ours =
        has("client_id", &settings.client_id) && (pushed || has("redirect_uri", &redirect_uri));
    (!is_ours).then(|| {
        format!("who wants to join is sent to {bare}, and not to the provider with our request")
    })
}

/// The cookie of the login, as browsers get it.
fn cookies(visit: &Visit<'_>, answer: &Answer, findings: &mut Findings) {
    let ours = CookieSettings::new(&visit.config.server.public_url);
    let expected = Cookie::parse(ours.with_login("x", ""));
    let expected = expected.unwrap_or_else(|_| Cookie::from("x"));
    let set: Vec<Cookie<'static>> = answer
        .headers
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|value| Cookie::parse(value.to_str().ok()?.to_owned()).ok())
        .collect();
    let name = ours.login_names();
    let Some(cookie) = set.iter().find(|cookie| cookie.name().starts_with(&name)) else {
        let said = match set.first() {
            Some(other) => format!(
                "the cookie of a login comes through under another name: {} instead of {name}…",
                shown(other.name())
            ),
            None => "the cookie of a login does not come through".to_owned(),
        };
        let mend = "have the proxy leave Set-Cookie headers alone: without this cookie every sign-in ends on an error page";
        findings.fault(COOKIES, said, mend);
        return;
    };
    let mut wrong = Vec::new();
    if cookie.secure().unwrap_or(false) != expected.secure().unwrap_or(false) {
        wrong.push("Secure");
    }
    if cookie.http_only() != Some(true) {
        wrong.push("HttpOnly");
    }
    if cookie.same_site() != Some(SameSite::Lax) {
        wrong.push("SameSite=Lax");
    }
    if cookie.path() != expected.path() {
        wrong.push("Path");
    }
    if cookie.domain().is_some() {
        wrong.push("Domain");
    }
    if wrong.is_empty() {
        findings.good(COOKIES, "the cookie of a login comes through as it was set");
    } else {
        let said = format!(
            "the proxy changes the cookie of a login: its {} is not as it was set",
            wrong.join(", ")
        );
        let mend = "have the proxy leave Set-Cookie headers alone (in nginx: no proxy_cookie_flags, proxy_cookie_path or proxy_cookie_domain): browsers may not send it back otherwise";
        findings.fault(COOKIES, said, mend);
    }
}

/// Nobody may keep an answer: it holds the state of one person's login.
fn cache(answer: &Answer, same: bool, findings: &mut Findings) {
    let mend = "have the proxy keep nothing of the bridge's, and leave Cache-Control alone (in nginx: no proxy_cache, expires or proxy_ignore_headers)";
    let values: Vec<&str> = answer
        .headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    if same || answer.headers.contains_key(AGE) {
        let said =
            "the proxy keeps answers and gives them to others: two people would share a login";
        findings.fault(CACHE, said, mend);
    } else if values.iter().any(|value| value.contains("no-store")) {
        findings.good(CACHE, "answers are kept by nobody on the way");
    } else {
        let said = format!(
            "the proxy changes Cache-Control: {:?} instead of \"no-store\"",
            shown(&values.join(", "))
        );
        findings.fault(CACHE, said, mend);
    }
}

/// Whether each header of safety comes through, once.
fn headers(config: &Config, answer: &Answer, findings: &mut Findings) {
    let (server, jitsi) = (&config.server.public_url, &config.jitsi.url);
    let addresses = Addresses::new(server, jitsi, &config.inline.client_id);
    let appearance = Appearance::new(config.pages.look.clone(), &addresses);
    let expected: [(HeaderName, &str); 4] = [
        (
            CONTENT_SECURITY_POLICY,
            appearance
                .content_security_policy
                .to_str()
                .unwrap_or_default(),
        ),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    let mut wrong = Vec::new();
    for (name, value) in expected {
        let found: Vec<_> = answer.headers.get_all(&name).iter().collect();
        match found.as_slice() {
            [] => wrong.push(format!("{name} is taken away")),
            [one] if *one == value => {}
            [_] => wrong.push(format!("{name} is changed")),
            _ => wrong.push(format!("{name} comes {} times", found.len())),
        }
    }
    if wrong.is_empty() {
        findings.good(HEADERS, "the headers that keep pages safe come through");
    } else {
        findings.warning(
            HEADERS,
            format!("the proxy changes headers that keep pages safe: {}", wrong.join(", ")),
            "have the proxy add none of these below this address, and take none away (in nginx: add_header, proxy_hide_header); the bridge's own are stricter",
        );
    }
}
