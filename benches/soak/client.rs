//! One client of the closed loop: a few people at their browsers, who sign in, come back, give up, and sign out.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::program::{JITSI, TOKEN_SECRET};
use crate::provider::Provider;
use crate::tally::{Kind, Tally};

/// The people of one client.
pub const PEOPLE: usize = 8;
/// How long sessions live, as the bridge is told. The table of sessions has its size when the first that browsers lost end,
/// and what is remembered of ended ones when a whole life is over: both early, so that memory can be compared.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
pub const LIFETIME: Duration = Duration::from_secs(30);
/// Nobody relies on a session that may be about to end.
const LEEWAY: Duration = Duration::from_secs(10);

pub struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) http: reqwest::Client,
    pub(crate) random: Random,
    /// Connections on which half a request was sent.
    pub(crate) left_open: VecDeque<TcpStream>,
    provider: Arc<Provider>,
    tally: Arc<Tally>,
    people: Vec<Browser>,
    rooms: u64,
    number: usize,
}

/// A browser, and who sits before it.
pub struct Browser {
    /// Where it is, as the proxy in front would tell.
    address: String,
    subject: String,
    cookies: BTreeMap<String, String>,
    session: Option<Session>,
}

#[derive(Clone, Copy)]
struct Session {
    since: Instant,
    seen: Instant,
}

/// An answer of the bridge, read to its end.
pub struct Answer {
    pub status: StatusCode,
    location: String,
    set_cookies: Vec<String>,
}

impl Client {
    pub fn new(
        number: usize,
        address: SocketAddr,
        provider: Arc<Provider>,
        tally: Arc<Tally>,
    ) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(1))
            // Before the bridge closes what is idle: a request must not meet its closing half-way.
            .pool_idle_timeout(Duration::from_secs(15))
            .build()
            .unwrap();
        let browser = |person| Browser {
            address: format!("10.{}.{}.{}", number / 256, number % 256, person + 1),
            subject: format!("s-{number}-{person}"),
            cookies: BTreeMap::new(),
            session: None,
        };
        Self {
            address,
            http,
            random: Random(number as u64 + 1),
            left_open: VecDeque::new(),
            provider,
            tally,
            people: (0..PEOPLE).map(browser).collect(),
            rooms: 0,
            number,
        }
    }

    /// Goes on until the end, one journey after the other.
    pub async fn run(mut self, end: Instant) {
        while Instant::now() < end {
            let person = self.random.below(PEOPLE);
            let (kind, outcome) = match self.random.below(100) {
                0..35 => match self.with_live_session() {
                    Some(person) => (Kind::Rejoin, self.rejoin(person).await),
                    None => (Kind::Login, self.sign_in(person).await),
                },
                35..74 => (Kind::Login, self.sign_in(person).await),
                74..89 => (Kind::Abandoned, self.give_up(person).await),
                89..99 => (Kind::Garbage, self.send_garbage().await),
                _ => (Kind::SignOut, self.sign_out(person).await),
            };
            self.tally.journey(kind, outcome);
        }
    }

    /// Somebody whose session is certain to live.
    fn with_live_session(&mut self) -> Option<usize> {
        let first = self.random.below(PEOPLE);
        let mut everybody = (first..PEOPLE).chain(0..first);
        everybody.find(|person| self.people.get(*person).is_some_and(Browser::is_signed_in))
    }

    /// A whole login. A quarter of them from a browser that has lost its cookies: that session is left behind.
    async fn sign_in(&mut self, person: usize) -> Result<(), String> {
        if self.random.below(4) == 0 {
            self.people[person].cookies.clear();
            self.people[person].session = None;
        }
        let room = self.next_room();
        let begun = self.visit(person, &format!("{room}?prompt=login")).await?;
        if begun.status != StatusCode::SEE_OTHER || !self.provider.is_asked_by(&begun.location) {
            return Err(begun.told("a login does not begin"));
        }
        let subject = self.people[person].subject.clone();
        let back = self.provider.sign_in(&begun.location, &subject)?;
        self.people[person].session = None;
        let landed = self.send(person, self.http.get(&back)).await?;
        let now = Instant::now();
        self.people[person].session = Some(Session {
            since: now,
            seen: now,
        });
        landed.is_in(&room)
    }

    /// With a live session straight into the room, without the provider.
    async fn rejoin(&mut self, person: usize) -> Result<(), String> {
        let room = self.next_room();
        let landed = self.visit(person, &room).await?;
        if let Some(session) = &mut self.people[person].session {
            session.seen = Instant::now();
        }
        landed.is_in(&room)
    }

    /// To the provider, and never back.
    async fn give_up(&mut self, person: usize) -> Result<(), String> {
        let room = self.next_room();
        let begun = self.visit(person, &format!("{room}?prompt=login")).await?;
        if self.provider.is_asked_by(&begun.location) {
            Ok(())
        } else {
            Err(begun.told("a login does not begin"))
        }
    }

    /// Signs out; the next meeting asks for a login again.
    async fn sign_out(&mut self, person: usize) -> Result<(), String> {
        self.people[person].session = None;
        let left = self.send(person, self.http.get(self.at("/logout"))).await?;
        if left.status != StatusCode::OK {
            return Err(left.told("the sign-out fails"));
        }
        let room = self.next_room();
        let begun = self.visit(person, &room).await?;
        if self.provider.is_asked_by(&begun.location) {
            Ok(())
        } else {
            Err(begun.told("the sign-out signed nobody out"))
        }
    }

    /// A room that this client has not been to, so that nobody seems to go in circles.
    fn next_room(&mut self) -> String {
        self.rooms += 1;
        format!("soak-{}-{}", self.number, self.rooms)
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn visit(&mut self, person: usize, room: &str) -> Result<Answer, String> {
        let url = self.at(&format!("/room/{room}"));
        self.send(person, self.http.get(url)).await
    }

    /// One request from somebody's browser.
    async fn send(&mut self, person: usize, request: RequestBuilder) -> Result<Answer, String> {
        let browser = &self.people[person];
        let cookies = browser.cookies.iter();
        let cookies: Vec<String> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = if cookies.is_empty() {
            request
        } else {
            request.header(COOKIE, cookies.join("; "))
        };
        let address = browser.address.clone();
        let answer = self.answered(request, &address).await?;
        self.people[person].keep(&answer.set_cookies);
        Ok(answer)
    }

    /// One request without any cookies, from an address.
    pub(crate) async fn answered(
        &self,
        request: RequestBuilder,
        from: &str,
    ) -> Result<Answer, String> {
        let begun = Instant::now();
        let answered = request.header("x-forwarded-for", from).send().await;
        let response = answered.map_err(|error| format!("no answer: {error:?}"))?;
        let status = response.status();
        let headers = response.headers();
        let text = |name| {
            let all = headers.get_all(name).iter();
            all.filter_map(|value| value.to_str().ok().map(str::to_owned))
        };
        let location = text(LOCATION).next().unwrap_or_default();
        let set_cookies = text(SET_COOKIE).collect();
        let body = response.bytes().await;
        body.map_err(|error| format!("half an answer: {error:?}"))?;
        self.tally.request(begun.elapsed());
        Ok(Answer {
            status,
            location,
            set_cookies,
        })
    }
}

