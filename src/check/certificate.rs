//! Whose certificates are believed; and the one that a server shows, to be told about where it is not.

use std::time::Duration;

use reqwest::tls::TlsInfo;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use crate::config::Config;
use crate::identity::claims::shown;

/// How long to wait for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What stands in a certificate, as far as people need it to see what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Whom it is for.
    pub subject: String,
    /// Who vouches for it.
    pub issuer: String,
    /// Until when.
    pub not_after: Option<OffsetDateTime>,
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "for {:?}, issued by {:?}",
            shown(&self.subject),
            shown(&self.issuer)
        )?;
        match self.not_after.and_then(|at| at.format(&Rfc3339).ok()) {
            Some(at) => write!(f, ", good until {at}"),
            None => Ok(()),
        }
    }
}

/// The authorities that the configuration names for providers, in PEM. What is Jitsi's is believed by them as well: a
/// company has one of its own for both.
pub fn authorities(config: &Config) -> Option<Vec<u8>> {
    let named = config.providers.iter();
    let named: Vec<&[u8]> = named
        .filter_map(|provider| provider.extra_ca.as_deref())
        .collect();
    (!named.is_empty()).then(|| named.join(&b'\n'))
}

/// The certificate that is shown at an address. Nothing where none is shown, or it cannot be read.
///
/// The one place where a certificate is taken that nobody vouches for: it is to be shown, not believed. Whether it is does not
/// matter here, and nothing that the server says is read: what is sent is `HEAD /`, and what
/// comes back is thrown away.
pub async fn shown_at(url: &Url) -> Option<Shown> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .tls_info(true)
        .tls_danger_accept_invalid_certs(true)
        .build()
        .ok()?;
    let mut root = url.clone();
    root.set_path("/");
    root.set_query(None);
    let answer = client.head(root).send().await.ok()?;
    let info = answer.extensions().get::<TlsInfo>()?;
    let certificate = Certificate::from_der(info.peer_certificate()?).ok()?;
    let certificate = certificate.tbs_certificate();
    let not_after = certificate.validity().not_after.to_unix_duration();
    let not_after = i64::try_from(not_after.as_secs()).ok();
    Some(Shown {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        not_after: not_after.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok()),
    })
}
