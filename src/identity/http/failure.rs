//! Why there is no answer, told apart as far as somebody can do something about it.

use std::error::Error;
use std::io;

/// What kind of failure it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nobody knows the host's name.
    NoSuchName,
    /// Nothing listens there.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The other side's certificate is not believed.
    Certificate(CertificateFault),
    /// The other side does not speak TLS.
    NotTls,
    /// Anything else.
    Other,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateFault {
    /// By an authority that nobody here trusts.
    UnknownAuthority,
    /// Too old.
    Expired,
    /// Too new.
    NotYetValid,
    /// For these names, which are others.
    OtherName(Vec<String>),
    /// Anything else.
    Other,
}

impl Failure {
    /// What an error and its causes say.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        let mut next: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(cause) = next {
            if let Some(failure) = Self::of_cause(cause) {
                return failure;
            }
            next = cause.source();
        }
        Self::Other
    }

    fn of_cause(cause: &(dyn Error + 'static)) -> Option<Self> {
        // The resolver's own error has no type.
        if cause.to_string() == "dns error" {
            return Some(Self::NoSuchName);
        }
        if let Some(error) = cause.downcast_ref::<rustls::Error>() {
            return Some(Self::of_tls(error));
        }
        let error = cause.downcast_ref::<io::Error>()?;
        // What it was made of is no source of it, and may be another such error.
        let within = error.get_ref().and_then(|inner| Self::of_cause(inner));
        within.or_else(|| match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::TimedOut => Some(Self::TimedOut),
            _ => None,
        })
    }

    fn of_tls(error: &rustls::Error) -> Self {
        use rustls::CertificateError as C;
        match error {
            rustls::Error::InvalidCertificate(error) => Self::Certificate(match error {
                C::UnknownIssuer => CertificateFault::UnknownAuthority,
                C::Expired | C::ExpiredContext { .. } => CertificateFault::Expired,
                C::NotValidYet | C::NotValidYetContext { .. } => CertificateFault::NotYetValid,
                C::NotValidForName => CertificateFault::OtherName(Vec::new()),
                C::NotValidForNameContext { presented, .. } => {
                    CertificateFault::OtherName(presented.clone())
                }
                _ => CertificateFault::Other,
            }),
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            _ => Self::Other,
        }
    }
}
