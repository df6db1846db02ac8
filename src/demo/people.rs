//! The five people whom the demo's provider signs in.

/// Somebody in the demo's company.
#[derive(Debug, Clone, Copy)]
pub struct DemoAccount {
    /// The name one signs in with.
    pub username: &'static str,
    /// The display name.
    pub name: &'static str,
    /// The groups.
    pub groups: &'static [&'static str],
    /// Who that is, for the page.
    pub about: &'static str,
}

/// All of them.
pub const PEOPLE: [DemoAccount; 5] = [
    DemoAccount {
        username: "anna",
        name: "Anna Adler",
        groups: &["/staff", "/board"],
        about: "Board member",
    },
    DemoAccount {
        username: "tim",
        name: "Tim Lorenz",
        groups: &["/staff", "/teams/rocket/leads"],
        about: "Leads the rocket team",
    },
    DemoAccount {
        username: "sara",
        name: "Sara Stein",
        groups: &["/staff"],
        about: "Staff",
    },
    DemoAccount {
        username: "carl",
        name: "Carl Conrad",
        groups: &["/contractors"],
        about: "Contractor",
    },
    DemoAccount {
        username: "nora",
        name: "Nora Noack",
        groups: &[],
        about: "In no group",
    },
];

/// The account of that name.
pub fn account(username: &str) -> Option<&'static DemoAccount> {
    PEOPLE.iter().find(|person| person.username == username)
}

/// A person on a page.
pub struct DemoPerson {
    /// The name one signs in with.
    pub username: String,
    /// The display name.
    pub name: String,
    /// The groups, in one line.
    pub groups: String,
    /// Who that is.
    pub about: String,
}

impl From<&DemoAccount> for DemoPerson {
    fn from(account: &DemoAccount) -> Self {
        Self {
            username: account.username.to_owned(),
            name: account.name.to_owned(),
            groups: if account.groups.is_empty() {
                "no groups".to_owned()
            } else {
                account.groups.join(", ")
            },
            about: account.about.to_owned(),
        }
    }
}

/// Everybody, for a page.
pub fn everybody() -> Vec<DemoPerson> {
    PEOPLE.iter().map(DemoPerson::from).collect()
}
