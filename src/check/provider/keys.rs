//! The keys that verify ID tokens.

use jsonwebtoken::{Algorithm, AlgorithmFamily};

use super::Visit;
use crate::check::reach::{self, Ids};
use crate::check::report::{Findings, Verdict};
use crate::identity::keys::KeySet;
use crate::identity::metadata::Metadata;

const KEYS: &str = "provider-keys";

/// Whatever keeps them away.
const REACH: Ids = Ids {
    name: KEYS,
    connection: KEYS,
    certificate: KEYS,
};

/// Fetches the keys, and sees whether they can check what ID tokens are signed with.
pub async fn look(visit: &Visit, metadata: &Metadata, findings: &mut Findings) {
    let url = &metadata.jwks_uri;
    let answer = match visit.provider.http.get(url, None).await {
        Ok(answer) => answer,
        Err(error) => {
            let mut why = reach::why(url, &error, REACH, &visit.trust()).await;
            why.said = format!("its keys cannot be fetched: {}", why.said);
            why.report(findings, Verdict::Fault);
            return;
        }
    };
    let status = answer.status.as_u16();
    if status != 200 {
        let said = format!("its keys cannot be fetched: {url} answers {status}");
        findings.fault(KEYS, said, "look at the provider's own log");
        return;
    }
    let keys = match KeySet::parse(&answer.body) {
        Ok(keys) => keys,
        Err(flaw) => {
            let said = format!("its keys cannot be read: {url} answers no key set: {flaw}");
            findings.fault(KEYS, said, "look at the provider's jwks_uri");
            return;
        }
    };
    let wanted = metadata.algorithms(&visit.provider.settings);
    let asymmetric: Vec<Algorithm> = wanted
        .iter()
        .filter(|algorithm| algorithm.family() != AlgorithmFamily::Hmac)
        .copied()
        .collect();
    let checkable = keys.checkable(&asymmetric);
    if !checkable.is_empty() {
        let names = named(&checkable);
        let said = match keys.len() {
            1 => format!("it has one key, which can check what is signed with {names}"),
            several => format!("it has {several} keys, to check what is signed with {names}"),
        };
        findings.good(KEYS, said);
    } else if asymmetric.len() < wanted.len() {
        // The client's secret is the key.
        let names = named(&wanted);
        findings.good(
            KEYS,
            format!("ID tokens are signed with the client secret ({names})"),
        );
    } else if keys.too_short() > 0 {
        findings.fault(
            KEYS,
            "its keys are RSA keys of less than 2048 bits, which are not accepted",
            "make a longer signing key at the provider",
        );
    } else {
        let names = named(&wanted);
        let said = format!(
            "none of its keys ({}) can check an ID token that is signed with {names}",
            keys.len()
        );
        let mend = format!(
            "make a signing key for one of these at the provider, or name the algorithm that it signs with in {}",
            visit.key("id_token_algorithms")
        );
        findings.fault(KEYS, said, mend);
    }
}

fn named(algorithms: &[Algorithm]) -> String {
    let names: Vec<String> = algorithms.iter().map(|a| format!("{a:?}")).collect();
    if names.is_empty() {
        "no algorithm".to_owned()
    } else {
        names.join(", ")
    }
}
