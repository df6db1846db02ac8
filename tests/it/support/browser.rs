//! A browser: keeps cookies, follows redirects, and says where it came to rest.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use percent_encoding::percent_decode_str;
use reqwest::header::{
    ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION, SET_COOKIE,
};
use url::Url;

use super::bridge::JITSI;

#[derive(Clone, Default)]
pub struct Browser {
    pub client: reqwest::Client,
    pub cookies: BTreeMap<String, String>,
    /// A header that it sends along with every request.
    pub says: Option<(&'static str, &'static str)>,
    language: Option<&'static str>,
}

/// Where a browser came to rest.
#[derive(Debug)]
pub struct Landed {
    pub url: String,
    /// 200 for a meeting's address, which is not really fetched.
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// `Set-Cookie` headers of every hop.
    pub set_cookies: Vec<String>,
}

impl Landed {
    /// The token in a meeting's address.
    pub fn token(&self) -> Option<String> {
        let (_, after) = self.url.split_once("jwt=")?;
        let value = after.split(['&', '#']).next().unwrap();
        Some(
            percent_decode_str(value)
                .decode_utf8()
                .unwrap()
                .trim_matches('"')
                .to_owned(),
        )
    }

    /// Whether the browser is in a meeting.
    pub fn in_meeting(&self) -> bool {
        self.url.starts_with(&format!("{JITSI}/"))
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
            .to_str()
            .unwrap()
    }

    /// The address behind a link of a page.
    #[track_caller]
    pub fn link(&self, label: &str) -> String {
        let upto = self
            .body
            .find(label)
            .unwrap_or_else(|| panic!("no {label:?} in {}", self.body));
        let (_, after) = self.body[..upto].rsplit_once("href=\"").unwrap();
        after
            .split('"')
            .next()
            .unwrap()
            .replace("&#38;", "&")
            .replace("&amp;", "&")
    }
}

impl Landed {
    /// The value of a form's hidden field.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let field = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
        let (_, after) = self
            .body
            .split_once(&field)
            .unwrap_or_else(|| panic!("no {name:?} in {}", self.body));
        after.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    pub fn new() -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // It meets no TLS here, and reading the system's certificates for each browser takes its time.
            .tls_certs_only([])
            .build()
            .unwrap();
        Self {
            client,
            ..Self::default()
        }
    }

    pub fn speaking(language: &'static str) -> Self {
        Self {
            language: Some(language),
            ..Self::new()
        }
    }

    /// Goes to an address and follows every redirect, up to a meeting's address or an answer.
    pub async fn go(&mut self, url: &str) -> Landed {
        let mut set_cookies = Vec::new();
        let mut url = url.to_owned();
        for _ in 0..10 {
            if url.starts_with(JITSI) {
                return Landed {
                    url,
                    status: 200,
                    headers: HeaderMap::new(),
                    body: String::new(),
                    set_cookies,
                };
            }
            let mut landed = self.hop(&url).await;
            set_cookies.append(&mut landed.set_cookies);
            match landed.headers.get(LOCATION) {
                // Relative only within the test provider.
                Some(to) => url = resolved(&url, to.to_str().unwrap()),
                None => {
                    return Landed {
                        set_cookies,
                        ..landed
                    };
                }
            }
        }
        panic!("redirected in circles, last to {url}");
    }

    /// One request, without following.
    pub async fn hop(&mut self, url: &str) -> Landed {
        self.send(url, self.client.get(url)).await
    }

    /// Sends a form, and does not follow.
    pub async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Landed {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let form = (CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = self.client.post(url).header(form.0, form.1).body(body);
        self.send(url, request).await
    }

    async fn send(&mut self, url: &str, mut request: reqwest::RequestBuilder) -> Landed {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        if let Some((name, value)) = self.says {
            request = request.header(name, value);
        }
        if let Some(language) = self.language {
            request = request.header(ACCEPT_LANGUAGE, language);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let set_cookies: Vec<String> = headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|c| c.to_str().unwrap().to_owned())
            .collect();
        for cookie in &set_cookies {
            self.keep(cookie);
        }
        Landed {
            url: url.to_owned(),
            status,
            headers,
            body: response.text().await.unwrap(),
            set_cookies,
        }
    }

    fn keep(&mut self, set_cookie: &str) {
        let mut parts = set_cookie.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        if parts.any(|part| part == "Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// How many logins are under way.
    pub fn logins_under_way(&self) -> usize {
        self.cookies
            .keys()
            .filter(|name| name.contains("jitsi-login-"))
            .count()
    }
}

impl Landed {
    /// Where a redirect leads to.
    #[track_caller]
    pub fn location(&self) -> String {
        self.header("location").to_owned()
    }

    /// Whether a token stands anywhere in it. (No sealed cookie has a full stop in it.)
    pub fn holds_a_token(&self) -> bool {
        let headers = self.headers.values().map(HeaderValue::as_bytes);
        let places = headers
            .chain(self.set_cookies.iter().map(String::as_bytes))
            .chain([self.body.as_bytes(), self.url.as_bytes()]);
        places
            .into_iter()
            .any(|text| text.windows(4).any(|part| part == b".eyJ"))
    }
}

impl Browser {
    /// The cookies as a header.
    pub fn cookie_header(&self) -> String {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Begins a login, and stays before the provider's door: the answer with its `Location`.
    pub async fn begin(&mut self, url: &str) -> String {
        let landed = self.hop(url).await;
        assert_eq!(landed.status, 303, "{landed:?}");
        landed.location()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a browser resolves what it is told"
)]
fn resolved(url: &str, to: &str) -> String {
    Url::parse(url).unwrap().join(to).unwrap().into()
}

/// One request, byte for byte as written: HTTP clients tidy addresses up before a server sees them.
pub async fn raw(origin: &str, method: &str, target: &str, headers: &[(&str, &str)]) -> Landed {
    let address = origin.trim_start_matches("http://").to_owned();
    let ours = [("Connection", "close"), ("Host", address.as_str())];
    let named = |name: &str| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    let ours = ours.iter().filter(|(name, _)| !named(name));
    let lines: Vec<String> = ours
        .chain(headers)
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let head = format!("{method} {target} HTTP/1.1\r\n{}\r\n", lines.concat());
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    });
    let answer = String::from_utf8(answer.await.unwrap()).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers: HeaderMap = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| {
            (
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        })
        .collect();
    let set_cookies = headers.get_all(SET_COOKIE).iter();
    Landed {
        url: target.to_owned(),
        status: status.parse().unwrap(),
        set_cookies: set_cookies
            .map(|cookie| cookie.to_str().unwrap().to_owned())
            .collect(),
        body: body.to_owned(),
        headers,
    }
}
