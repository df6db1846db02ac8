//! What an authorization endpoint's answer to a request without a question says.

use reqwest::header::LOCATION;
use url::Url;

use crate::identity::claims::shown;
use crate::identity::http::Answer;

/// What it says.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// Client and redirect URI are known: the browser is sent back to us.
    Known,
    /// So they are, but the request is not taken.
    Wrong { error: String, description: String },
    /// So they are, but the provider has trouble of its own.
    Unwell { error: String },
    /// An error page about the client.
    UnknownClient { said: String },
    /// An error page about the redirect URI.
    UnknownRedirectUri { said: String },
    /// An error page that does not say what about.
    Refused { said: String },
    /// An error of the provider's own.
    Broken { status: u16 },
    /// Something from which nothing follows.
    Silent { said: String },
}

/// What is answered to a request to know without a question whether somebody is signed in, and nobody is (OpenID Connect
/// Core 1.0, 3.1.2.6).
const QUESTIONS: [&str; 5] = [
    "login_required",
    "interaction_required",
    "consent_required",
    "account_selection_required",
    // Some rules of providers' own end in this.
    "access_denied",
];

/// Understands an answer; one may come as a form where `form` says that it was asked for in that way.
pub fn understood(answer: &Answer, redirect_uri: &str, form: bool) -> Told {
    let status = answer.status.as_u16();
    match status {
        300..400 => {
            let to = answer.headers.get(LOCATION);
            let to = to.and_then(|to| to.to_str().ok()).unwrap_or_default();
            sent(to, redirect_uri)
        }
        200 => page(&text_of(answer), redirect_uri, form),
        429 => Told::Silent {
            said: "it answers 429, too many requests".to_owned(),
        },
        400..500 => refused(status, &text_of(answer)),
        500.. => Told::Broken { status },
        _ => Told::Silent {
            said: format!("it answers {status}"),
        },
    }
}

fn sent(to: &str, redirect_uri: &str) -> Told {
    let back = to
        .strip_prefix(redirect_uri)
        .filter(|rest| rest.is_empty() || rest.starts_with(['?', '#', '&']));
    let Some(rest) = back else {
        return sent_elsewhere(to);
    };
    let query = rest.trim_start_matches(['?', '#', '&']);
    let value = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(found, _)| found == name)
            .map(|(_, value)| shown(&value))
    };
    match value("error") {
        None => Told::Known,
        Some(error) if QUESTIONS.contains(&error.as_str()) => Told::Known,
        Some(error) if matches!(error.as_str(), "server_error" | "temporarily_unavailable") => {
            Told::Unwell { error }
        }
        Some(error) => Told::Wrong {
            error,
            description: value("error_description").unwrap_or_default(),
        },
    }
}

fn sent_elsewhere(to: &str) -> Told {
    let bare = to.split(['?', '#']).next().unwrap_or_default();
    // A path alone is one at the provider.
    let path = Url::parse(to).map_or_else(|_| bare.to_owned(), |url| url.path().to_owned());
    let said = format!("it sends browsers to {}", shown(bare));
    if path.to_ascii_lowercase().contains("error") {
        Told::Refused { said }
    } else {
        Told::Silent { said }
    }
}

/// A page: of the response mode `form_post`, or of an error that does not say so by its status.
fn page(text: &str, redirect_uri: &str, form: bool) -> Told {
    if form && text.contains(redirect_uri) && QUESTIONS.iter().any(|error| text.contains(error)) {
        return Told::Known;
    }
    // Microsoft Entra ID's error pages come with 200 (learn.microsoft.com, "AADSTS error codes").
    if text.contains("AADSTS50011") {
        return Told::UnknownRedirectUri {
            said: "AADSTS50011".to_owned(),
        };
    }
    for code in ["AADSTS700016", "AADSTS90002", "AADSTS7000112"] {
        if text.contains(code) {
            return Told::UnknownClient {
                said: code.to_owned(),
            };
        }
    }
    Told::Silent {
        said: "it shows a page, which may be a sign-in or an error".to_owned(),
    }
}

fn refused(status: u16, text: &str) -> Told {
    let lower = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let said = format!("it answers {status}");
    if has(&[
        "client not found",
        "invalid_client",
        "unknown client",
        "client is invalid",
        "client disabled",
        "invalid parameter: client_id",
    ]) {
        Told::UnknownClient { said }
    } else if has(&[
        "redirect_uri",
        "redirect uri",
        "redirect url",
        "callback url",
        "reply url",
    ]) {
        Told::UnknownRedirectUri { said }
    } else {
        Told::Refused { said }
    }
}

fn text_of(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "https://meet.example.org/sso/callback";

    fn answer(status: u16, to: &str, body: &str) -> Answer {
        Answer {
            status: reqwest::StatusCode::from_u16(status).unwrap(),
            media_type: "text/html".to_owned(),
            fresh_for: None,
            headers: reqwest::header::HeaderMap::from_iter([(LOCATION, to.parse().unwrap())]),
            body: body.as_bytes().to_vec(),
        }
    }

    fn kind(status: u16, to: &str, body: &str) -> &'static str {
        let form = body.starts_with("<form");
        match understood(&answer(status, to, body), OURS, form) {
            Told::Known => "known",
            Told::Wrong { .. } => "wrong",
            Told::Unwell { .. } => "unwell",
            Told::UnknownClient { .. } => "client",
            Told::UnknownRedirectUri { .. } => "redirect uri",
            Told::Refused { .. } => "refused",
            Told::Broken { .. } => "broken",
            Told::Silent { .. } => "silent",
        }
    }

    #[test]
    fn each_providers_answer_is_taken_for_what_it_is_and_no_more() {
        let back = |query: &str| format!("{OURS}?{query}");
        let form = format!("<form action=\"{OURS}\"><input name=error value=login_required>");
        let scripts = format!("<script>{OURS} login_required</script>");
        let cases = [
            (302, back("error=login_required&state=x"), "", "known"),
            (303, back("state=x&error=interaction_required"), "", "known"),
            (302, back("code=abc&state=x"), "", "known"),
            (302, back("error=invalid_scope"), "", "wrong"),
            (302, back("error=unauthorized_client"), "", "wrong"),
            (302, back("error=temporarily_unavailable"), "", "unwell"),
            // An address that only begins like ours.
            (
                302,
                format!("{OURS}-evil?error=login_required"),
                "",
                "silent",
            ),
            (302, "/login?rd=x".to_owned(), "", "silent"),
            (
                302,
                "https://accounts.example/signin/oauth/error?authError=x".to_owned(),
                "",
                "refused",
            ),
            (200, String::new(), form.as_str(), "known"),
            (200, String::new(), "<h1>Sign in</h1>", "silent"),
            // A sign-in whose scripts know the words.
            (200, String::new(), scripts.as_str(), "silent"),
            (
                200,
                String::new(),
                "AADSTS50011: The redirect URI",
                "redirect uri",
            ),
            (200, String::new(), "AADSTS700016: Application", "client"),
            (400, String::new(), "<p>Client not found.</p>", "client"),
            (
                400,
                String::new(),
                "Invalid parameter: redirect_uri",
                "redirect uri",
            ),
            (403, String::new(), "Callback URL mismatch.", "redirect uri"),
            (400, String::new(), "<h1>We are sorry</h1>", "refused"),
            (429, String::new(), "", "silent"),
            (502, String::new(), "", "broken"),
        ];
        for (status, to, body, expected) in cases {
            assert_eq!(kind(status, &to, body), expected, "{status} {to} {body}");
        }
    }
}
