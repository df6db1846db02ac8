//! Why an address cannot be reached, in words for whoever has to mend it.

use url::Url;

use super::certificate::{self, Shown};
use super::report::Verdict;
use crate::identity::http::HttpError;
use crate::identity::http::failure::{CertificateFault, Failure};

/// The words for machines of one kind of address.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    /// Its name is not known.
    pub name: &'static str,
    /// Nothing answers.
    pub connection: &'static str,
    /// Its certificate is not believed.
    pub certificate: &'static str,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    /// In a word for machines.
    pub id: &'static str,
    /// In a sentence.
    pub said: String,
    /// What to do about it.
    pub mend: String,
}

impl Unreached {
    /// As a finding of this verdict.
    pub fn report(self, findings: &mut super::Findings, verdict: Verdict) {
        match verdict {
            Verdict::Good => findings.good(self.id, self.said),
            Verdict::Warning => findings.warning(self.id, self.said, self.mend),
            Verdict::Fault => findings.fault(self.id, self.said, self.mend),
        }
    }
}

/// Why there is no answer at this address. `trust` says where authorities are named that are trusted there.
pub async fn why(url: &Url, error: &HttpError, ids: Ids, trust: &str) -> Unreached {
    let host = url.host_str().unwrap_or_default();
    let origin = url.origin().ascii_serialization();
    let HttpError::NoAnswer { failure, cause, .. } = error else {
        return Unreached {
            id: ids.connection,
            said: error.to_string(),
            mend: format!("look at what answers at {origin}: it is not what it should be"),
        };
    };
    let (id, said, mend) = match failure {
        Failure::NoSuchName => (
            ids.name,
            format!("{host} cannot be resolved on this machine: {cause}"),
            "look for a slip in the name; enter it in DNS, or in this machine's hosts file".to_owned(),
        ),
        Failure::Refused => (
            ids.connection,
            format!("{origin} refuses connections: nothing listens there"),
            format!("start the server there, or mend the port; from a container, {host} may be another machine than from outside"),
        ),
        Failure::TimedOut => (
            ids.connection,
            format!("{origin} does not answer in time"),
            "a firewall between here and there may drop the packets, or the server hangs: try the address with curl from this very machine".to_owned(),
        ),
        Failure::NotTls => (
            ids.connection,
            format!("{origin} does not speak TLS: it answers plain HTTP, or something else"),
            "if TLS ends at another port or machine, write that address; http:// only where nobody else can listen".to_owned(),
        ),
        Failure::Certificate(fault) => {
            let shown = certificate::shown_at(url).await;
            let (said, mend) = certificate_fault(fault, host, shown.as_ref(), trust);
            (ids.certificate, format!("{origin}: {said}"), mend)
        }
        Failure::Other => (
            ids.connection,
            format!("no answer from {origin}: {cause}"),
            "try the address with curl from this very machine".to_owned(),
        ),
    };
    Unreached { id, said, mend }
}

fn certificate_fault(
    fault: &CertificateFault,
    host: &str,
    shown: Option<&Shown>,
    trust: &str,
) -> (String, String) {
    let which = shown.map_or_else(String::new, |shown| format!(" ({shown})"));
    match fault {
        CertificateFault::UnknownAuthority if shown.is_some_and(|s| s.subject == s.issuer) => (
            format!("the certificate vouches for itself, and nobody here trusts it{which}"),
            format!("name it in {trust}, or get one from an authority"),
        ),
        CertificateFault::UnknownAuthority => (
            format!("the certificate is by an authority that is not trusted here{which}"),
            format!("name that authority's certificate in {trust}; if it is a public one, the server does not send the intermediate certificates: have it send the full chain"),
        ),
        CertificateFault::Expired => (
            format!("the certificate has expired{which}"),
            "renew it, and have the server load it anew; if it is good, this machine's clock is wrong".to_owned(),
        ),
        CertificateFault::NotYetValid => (
            format!("the certificate is not valid yet{which}"),
            "set this machine's clock".to_owned(),
        ),
        CertificateFault::OtherName(names) => {
            let others = match names.as_slice() {
                [] => String::new(),
                names => format!(": it is for {}", crate::identity::claims::shown(&names.join(", "))),
            };
            (
                format!("the certificate is not for {host}{others}"),
                format!("use the name that it is for, or get one for {host}; a server of several hosts needs to be told which (SNI)"),
            )
        }
        CertificateFault::Other => (
            format!("the certificate is not accepted{which}"),
            "look at it with openssl s_client -connect".to_owned(),
        ),
    }
}
