//! What a request asks for in its address, beside the meeting.

use axum::http::Uri;

use super::error::WebError;
use crate::policy::StepUp;
use crate::session::pending::LoginKind;

/// What a request asks for beside the meeting.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// Another `prompt` at the provider than usual; `none` asks nobody anything.
    pub prompt: Option<&'static str>,
    /// What a rule asks of the sign-in.
    pub step_up: Option<&'a StepUp>,
    /// The name of a provider.
    pub idp: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// `?prompt=` and `?idp=`. Names need no decoding; what does, is none.
    ///
    /// # Errors
    /// When one of them came twice.
    pub fn of(uri: &'a Uri) -> Result<Self, WebError> {
        Ok(Self {
            prompt: prompt(uri)?,
            idp: parameter(uri, "idp")?,
            step_up: None,
        })
    }

    /// Whether nobody is to be asked anything.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.prompt == Some("none")
    }

    /// What the login is for.
    #[must_use]
    pub fn kind(&self) -> LoginKind {
        match self.step_up {
            Some(_) => LoginKind::StepUp,
            None if self.is_silent() => LoginKind::Silent,
            None => LoginKind::Usual,
        }
    }
}

/// A parameter of the query as it stands there, still encoded. One that comes twice has no meaning.
pub fn parameter<'a>(uri: &'a Uri, name: &str) -> Result<Option<&'a str>, WebError> {
    let pairs = uri.query().unwrap_or_default().split('&');
    let mut values = pairs.filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(WebError::TwoMeanings),
    }
}

/// "Sign in as somebody else", for which the provider is to ask again; or `none`: nobody is to be asked.
pub fn prompt(uri: &Uri) -> Result<Option<&'static str>, WebError> {
    Ok(match parameter(uri, "prompt")? {
        Some("login") => Some("login"),
        Some("select_account") => Some("select_account"),
        Some("none") => Some("none"),
        _ => None,
    })
}