impl Browser {
    fn is_signed_in(&self) -> bool {
        self.session.is_some_and(|session| {
            session.since.elapsed() + LEEWAY < LIFETIME
                && session.seen.elapsed() + LEEWAY < IDLE_TIMEOUT
        })
    }

    fn keep(&mut self, set_cookies: &[String]) {
        for cookie in set_cookies {
            let mut parts = cookie.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if parts.any(|part| part == "Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Answer {
    /// For reports: no token, code or state.
    pub fn told(&self, what: &str) -> String {
        let to = self.location.split(['?', '#']).next().unwrap_or_default();
        format!("{what}: {} {to}", self.status)
    }

    /// The way into this room, with a token of ours that opens it and no other.
    fn is_in(&self, room: &str) -> Result<(), String> {
        let token = self
            .location
            .strip_prefix(&format!("{JITSI}/{room}#jwt=%22"))
            .and_then(|rest| rest.split("%22").next());
        let Some(token) = token.filter(|_| self.status == StatusCode::SEE_OTHER) else {
            return Err(self.told("not in the meeting"));
        };
        let key = DecodingKey::from_secret(TOKEN_SECRET.as_bytes());
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&["jitsi"]);
        validation.set_issuer(&["jitsi"]);
        let decoded = decode::<Value>(token, &key, &validation);
        let decoded = decoded.map_err(|error| format!("a bad token: {error}"))?;
        if decoded.claims.get("room").and_then(Value::as_str) == Some(room) {
            Ok(())
        } else {
            Err("the token opens another room".to_owned())
        }
    }
}

/// Numbers that are the same in every soak (xorshift64).
pub struct Random(u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound
    }
}
