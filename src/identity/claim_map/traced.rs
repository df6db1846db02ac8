//! Which claim became what: the mapping that [`ClaimMap::person`] does, told step by step.

use serde::Serialize;

use super::{ClaimMap, Gathered, NamedBy, Source, named, stable_text};
use crate::identity::claims::{ClaimPath, Claims};
use crate::identity::{Groups, Person};

/// Where one thing that is known of a person comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Traced {
    /// What it is: `id`, `name`, `groups` and so on.
    pub what: &'static str,
    /// What it became.
    pub value: String,
    /// From which claim, or why it is not there.
    pub from: String,
}

impl Source {
    /// As a configuration writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::Userinfo => "userinfo",
            Self::AccessToken => "access_token",
        }
    }
}

impl ClaimMap {
    /// Tells where everything comes from that is known of `person`, whom these claims are about.
    #[must_use]
    pub fn traced(&self, gathered: &Gathered, person: &Person) -> Vec<Traced> {
        let mut claims = gathered.userinfo.clone();
        claims.extend(gathered.id_token.clone());
        let mut all = vec![self.traced_id(&claims, person)];
        let name = match named(self, &claims) {
            Some((NamedBy::Claim(path), _)) => format!("the claim {path}"),
            Some((NamedBy::Parts, _)) => "the claims given_name and family_name".to_owned(),
            None => format!(
                "nothing: {}, given_name, family_name, {} and {} are not there",
                self.name, self.username, self.email
            ),
        };
        all.push(traced("name", &person.name, name));
        let username = person.username.as_deref();
        all.push(text("username", username, &self.username, &claims));
        all.push(self.traced_email(&claims, person));
        let avatar = person.avatar.as_deref();
        all.push(text("avatar", avatar, &self.avatar, &claims));
        all.extend(self.traced_groups(gathered, person));
        let acr: Vec<&str> = person.acr.iter().map(String::as_str).collect();
        let paths = list(self.acr.iter());
        all.push(traced(
            "acr",
            &acr.join(", "),
            format!("the ID token's {paths}"),
        ));
        let time = person.auth_time.map(|at| at.to_string());
        let from = match &time {
            Some(_) => "the claim auth_time, in seconds since 1970",
            None => "no claim auth_time: a rule with max_auth_age asks for a new sign-in",
        };
        all.push(traced(
            "auth_time",
            time.as_deref().unwrap_or_default(),
            from,
        ));
        all
    }

    fn traced_id(&self, claims: &Claims, person: &Person) -> Traced {
        let digest = "a digest of issuer and subject";
        let from = match &self.id {
            None => format!("{digest} (provider.claims.id is not set)"),
            Some(path) if path.find(claims).and_then(stable_text).is_some() => {
                format!("the claim {path}")
            }
            Some(path) => format!("{digest}: the claim {path} is not there, or no plain text"),
        };
        traced("id", &person.id, from)
    }

    fn traced_email(&self, claims: &Claims, person: &Person) -> Traced {
        let Some(email) = &person.email else {
            return text("email", None, &self.email, claims);
        };
        let why = match (email.verified, self.trust_email) {
            (true, true) => "verified, by provider.trust_email",
            (true, false) => "verified, by email_verified",
            (false, _) if self.email.is("email") => {
                "not verified (email_verified is not true): rules on addresses do not count it"
            }
            (false, _) => {
                "not verified (email_verified speaks of the claim email alone): rules on addresses do not count it"
            }
        };
        traced(
            "email",
            &email.address,
            format!("the claim {}; {why}", self.email),
        )
    }

    /// What each source says, and then the names that rules use.
    fn traced_groups(&self, gathered: &Gathered, person: &Person) -> Vec<Traced> {
        let mut all = Vec::new();
        for source in &self.groups_from {
            let claims = gathered.from(*source);
            for path in &self.groups {
                let from = format!("the claim {path} of the {}", source.name());
                all.push(match path.find(claims) {
                    Some(value) => traced("groups claim", &value.to_string(), from),
                    None => traced("groups claim", "", format!("{from}: not there")),
                });
            }
        }
        if gathered.groups.is_some() {
            all.push(traced("groups claim", "", "groups_endpoint as well"));
        }
        let names: Vec<&str> = person.groups.iter().collect();
        let from = match &person.groups {
            Groups::Known(_) if self.group_names.is_plain() => "as the provider calls them",
            Groups::Known(_) => "by group_names, unnamed_groups, fold_case and groups_prefix",
            Groups::NotSent => "no groups claim came, which means none here (missing_groups)",
            Groups::Missing => {
                "no groups claim came: nobody knows them, so refusals by groups apply (missing_groups)"
            }
        };
        all.push(traced("groups", &names.join(", "), from));
        all
    }
}

fn traced(what: &'static str, value: &str, from: impl Into<String>) -> Traced {
    Traced {
        what,
        value: value.to_owned(),
        from: from.into(),
    }
}

fn text(what: &'static str, value: Option<&str>, path: &ClaimPath, claims: &Claims) -> Traced {
    let from = match (value, path.find(claims)) {
        (Some(_), _) => format!("the claim {path}"),
        (None, None) => format!("no claim {path}"),
        (None, Some(_)) => format!("the claim {path} is not usable as it is"),
    };
    traced(what, value.unwrap_or_default(), from)
}

fn list<'a>(paths: impl Iterator<Item = &'a ClaimPath>) -> String {
    paths
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
