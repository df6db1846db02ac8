//! `[traces]`: where spans are sent to.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::address::InternalUrl;
use super::reader::Section;
use super::shape::Shape;
use super::source::{Node, Raw};
use super::value::{FromNode, text};

/// Where spans are sent to. All of it needs a restart.
#[derive(Debug, Clone)]
pub struct Traces {
    /// The collector's address for traces, by OTLP over HTTP; nothing where nobody traces.
    pub endpoint: Option<Url>,
    /// Of requests that no trusted proxy has decided about, the part that is traced: from 0 to 1.
    pub ratio: f64,
    /// What the collector calls this service.
    pub service_name: String,
    /// Further headers for the collector, such as its access token.
    pub headers: Vec<(String, SecretString)>,
}

impl Traces {
    /// None at all.
    #[must_use]
    pub fn off() -> Self {
        Self {
            endpoint: None,
            ratio: 0.0,
            service_name: String::new(),
            headers: Vec::new(),
        }
    }

    /// Whether both mean the same.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let plain = |traces: &Self| {
            let header = |(name, value): &(String, SecretString)| {
                (name.clone(), value.expose_secret().to_owned())
            };
            traces.headers.iter().map(header).collect::<Vec<_>>()
        };
        (&self.endpoint, self.ratio.to_bits(), &self.service_name)
            == (&other.endpoint, other.ratio.to_bits(), &other.service_name)
            && plain(self) == plain(other)
    }
}

/// A part of the whole.
struct Ratio(f64);

impl FromNode for Ratio {
    fn from_node(node: &Node) -> Result<Self, String> {
        let number = match &node.value {
            Raw::Integer(0) => Some(0.0),
            Raw::Integer(1) => Some(1.0),
            Raw::Other(text) => text.parse().ok(),
            Raw::Text(text) => text.parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| (0.0..=1.0).contains(number));
        number.map(Self).ok_or_else(|| {
            format!(
                "expected a number from 0 to 1, such as 0.1 for one in ten, found {}",
                node.value.describe()
            )
        })
    }

    text!(Shape::Part, ratio => ratio.0);
}

/// Reads the section.
pub fn read(mut section: Section<'_>) -> Option<Traces> {
    let endpoint = section.optional::<InternalUrl>("endpoint");
    let ratio = section.or("ratio", Ratio(1.0));
    let service_name = section.or("service_name", "jitsi-oidc-bridge".to_owned());
    let origin = section
        .origin("headers")
        .or_else(|| section.origin("headers_file"));
    let headers = match section.secret("headers")? {
        None => Some(Vec::new()),
        Some(text) => {
            let headers = text.expose_secret().lines().map(str::trim);
            let headers = headers
                .filter(|line| !line.is_empty())
                .map(header)
                .collect();
            if Option::is_none(&headers) {
                let said = "expected a header in each line, such as \"Authorization: Bearer …\"";
                section.fault("headers", origin, said);
            }
            headers
        }
    };
    section.finish();
    Some(Traces {
        endpoint: endpoint?.map(|InternalUrl(url)| url),
        ratio: ratio?.0,
        service_name: service_name?,
        headers: headers?,
    })
}

/// A line that is a header as HTTP takes it (RFC 9110, 5).
fn header(line: &str) -> Option<(String, SecretString)> {
    let (name, value) = line.split_once(':')?;
    let (name, value) = (name.trim(), value.trim());
    let fits = axum::http::HeaderName::try_from(name).is_ok()
        && axum::http::HeaderValue::try_from(value).is_ok();
    fits.then(|| (name.to_ascii_lowercase(), SecretString::from(value)))
}
