//! Cookies: their names and attributes, the session's and those of logins under way.

use std::cmp::Reverse;

use axum::http::{HeaderMap, header};
use axum::response::AppendHeaders;
use time::Duration;
use url::Url;

use crate::session::pending::{self, LOGIN_LIFETIME, Seals};
use crate::session::returns::COUNTED_FOR;

/// The session cookie's name, without a prefix.
const SESSION: &str = "jitsi-session";
/// The name of the cookie that counts visits, without a prefix.
const VISITS: &str = "jitsi-visits";
/// The most logins under way in one browser, and the most that their cookies may weigh together, in bytes: proxies
/// refuse requests with longer headers. The oldest give way.
const MOST_LOGINS: usize = 8;
const MOST_LOGIN_BYTES: usize = 5000;
/// The most cookies that one answer ends: a request may come with any number.
const MOST_ENDED: usize = 50;

/// Names and attributes that follow from the public URL.
///
/// `__Host-` and `__Secure-` (RFC 6265bis, 4.1.3) make browsers refuse a cookie of that name from elsewhere.
#[derive(Debug, Clone)]
pub struct CookieSettings {
    prefix: &'static str,
    session: String,
    visits: String,
    /// What follows the value, up to the number of seconds that it lives.
    attributes: String,
}

/// A `Set-Cookie` header's value.
pub type SetCookie = String;

impl CookieSettings {
    /// Cookies for a server at this address.
    #[must_use]
    pub fn new(public_url: &Url) -> Self {
        let secure = public_url.scheme() == "https";
        let path = public_url.path().trim_end_matches('/');
        let prefix = match (secure, path) {
            (true, "") => "__Host-",
            (true, _) => "__Secure-",
            (false, _) => "",
        };
        let secure = if secure { "; Secure" } else { "" };
        let path = if path.is_empty() { "/" } else { path };
        Self {
            prefix,
            session: format!("{prefix}{SESSION}"),
            visits: format!("{prefix}{VISITS}"),
            attributes: format!("; HttpOnly; SameSite=Lax{secure}; Path={path}; Max-Age="),
        }
    }

    fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn cookie(&self, name: &str, value: &str, life: Duration) -> SetCookie {
        let seconds = life.whole_seconds().to_string();
        [name, "=", value, &self.attributes, &seconds].concat()
    }

    fn expired(&self, name: &str) -> SetCookie {
        self.cookie(name, "", Duration::ZERO)
    }

    /// The browser's session id.
    #[must_use]
    pub fn session<'a>(&self, cookies: Cookies<'a>) -> Option<&'a str> {
        cookies.get(&self.session)
    }

    /// A cookie with a session id.
    #[must_use]
    pub fn with_session(&self, id: &str, life: Duration) -> SetCookie {
        self.cookie(&self.session, id, life)
    }

    /// Ends the session's cookie.
    #[must_use]
    pub fn without_session(&self) -> SetCookie {
        self.expired(&self.session)
    }

    /// The browser's sealed visits.
    #[must_use]
    pub fn visits<'a>(&self, cookies: Cookies<'a>) -> Option<&'a str> {
        cookies.get(&self.visits)
    }

    /// A cookie with sealed visits.
    #[must_use]
    pub fn with_visits(&self, sealed: &str) -> SetCookie {
        self.cookie(&self.visits, sealed, COUNTED_FOR)
    }

    /// The cookie of the login under way by this name.
    #[must_use]
    pub fn login<'a>(&self, cookies: Cookies<'a>, name: &str) -> Option<&'a str> {
        cookies.get(&self.named(name))
    }

    /// What the names of cookies for logins under way begin with.
    #[must_use]
    pub fn login_names(&self) -> String {
        self.named(pending::COOKIE_NAME)
    }

    /// A cookie for a login under way.
    #[must_use]
    pub fn with_login(&self, name: &str, value: &str) -> SetCookie {
        self.cookie(&self.named(name), value, LOGIN_LIFETIME)
    }

    /// Ends the cookie of the login under way by this name.
    #[must_use]
    pub fn without_login(&self, name: &str) -> SetCookie {
        self.expired(&self.named(name))
    }

    /// Ends the cookies of the oldest logins under way, so that a new one of so many bytes finds room.
    #[must_use]
    pub fn make_room(
        &self,
        cookies: Cookies<'_>,
        seals: &Seals,
        new_bytes: usize,
    ) -> Vec<SetCookie> {
        let ours = self.login_names();
        let mut logins: Vec<(i64, &str, &str)> = cookies
            .all()
            .filter(|(name, _)| name.starts_with(&ours))
            .map(|(name, value)| (seals.begun_at(value).unwrap_or(i64::MIN), name, value))
            .collect();
        // The youngest first; those that do not fit any more give way.
        logins.sort_by_key(|(begun_at, _, _)| Reverse(*begun_at));
        let mut bytes = new_bytes;
        let mut kept = 1;
        let mut gone = Vec::new();
        for (_, name, value) in logins {
            bytes += value.len();
            if kept < MOST_LOGINS && bytes <= MOST_LOGIN_BYTES {
                kept += 1;
            } else if gone.len() < MOST_ENDED {
                gone.push(self.expired(name));
            }
        }
        gone
    }
}

/// The cookies of a request, by their names as they stand. (`CookieJar::from_headers` decodes names: a sibling host could
/// set `%5F%5FHost-…`, which browsers let it, and have it taken for `__Host-…`, which they do not.)
#[derive(Clone, Copy)]
pub struct Cookies<'a>(&'a HeaderMap);

impl<'a> Cookies<'a> {
    /// Those that came with these headers.
    #[must_use]
    pub fn of(headers: &'a HeaderMap) -> Self {
        Self(headers)
    }

    /// The value of the cookie by this name. One that comes twice counts as absent, since nobody can tell which of the two
    /// is ours.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a str> {
        let mut named = self.all().filter(|(other, _)| *other == name);
        match (named.next(), named.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// Names and values, as they came.
    fn all(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let headers = self.0.get_all(header::COOKIE).iter();
        headers
            .filter_map(|value| std::str::from_utf8(value.as_bytes()).ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|cookie| cookie.split_once('='))
            .map(|(name, value)| (name.trim_ascii(), value.trim_ascii()))
    }
}

/// Several `Set-Cookie` headers.
pub fn set_cookies(
    cookies: Vec<SetCookie>,
) -> AppendHeaders<impl Iterator<Item = (header::HeaderName, SetCookie)>> {
    let named = |cookie| (header::SET_COOKIE, cookie);
    AppendHeaders(cookies.into_iter().map(named))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(cookies: &[&'static [u8]]) -> HeaderMap {
        let values = cookies
            .iter()
            .map(|text| HeaderValue::from_bytes(text).unwrap());
        values.map(|value| (header::COOKIE, value)).collect()
    }

    #[test]
    fn a_cookie_counts_by_its_name_as_it_stands_and_once() {
        let headers = headers(&[
            b"a=1; b = 2 ;c=x=y; d; %61=7; twice=1; A=3",
            b"e=5;twice=2; =6",
            b"f=\xff; a=8",
        ]);
        let get = |name| Cookies::of(&headers).get(name);
        assert_eq!(get("a"), Some("1"));
        assert_eq!(get("b"), Some("2"));
        assert_eq!(get("c"), Some("x=y"));
        assert_eq!(get("e"), Some("5"));
        for absent in ["d", "twice", "f", "g"] {
            assert_eq!(get(absent), None, "{absent}");
        }
    }
}
