//! Jitsi's pages, fetched as a browser would.

use std::time::Duration;

use reqwest::StatusCode;
use url::Url;

use super::script::Script;
use crate::check::certificate;
use crate::check::report::Findings;
use crate::config::Config;
use crate::identity::http::{Answer, HttpError, ProviderHttp};

/// How long a page may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// What the finding is called.
const ID: &str = "page-config-js";

/// A page.
pub struct Page(String);

impl Page {
    /// What it holds.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum NoPage {
    /// No answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Another answer than 200.
    #[error("{url} answers {status}")]
    Status {
        /// What was asked.
        url: String,
        /// The status.
        status: StatusCode,
    },
}

/// Jitsi's web server.
pub struct Pages<'a> {
    http: ProviderHttp,
    jitsi: &'a Url,
}

impl<'a> Pages<'a> {
    /// Trusts what the bridge trusts: the system's certificates, and those that the configuration adds for providers.
    pub fn new(config: &'a Config) -> Result<Self, HttpError> {
        let further = certificate::authorities(config);
        let jitsi = &config.jitsi.url;
        Ok(Self {
            http: ProviderHttp::new(TIMEOUT, further.as_deref(), jitsi, None)?,
            jitsi,
        })
    }

    /// A page below `jitsi.url`.
    pub async fn get(&self, path: &str) -> Result<Page, NoPage> {
        let Answer { status, body, .. } = self.http.get(&self.address(path), None).await?;
        if status != StatusCode::OK {
            let url = self.address(path).to_string();
            return Err(NoPage::Status { url, status });
        }
        Ok(Page(String::from_utf8_lossy(&body).into_owned()))
    }

    /// Jitsi's configuration; otherwise says why there is none.
    pub async fn config_js(&self, findings: &mut Findings) -> Option<Script> {
        let url = self.address("config.js");
        let page = match self.get("config.js").await {
            Ok(page) => page,
            Err(NoPage::Status { status, .. }) if status.is_redirection() => {
                let said = format!("{url} answers {status}: it leads somewhere else");
                let mend = "Write as jitsi.url the address at which Jitsi itself answers";
                findings.fault(ID, said, mend);
                return None;
            }
            Err(NoPage::Status { status, .. }) => {
                let said = format!("{url} answers {status}");
                let mend = "Is jitsi.url the address that people open meetings at? Does the proxy in front pass everything on to Jitsi's web server?";
                findings.fault(ID, said, mend);
                return None;
            }
            Err(NoPage::Http(error)) => {
                let mend = "Is jitsi.url right, does Jitsi run, and may this machine reach it? With a certificate of your own authority, see provider.ca_file; behind the same proxy, a container may need the host's name in extra_hosts";
                findings.fault(ID, error.to_string(), mend);
                return None;
            }
        };
        let script = self.read(page.text());
        if !script.has_config() {
            let what = if looks_like_html(page.text()) {
                "a page"
            } else {
                "something else"
            };
            let said = format!("{url} is {what}, not Jitsi's config.js: it sets no config");
            let mend = "Is jitsi.url the address of Jitsi, and not of another program behind the same proxy?";
            findings.fault(ID, said, mend);
            return None;
        }
        findings.good(ID, format!("{url} was read"));
        Some(script)
    }

    fn read(&self, text: &str) -> Script {
        let origin = self.jitsi.origin().ascii_serialization();
        let hostname = self.jitsi.host_str().unwrap_or_default();
        let host = origin.split_once("://").map_or(hostname, |(_, host)| host);
        let known = [
            ("location.origin", origin.as_str()),
            ("location.host", host),
            ("location.hostname", hostname),
        ];
        Script::read(text, &known)
    }

    fn address(&self, path: &str) -> Url {
        let mut url = self.jitsi.clone();
        let prefix = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{prefix}/{path}"));
        url
    }
}

fn looks_like_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(64).collect();
    let start = start.to_ascii_lowercase();
    start.starts_with("<!doctype") || start.starts_with("<html")
}
