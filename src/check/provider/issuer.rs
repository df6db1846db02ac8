//! An issuer that is not the configured one: where the two part, and which of the usual slips that is.

use url::Url;

use super::Visit;
use crate::check::report::Findings;
use crate::identity::claims::shown;

/// Tells both, one above the other, with a mark where they part.
pub fn differs(visit: &Visit, found: &str, findings: &mut Findings) {
    let expected = &visit.provider.settings.metadata_issuer;
    let found = shown(found);
    let same = expected
        .chars()
        .zip(found.chars())
        .take_while(|(one, other)| one == other)
        .count();
    let key = visit.key("issuer");
    let said = format!(
        "the issuer is another: {}\nthe provider says   {found}\nthe configuration   {expected}\n{:indent$}^",
        slip(expected, &found),
        "",
        indent = 20 + same,
    );
    let mend = format!(
        "write {key} = {found:?}, if that is the provider that you mean; otherwise mend the public address that the provider is told"
    );
    findings.fault("provider-issuer", said, mend);
}

/// Which slip it is.
fn slip(expected: &str, found: &str) -> &'static str {
    if expected.trim_end_matches('/') == found.trim_end_matches('/') {
        return "one has a slash at its end";
    }
    if expected.eq_ignore_ascii_case(found) {
        return "capital letters";
    }
    let entra =
        |text: &str| text.contains("sts.windows.net") || text.contains("login.microsoftonline.com");
    if entra(expected) && entra(found) {
        return "of Microsoft Entra ID's two kinds of tokens, the second is needed, whose issuer ends in /v2.0";
    }
    let (Ok(expected), Ok(found)) = (Url::parse(expected), Url::parse(found)) else {
        return "one of them is no address";
    };
    if expected.host_str() != found.host_str() {
        return "the hosts differ";
    }
    if expected.scheme() != found.scheme() {
        return "one is http, the other https";
    }
    if expected.port_or_known_default() != found.port_or_known_default() {
        return "the ports differ";
    }
    "the paths differ: another realm, tenant or application"
}

#[cfg(test)]
mod tests {
    use super::slip;

    #[test]
    fn each_usual_slip_is_named() {
        let cases = [
            ("https://a.example/x", "https://a.example/x/", "slash"),
            ("https://a.example/X", "https://a.example/x", "capital"),
            (
                "https://login.microsoftonline.com/1/v2.0",
                "https://sts.windows.net/1/",
                "/v2.0",
            ),
            ("https://a.example", "https://b.example", "hosts"),
            ("https://a.example", "http://a.example", "https"),
            ("https://a.example:8443", "https://a.example", "ports"),
            ("https://a.example/a", "https://a.example/b", "paths"),
            ("https://a.example/a", "a", "no address"),
        ];
        for (expected, found, part) in cases {
            let slip = slip(expected, found);
            assert!(slip.contains(part), "{expected} {found}: {slip}");
        }
    }
}
