//! The bridge as browsers reach it: through DNS, TLS and the reverse proxy, with what that changes on the way.
//!
//! Only a bridge that runs can be looked at. It is asked as anybody may ask it; how a request arrives it shows to whoever
//! has its secrets (see [`crate::mirror`]).

mod answer;
mod arrival;
mod health;
mod length;
mod login;
mod own_machine;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use url::Url;

pub use self::own_machine::reachable;
use super::report::Findings;
use crate::clock::SharedClock;
use crate::config::Config;
use crate::identity::http::{Answer, HttpError, ProviderHttp};

/// How long an answer may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// A visit to the bridge.
struct Visit<'a> {
    config: &'a Config,
    http: ProviderHttp,
    /// `server.public_url` without the slash at its end.
    base: String,
    clock: &'a SharedClock,
}

impl Visit<'_> {
    /// An address below ours; ours itself should that be none.
    fn at(&self, path: &str) -> Url {
        let url = Url::parse(&format!("{}{path}", self.base));
        url.unwrap_or_else(|_| self.config.server.public_url.clone())
    }

    async fn get(&self, path: &str, further: HeaderMap) -> Result<Answer, HttpError> {
        let mut headers = further;
        headers.insert(ACCEPT, HeaderValue::from_static("text/html,*/*"));
        self.http.get_with(&self.at(path), headers).await
    }
}

/// Looks at the bridge from outside.
pub async fn look(config: &Config, clock: &SharedClock) -> Findings {
    let mut findings = Findings::default();
    let public_url = &config.server.public_url;
    // Browsers trust what the company's machines trust; here that is what stands in the configuration.
    let extra_ca: Vec<u8> = config
        .providers
        .iter()
        .filter_map(|provider| provider.extra_ca.as_deref())
        .flat_map(|ca| [ca, b"\n"].concat())
        .collect();
    let extra_ca = Some(extra_ca.as_slice()).filter(|ca| !ca.is_empty());
    let http = match ProviderHttp::new(PATIENCE, extra_ca, public_url, None) {
        Ok(http) => http,
        Err(error) => {
            let mend = "look at the system's certificates";
            findings.fault(health::REACH.connection, error.to_string(), mend);
            return findings;
        }
    };
    let visit = Visit {
        config,
        http,
        base: public_url.as_str().trim_end_matches('/').to_owned(),
        clock,
    };
    if !health::look(&visit, &mut findings).await {
        return findings;
    }
    let known = arrival::look(&visit, &mut findings).await;
    login::look(&visit, &mut findings).await;
    length::look(&visit, known, &mut findings).await;
    findings
}
