//! Where several providers sign people in: whose people may come into which meetings.
//!
//! A provider that names tenants or rooms has those to itself, beside others that name them too; all other meetings are for
//! the providers that name none.

use super::rule::{EmailDomain, TenantPattern};
use crate::meeting::MeetingRequest;
use crate::pattern::{Bindings, Pattern};

/// What one provider's people come for.
#[derive(Debug, Clone, Default)]
pub struct Entrance {
    /// The provider's name.
    pub provider: String,
    /// The tenants that it signs people in for; empty: any.
    pub tenants: Vec<TenantPattern>,
    /// The rooms that it signs people in for; empty: any.
    pub rooms: Vec<Pattern>,
    /// The domains of its people's e-mail addresses. A hint for the choice between providers, which proves nothing.
    pub email_domains: Vec<EmailDomain>,
}

impl Entrance {
    /// The way into every meeting that no other provider has to itself.
    #[must_use]
    pub fn of(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            ..Self::default()
        }
    }

    fn names_meetings(&self) -> bool {
        !self.tenants.is_empty() || !self.rooms.is_empty()
    }

    fn is_for(&self, request: &MeetingRequest) -> bool {
        let room = request.room.as_str();
        let of_room = |pattern: &Pattern| pattern.matches(room, &Bindings::new());
        (self.tenants.is_empty() || self.tenants.iter().any(|tenant| tenant.is(request)))
            && (self.rooms.is_empty() || self.rooms.iter().any(of_room))
    }
}

/// Every provider's.
#[derive(Debug, Clone, Default)]
pub struct Entrances(Vec<Entrance>);

impl Entrances {
    /// Those of all providers. Whoever signed in elsewhere comes into no meeting.
    #[must_use]
    pub fn new(all: Vec<Entrance>) -> Self {
        Self(all)
    }

    /// The names of the providers whose people may come into a meeting.
    #[must_use]
    pub fn providers(&self, request: &MeetingRequest) -> Vec<&str> {
        let named = |entrance: &&Entrance| entrance.names_meetings() && entrance.is_for(request);
        let mut found: Vec<&Entrance> = self.0.iter().filter(named).collect();
        if found.is_empty() {
            let rest = |entrance: &&Entrance| !entrance.names_meetings();
            found = self.0.iter().filter(rest).collect();
        }
        found
            .into_iter()
            .map(|entrance| entrance.provider.as_str())
            .collect()
    }

    /// Whether the people of this provider may come into a meeting.
    #[must_use]
    pub fn let_in(&self, provider: &str, request: &MeetingRequest) -> bool {
        self.providers(request).contains(&provider)
    }

    /// Whether the people of this provider may come into every meeting there is: no provider has any to itself.
    #[must_use]
    pub fn are_all_open(&self, provider: &str) -> bool {
        self.0.iter().any(|entrance| entrance.provider == provider)
            && !self.0.iter().any(Entrance::names_meetings)
    }

    /// The providers to which an e-mail address belongs by its domain, the longest one going first: of
    /// `*.example.org` and `lab.example.org`, the latter.
    #[must_use]
    pub fn by_email(&self, address: &str) -> Vec<&str> {
        let Some((_, domain)) = address.trim().rsplit_once('@') else {
            return Vec::new();
        };
        let domain = domain.to_ascii_lowercase();
        let fit = |entrance: &Entrance| {
            let fitting = entrance.email_domains.iter().filter(|d| d.is(&domain));
            fitting.map(EmailDomain::precision).max()
        };
        let best = self.0.iter().filter_map(fit).max();
        let of_best = |entrance: &&Entrance| best.is_some() && fit(entrance) == best;
        let found = self.0.iter().filter(of_best);
        found.map(|entrance| entrance.provider.as_str()).collect()
    }

    /// Whether any of these providers knows its people by their e-mail addresses.
    #[must_use]
    pub fn know_emails(&self, providers: &[&str]) -> bool {
        self.0.iter().any(|entrance| {
            !entrance.email_domains.is_empty() && providers.contains(&entrance.provider.as_str())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meeting::{RoomName, Tenant};

    fn entrance(provider: &str, tenants: &[&str], rooms: &[&str], domains: &[&str]) -> Entrance {
        let tenant = |name: &&str| match *name {
            "" => TenantPattern::None,
            name => TenantPattern::Named(Pattern::parse(name).unwrap()),
        };
        Entrance {
            provider: provider.to_owned(),
            tenants: tenants.iter().map(tenant).collect(),
            rooms: rooms
                .iter()
                .map(|r| Pattern::parse_room(r).unwrap())
                .collect(),
            email_domains: domains
                .iter()
                .map(|d| EmailDomain::parse(d).unwrap())
                .collect(),
        }
    }

    fn to(tenant: Option<&str>, room: &str) -> MeetingRequest {
        let tenant = tenant.map(|name| Tenant::parse(name).unwrap());
        MeetingRequest::to(RoomName::parse(room).unwrap(), tenant)
    }

    #[test]
    fn who_names_a_meeting_has_it_to_itself() {
        let all = Entrances::new(vec![
            entrance("staff", &[], &[], &[]),
            entrance("acme", &["acme"], &[], &[]),
            entrance("labs", &["acme", ""], &["lab-*"], &[]),
            entrance("partners", &[], &[], &[]),
        ]);
        let providers = |tenant, room| all.providers(&to(tenant, room));
        assert_eq!(providers(None, "standup"), ["staff", "partners"]);
        assert_eq!(providers(Some("acme"), "standup"), ["acme"]);
        assert_eq!(providers(Some("acme"), "Lab-1"), ["acme", "labs"]);
        assert_eq!(providers(None, "lab-1"), ["labs"]);
        assert_eq!(providers(Some("other"), "lab-1"), ["staff", "partners"]);
        assert!(all.let_in("acme", &to(Some("acme"), "x")));
        assert!(!all.let_in("staff", &to(Some("acme"), "x")));
        assert!(!all.let_in("", &to(None, "x")));
        assert!(!Entrances::default().let_in("staff", &to(None, "x")));
    }

    #[test]
    fn an_address_belongs_where_its_domain_is_named_most_closely() {
        let all = Entrances::new(vec![
            entrance("staff", &[], &[], &["example.org", "*.example.org"]),
            entrance("labs", &[], &[], &["lab.example.org"]),
            entrance("old", &[], &[], &["example.org"]),
        ]);
        assert_eq!(all.by_email("a@lab.Example.org "), ["labs"]);
        assert_eq!(all.by_email("a@x.example.org"), ["staff"]);
        assert_eq!(all.by_email("a@example.org"), ["staff", "old"]);
        for nobody in ["a@example.com", "example.org", "", "@", "a@notexample.org"] {
            assert!(all.by_email(nobody).is_empty(), "{nobody}");
        }
        assert!(all.know_emails(&["labs"]) && !all.know_emails(&["other"]));
    }
}
