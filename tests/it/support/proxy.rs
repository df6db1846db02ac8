//! A reverse proxy that misbehaves by name.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use tokio::net::TcpListener;

/// Ways to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twist {
    /// None.
    Good,
    /// Takes the path /sso away, as it may.
    TakesPathAway,
    /// Writes the path twice.
    DoublesPath,
    /// Shows Jitsi's page for whatever is asked.
    ShowsJitsi,
    /// Takes /join for a room of Jitsi's.
    TakesJoinForARoom,
    /// Knows no such path.
    KnowsNoPath,
    /// Sends everybody to https.
    SendsToHttps,
    /// Wants a password.
    WantsAPassword,
    /// Says that it is not spoken to in https.
    WantsHttps,
    /// Does not say for whom it asks.
    NamesNobody,
    /// Lets visitors say who they are.
    LetsVisitorsSay,
    /// Sets no cookie.
    DropsCookies,
    /// Calls cookies something else.
    RenamesCookies,
    /// Takes `HttpOnly` off.
    OpensCookies,
    /// Writes `SameSite=None`.
    SendsCookiesAnywhere,
    /// Cookies for another path.
    MovesCookies,
    /// Says that everything may be kept.
    LetsKeep,
    /// Keeps the first answer to a wish to join.
    Keeps,
    /// Adds a header of safety.
    AddsFrameOptions,
    /// Takes one away.
    DropsPolicy,
    /// Rewrites where browsers are sent.
    RewritesLocations,
    /// Refuses long requests.
    RefusesLongRequests,
    /// Refuses long answers.
    RefusesLongAnswers,
    /// Leaves the query out.
    DropsQueries,
}

#[derive(Clone)]
pub struct Proxy {
    /// `http://127.0.0.1:…`
    pub origin: String,
    shared: Arc<Mutex<Shared>>,
    client: reqwest::Client,
}

struct Shared {
    behind: Option<String>,
    twist: Twist,
    kept: Option<(HeaderMap, StatusCode)>,
}

impl Proxy {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        let proxy = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            shared: Arc::new(Mutex::new(Shared {
                behind: None,
                twist: Twist::Good,
                kept: None,
            })),
            client: client.build().unwrap(),
        };
        let router = Router::new().fallback(answer).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        proxy
    }

    /// Passes on to this origin from now on.
    pub fn stands_before(&self, origin: &str) {
        self.shared.lock().unwrap().behind = Some(origin.to_owned());
    }

    /// Nobody is behind it any more.
    pub fn stands_alone(&self) {
        self.shared.lock().unwrap().behind = None;
    }

    pub fn misbehaves(&self, twist: Twist) {
        let mut shared = self.shared.lock().unwrap();
        shared.twist = twist;
        shared.kept = None;
    }

    async fn pass_on(&self, behind: &str, request: Request, twist: Twist) -> Response {
        let path = request.uri().path().to_owned();
        let path = match twist {
            Twist::TakesPathAway => path.strip_prefix("/sso").unwrap_or(&path).to_owned(),
            Twist::DoublesPath => format!("/sso{path}"),
            _ => path,
        };
        let query = match (request.uri().query(), twist) {
            (Some(query), twist) if twist != Twist::DropsQueries => format!("?{query}"),
            _ => String::new(),
        };
        let mut headers = request.headers().clone();
        headers.remove(header::HOST);
        let visitor = HeaderValue::from_static("192.0.2.9");
        match twist {
            Twist::NamesNobody => drop(headers.remove("x-forwarded-for")),
            Twist::LetsVisitorsSay => {}
            _ => drop(headers.insert("x-forwarded-for", visitor)),
        }
        let method = request.method().clone();
        let body = to_bytes(request.into_body(), 1 << 20).await.unwrap();
        let asked = self
            .client
            .request(method, format!("{behind}{path}{query}"))
            .headers(headers)
            .body(body);
        let Ok(answered) = asked.send().await else {
            return StatusCode::BAD_GATEWAY.into_response();
        };
        let mut response = StatusCode::from_u16(answered.status().as_u16())
            .unwrap()
            .into_response();
        *response.headers_mut() = answered.headers().clone();
        *response.body_mut() = Body::from(answered.bytes().await.unwrap());
        response
    }
}

async fn answer(State(proxy): State<Proxy>, request: Request) -> Response {
    let (behind, twist) = {
        let shared = proxy.shared.lock().unwrap();
        (shared.behind.clone(), shared.twist)
    };
    let path = request.uri().path().to_owned();
    let length = request.uri().to_string().len();
    match twist {
        Twist::ShowsJitsi => return Html("<title>Jitsi Meet</title>").into_response(),
        Twist::TakesJoinForARoom if path.ends_with("/join") => {
            return Html("<title>Jitsi Meet</title>").into_response();
        }
        Twist::KnowsNoPath => return StatusCode::NOT_FOUND.into_response(),
        Twist::SendsToHttps => {
            return Redirect::permanent("https://other.example/x?y").into_response();
        }
        Twist::WantsAPassword => return StatusCode::UNAUTHORIZED.into_response(),
        Twist::WantsHttps => {
            let said = "The plain HTTP request was sent to HTTPS port";
            return (StatusCode::BAD_REQUEST, said).into_response();
        }
        Twist::RefusesLongRequests if length > 4096 => {
            return StatusCode::URI_TOO_LONG.into_response();
        }
        _ => {}
    }
    let Some(behind) = behind else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let response = proxy.pass_on(&behind, request, twist).await;
    twisted(&proxy, twist, &path, response)
}

fn twisted(proxy: &Proxy, twist: Twist, path: &str, mut response: Response) -> Response {
    let headers = response.headers_mut();
    let text = |value: &'static str| HeaderValue::from_static(value);
    match twist {
        Twist::DropsCookies => drop(headers.remove(header::SET_COOKIE)),
        Twist::RenamesCookies => on_cookies(headers, |cookie| format!("proxied-{cookie}")),
        Twist::OpensCookies => on_cookies(headers, |cookie| cookie.replace("; HttpOnly", "")),
        Twist::SendsCookiesAnywhere => {
            on_cookies(headers, |cookie| {
                cookie.replace("SameSite=Lax", "SameSite=None")
            });
        }
        Twist::MovesCookies => on_cookies(headers, |cookie| cookie.replace("Path=/sso", "Path=/")),
        Twist::LetsKeep => {
            headers.insert(header::CACHE_CONTROL, text("public, max-age=600"));
        }
        Twist::AddsFrameOptions => {
            headers.append(header::X_FRAME_OPTIONS, text("SAMEORIGIN"));
        }
        Twist::DropsPolicy => drop(headers.remove(header::CONTENT_SECURITY_POLICY)),
        Twist::RewritesLocations if headers.contains_key(header::LOCATION) => {
            headers.insert(
                header::LOCATION,
                text("https://proxy.example/?state=secret"),
            );
        }
        Twist::RefusesLongAnswers if headers.values().any(|value| value.len() > 4096) => {
            return StatusCode::BAD_GATEWAY.into_response();
        }
        Twist::Keeps if path.ends_with("/join") => {
            let mut shared = proxy.shared.lock().unwrap();
            let now = (headers.clone(), response.status());
            let (kept, status) = shared.kept.get_or_insert(now).clone();
            *response.headers_mut() = kept;
            *response.status_mut() = status;
        }
        _ => {}
    }
    response
}

fn on_cookies(headers: &mut HeaderMap, change: impl Fn(&str) -> String) {
    let cookies: Vec<String> = headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|value| change(value.to_str().unwrap()))
        .collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie.parse().unwrap());
    }
}
