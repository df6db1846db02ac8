//! Many people at once, in a closed loop: whole logins, rejoins with a live session, and abandoned logins.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use tokio::task::JoinSet;

use crate::http::parameter;
use crate::program::JITSI;

/// What people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journey {
    Login,
    Rejoin,
    Abandoned,
}

/// Those who visit a bridge, or the floor.
#[derive(Clone)]
pub struct Visitors {
    http: reqwest::Client,
    /// As the place calls itself.
    public: String,
    /// Where it is: several replicas, by turns.
    to: Arc<[String]>,
    issuer: String,
    visits: Arc<AtomicU64>,
}

/// What became of a number of journeys.
pub struct Outcome {
    pub took: Duration,
    /// How long people waited in each journey for whom they visit, sorted.
    pub waited: Vec<Duration>,
    /// What went wrong.
    pub failures: Vec<String>,
}

struct Page {
    status: u16,
    location: String,
    cookies: String,
}

impl Visitors {
    pub fn of(to: SocketAddr, issuer: &str) -> Self {
        Self::of_replicas(&[to], issuer)
    }

    /// Each request of a journey goes to another replica, as behind a load balancer. The first one's address is public.
    pub fn of_replicas(to: &[SocketAddr], issuer: &str) -> Self {
        let address = |address: &SocketAddr| format!("http://{address}");
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(1))
            // Before the bridge closes what is idle: a request must not meet its closing half-way.
            .pool_idle_timeout(Duration::from_secs(15))
            .build();
        Self {
            http: http.unwrap(),
            public: to.first().map(address).unwrap_or_default(),
            to: to.iter().map(address).collect(),
            issuer: issuer.to_owned(),
            visits: Arc::default(),
        }
    }

    /// So many journeys, so many at once.
    pub async fn go(&self, journey: Journey, number: u64, at_once: u64) -> Outcome {
        let cookies = match journey {
            Journey::Rejoin => self.session().await.unwrap(),
            Journey::Login | Journey::Abandoned => String::new(),
        };
        let left = Arc::new(AtomicU64::new(number));
        let begun = Instant::now();
        let mut all = JoinSet::new();
        for _ in 0..at_once.min(number) {
            let (visitors, left, cookies) = (self.clone(), left.clone(), cookies.clone());
            all.spawn(async move { visitors.some(journey, &left, &cookies).await });
        }
        let mut waited = Vec::new();
        let mut failures = Vec::new();
        for (one_waited, one_failures) in all.join_all().await {
            waited.extend(one_waited);
            failures.extend(one_failures);
        }
        waited.sort_unstable();
        Outcome {
            took: begun.elapsed(),
            waited,
            failures,
        }
    }

    /// One after the other, as long as some are left.
    async fn some(
        &self,
        journey: Journey,
        left: &AtomicU64,
        cookies: &str,
    ) -> (Vec<Duration>, Vec<String>) {
        let (mut waited, mut failures) = (Vec::new(), Vec::new());
        let one_less = |left: u64| left.checked_sub(1);
        while left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
            .is_ok()
        {
            let begun = Instant::now();
            let ended = match journey {
                Journey::Login => self.login().await.map(drop),
                Journey::Rejoin => self.rejoin(cookies).await,
                Journey::Abandoned => self.begin(self.next()).await.map(drop),
            };
            waited.push(begun.elapsed());
            failures.extend(ended.err());
        }
        (waited, failures)
    }

    fn replica(&self, visit: u64) -> &str {
        let mut turns = self.to.iter().cycle();
        let at = usize::try_from(visit % 64).unwrap_or_default();
        turns.nth(at).map_or("", String::as_str)
    }

    fn next(&self) -> u64 {
        self.visits.fetch_add(1, Ordering::Relaxed)
    }

    /// A whole login: to the provider, which signs everybody in at once, back, and into the room.
    async fn login(&self) -> Result<Page, String> {
        let visit = self.next();
        let begun = self.begin(visit).await?;
        let asked = begun.location.split_once('?').ok_or("no query")?.1;
        let asked = |name| parameter(asked.as_bytes(), name).ok_or("a parameter is missing");
        let callback = asked("redirect_uri")?;
        let callback = callback.strip_prefix(&self.public).ok_or("not back here")?;
        let back = format!(
            "{}{callback}?state={}&code={}&iss={}",
            self.replica(visit + 1),
            asked("state")?,
            asked("nonce")?,
            self.issuer
        );
        let landed = self.get(&back, visit, &begun.cookies).await?;
        landed.is_in(visit)?;
        Ok(landed)
    }

    async fn rejoin(&self, cookies: &str) -> Result<(), String> {
        let visit = self.next();
        let room = format!("{}/room/load-{visit}", self.replica(visit));
        self.get(&room, visit, cookies).await?.is_in(visit)
    }

    async fn begin(&self, visit: u64) -> Result<Page, String> {
        let room = format!("{}/room/load-{visit}", self.replica(visit));
        let begun = self.get(&room, visit, "").await?;
        let to_provider = begun.location.strip_prefix(self.issuer.as_str());
        if begun.status != 303 || to_provider.is_none() {
            return Err(format!("a login does not begin: {}", begun.status));
        }
        Ok(begun)
    }

    /// The cookies of somebody who signed in; the floor has a way to them that is none of its logins.
    async fn session(&self) -> Result<String, String> {
        let floor = self
            .get(&format!("{}/session", self.replica(0)), 0, "")
            .await?;
        if floor.status == 303 {
            return Ok(floor.cookies);
        }
        Ok(self.login().await?.cookies)
    }

    /// One request, from an address that has not been seen for long, as the proxy in front would tell it.
    async fn get(&self, url: &str, visit: u64, cookies: &str) -> Result<Page, String> {
        let [_, a, b, c, ..] = u32::try_from(visit % (1 << 24))
            .unwrap_or_default()
            .to_be_bytes();
        let mut request = self.http.get(url);
        request = request.header("x-forwarded-for", format!("10.{a}.{b}.{c}"));
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        let answered = request.send().await;
        let response = answered.map_err(|error| format!("no answer: {:?}", error.without_url()))?;
        let page = Page::of(response.status().as_u16(), response.headers());
        let body = response.bytes().await;
        body.map_err(|error| format!("half an answer: {:?}", error.without_url()))?;
        Ok(page)
    }
}

impl Page {
    fn of(status: u16, headers: &HeaderMap) -> Self {
        let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let set = headers.get_all(SET_COOKIE).iter();
        let kept = set
            .filter_map(|value| value.to_str().ok())
            .filter(|cookie| !cookie.contains("Max-Age=0"))
            .filter_map(|cookie| cookie.split(';').next());
        Self {
            status,
            location: location.unwrap_or_default().to_owned(),
            cookies: kept.collect::<Vec<_>>().join("; "),
        }
    }

    fn is_in(&self, visit: u64) -> Result<(), String> {
        let room = self.location.strip_prefix(JITSI);
        let token = room.and_then(|rest| rest.strip_prefix(&format!("/load-{visit}#jwt=%22")));
        match token {
            Some(token) if self.status == 303 && token.matches('.').count() == 2 => Ok(()),
            _ => Err(format!("not in the meeting: {}", self.status)),
        }
    }
}

impl Outcome {
    /// The share `part` of all waited no longer than this, in milliseconds.
    pub fn milliseconds(&self, part: f64) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index into a list"
        )]
        let at = (self.waited.len() as f64 * part) as usize;
        let last = self.waited.len().saturating_sub(1);
        let waited = self.waited.get(at.min(last)).copied();
        waited.unwrap_or_default().as_secs_f64() * 1e3
    }
}
