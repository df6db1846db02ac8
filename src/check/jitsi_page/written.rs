//! A setting of Jitsi's, wherever it is written.

/// A setting with its value, as it was found.
pub struct Written<'a> {
    /// Where, for people: `config.js: tokenAuthUrl` or `jitsi.env:12: TOKEN_AUTH_URL`.
    pub place: String,
    /// Its value.
    pub value: &'a str,
    /// How it is written there, with `{}` in the place of the value.
    pub form: &'a str,
}

impl Written<'_> {
    /// The line with another value.
    pub fn as_it_should_be(&self, value: &str) -> String {
        self.form.replace("{}", value)
    }
}
