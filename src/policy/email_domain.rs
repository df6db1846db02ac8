//! Domains of e-mail addresses, as rules and the choice between providers name them.

use crate::identity::Person;

/// A domain of e-mail addresses, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailDomain {
    /// This domain alone.
    Exactly(String),
    /// Whatever ends so, a dot first.
    Below(String),
}

impl EmailDomain {
    /// Whether the verified address of a person is in it.
    #[must_use]
    pub fn holds(&self, person: &Person) -> bool {
        let Some(address) = verified_email(person) else {
            return false;
        };
        let Some((_, domain)) = address.rsplit_once('@') else {
            return false;
        };
        self.is(domain)
    }

    /// Whether it is this domain, in lower case.
    #[must_use]
    pub fn is(&self, domain: &str) -> bool {
        match self {
            Self::Exactly(name) => domain == name,
            Self::Below(suffix) => domain.ends_with(suffix.as_str()),
        }
    }

    /// How closely it names domains: of two that hold one, the closer has more.
    #[must_use]
    pub fn precision(&self) -> usize {
        match self {
            // One more than whatever ends in it and a dot.
            Self::Exactly(name) => name.len() + 2,
            Self::Below(suffix) => suffix.len(),
        }
    }

    /// `example.org`, or `*.example.org` for whatever is below it.
    ///
    /// # Errors
    /// The text as it was understood, when it is no domain.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.to_ascii_lowercase();
        let (name, below) = match text.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (text.as_str(), false),
        };
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.');
        if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
            return Err(text);
        }
        Ok(if below {
            Self::Below(format!(".{name}"))
        } else {
            Self::Exactly(name.to_owned())
        })
    }
}

/// The address of a person, in lower case, where the provider vouches for it.
#[must_use]
pub fn verified_email(person: &Person) -> Option<String> {
    person
        .email
        .as_ref()
        .filter(|email| email.verified)
        .map(|email| email.address.to_ascii_lowercase())
}
