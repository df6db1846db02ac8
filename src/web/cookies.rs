//! Cookies: their names and attributes, the session's and those of logins under way.

use axum::http::{HeaderMap, header};
use axum::response::AppendHeaders;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
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
    path: String,
    secure: bool,
}

impl CookieSettings {
    /// Cookies for a server at this address.
    #[must_use]
    pub fn new(public_url: &Url) -> Self {
        let secure = public_url.scheme() == "https";
        let path = public_url.path().trim_end_matches('/');
        Self {
            prefix: match (secure, path) {
                (true, "") => "__Host-",
                (true, _) => "__Secure-",
                (false, _) => "",
            },
            path: if path.is_empty() {
                "/".to_owned()
            } else {
                path.to_owned()
            },
            secure,
        }
    }

    fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn cookie(&self, name: String, value: String, life: Duration) -> Cookie<'static> {
        Cookie::build((name, value))
            .path(self.path.clone())
            .secure(self.secure)
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(life)
            .build()
    }

    fn expired(&self, name: String) -> Cookie<'static> {
        self.cookie(name, String::new(), Duration::ZERO)
    }

    /// The browser's session id.
    #[must_use]
    pub fn session(&self, jar: &CookieJar) -> Option<String> {
        jar.get(&self.named(SESSION))
            .map(|cookie| cookie.value().to_owned())
    }

    /// A cookie with a session id.
    #[must_use]
    pub fn with_session(&self, id: String, life: Duration) -> Cookie<'static> {
        self.cookie(self.named(SESSION), id, life)
    }

    /// Ends the session's cookie.
    #[must_use]
    pub fn without_session(&self) -> Cookie<'static> {
        self.expired(self.named(SESSION))
    }

    /// The browser's sealed visits.
    #[must_use]
    pub fn visits<'a>(&self, jar: &'a CookieJar) -> Option<&'a str> {
        jar.get(&self.named(VISITS)).map(Cookie::value)
    }

    /// A cookie with sealed visits.
    #[must_use]
    pub fn with_visits(&self, sealed: String) -> Cookie<'static> {
        self.cookie(self.named(VISITS), sealed, COUNTED_FOR)
    }

    /// The cookie of the login that belongs to a `state`.
    #[must_use]
    pub fn login(&self, jar: &CookieJar, state: &str) -> Option<String> {
        jar.get(&self.named(&pending::cookie_name(state)))
            .map(|cookie| cookie.value().to_owned())
    }

    /// What the names of cookies for logins under way begin with.
    #[must_use]
    pub fn login_names(&self) -> String {
        self.named(pending::COOKIE_NAME)
    }

    /// A cookie for a login under way.
    #[must_use]
    pub fn with_login(&self, name: &str, value: String) -> Cookie<'static> {
        self.cookie(self.named(name), value, LOGIN_LIFETIME)
    }

    /// Ends the cookie of the login that belongs to a `state`.
    #[must_use]
    pub fn without_login(&self, state: &str) -> Cookie<'static> {
        self.expired(self.named(&pending::cookie_name(state)))
    }

    /// Ends the cookies of the oldest logins under way, so that a new one of so many bytes finds room.
    #[must_use]
    pub fn make_room(
        &self,
        jar: &CookieJar,
        seals: &Seals,
        new_bytes: usize,
    ) -> Vec<Cookie<'static>> {
        let ours = self.named(pending::COOKIE_NAME);
        let mut logins: Vec<(i64, &Cookie<'_>)> = jar
            .iter()
            .filter(|cookie| cookie.name().starts_with(&ours))
            .map(|cookie| (seals.begun_at(cookie.value()).unwrap_or(i64::MIN), cookie))
            .collect();
        // The youngest first; those that do not fit any more give way.
        logins.sort_by_key(|(begun_at, _)| std::cmp::Reverse(*begun_at));
        let mut bytes = new_bytes;
        let mut kept = 1;
        let mut gone = Vec::new();
        for (_, cookie) in logins {
            bytes += cookie.value().len();
            if kept < MOST_LOGINS && bytes <= MOST_LOGIN_BYTES {
                kept += 1;
            } else if gone.len() < MOST_ENDED {
                gone.push(self.expired(cookie.name().to_owned()));
            }
        }
        gone
    }
}

/// The cookies of a request, by their names as they stand. (`CookieJar::from_headers` decodes names: a sibling host could
/// set `%5F%5FHost-…`, which browsers let it, and have it taken for `__Host-…`, which they do not.) A name that comes twice
/// counts as absent, since nobody can tell which of the two is ours.
pub fn of(headers: &HeaderMap) -> CookieJar {
    let all: Vec<Cookie<'static>> = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|cookie| Cookie::parse(cookie.trim().to_owned()).ok())
        .collect();
    let mut names: Vec<&str> = all.iter().map(Cookie::name).collect();
    names.sort_unstable();
    let twice: Vec<String> = names
        .windows(2)
        .filter_map(|pair| match pair {
            [one, other] if one == other => Some((*one).to_owned()),
            _ => None,
        })
        .collect();
    all.into_iter()
        .filter(|cookie| !twice.iter().any(|name| name == cookie.name()))
        .fold(CookieJar::new(), CookieJar::add)
}

/// Several `Set-Cookie` headers.
pub fn set_cookies(
    cookies: Vec<Cookie<'static>>,
) -> AppendHeaders<Vec<(header::HeaderName, String)>> {
    AppendHeaders(
        cookies
            .into_iter()
            .map(|cookie| (header::SET_COOKIE, cookie.to_string()))
            .collect(),
    )
}
