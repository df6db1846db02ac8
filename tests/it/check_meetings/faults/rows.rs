//! What can be wrong in Jitsi, one a row: what is set so, and what `check` says of it.

use std::time::Duration;

use jitsi_oidc_bridge::check::Verdict;
use jsonwebtoken::Algorithm;

use super::super::{IMPATIENT, PATIENT};
use crate::support::bridge::TOKEN_SECRET;
use crate::support::prosody::{Authentication, Front, Jicofo, Owners, Settings};

/// One thing that is wrong.
pub struct Row {
    pub name: &'static str,
    pub set: fn(&mut Settings),
    /// Settings of the bridge.
    pub further: &'static str,
    pub id: &'static str,
    pub verdict: Verdict,
    /// Parts of what is said, and of what is to be done.
    pub said: &'static [&'static str],
    pub mend: &'static [&'static str],
    /// Whatever else is found bad.
    pub also: &'static [&'static str],
    /// How long to wait for each answer.
    pub answer: Duration,
}

const ROW: Row = Row {
    name: "",
    set: |_| {},
    further: "",
    id: "meetings-token",
    verdict: Verdict::Fault,
    said: &[],
    mend: &[],
    also: &[],
    answer: PATIENT,
};

pub const ROWS: &[Row] = &[
    Row {
        name: "another secret",
        set: |prosody| {
            "another secret than the bridge's, long enough".clone_into(&mut prosody.secret);
        },
        said: &["Invalid signature", "its secret is not the bridge's"],
        mend: &["JWT_APP_SECRET", "app_secret"],
        ..ROW
    },
    Row {
        name: "a secret with a line break",
        set: |prosody| prosody.secret = format!("{TOKEN_SECRET}\n"),
        said: &["It has the same one, with a line break at its end"],
        mend: &["without quotes, spaces or line breaks"],
        ..ROW
    },
    Row {
        name: "another algorithm",
        set: |prosody| prosody.algorithm = Algorithm::HS512,
        said: &["another algorithm than HS256", "It wants HS512"],
        mend: &["token.algorithm = \"HS512\"", "JWT_SIGN_TYPE"],
        ..ROW
    },
    Row {
        name: "a key server, and no key",
        set: |prosody| prosody.has_key_server = true,
        said: &["verifies by keys", "signs with a secret"],
        mend: &["JWT_ASAP_KEYSERVER", "asap_key_server"],
        ..ROW
    },
    Row {
        name: "another issuer",
        set: |prosody| prosody.issuer = "jitsi-meet",
        said: &["`iss` is \"jitsi\"", "It accepts \"jitsi-meet\""],
        mend: &[
            "jitsi.app_id = \"jitsi-meet\"",
            "JWT_APP_ID=jitsi",
            "asap_accepted_issuers",
        ],
        ..ROW
    },
    Row {
        name: "another audience, which nobody guesses",
        set: |prosody| prosody.audience = "something",
        said: &["`aud` is \"jitsi\"", "invalid 'aud' claim"],
        mend: &[
            "jitsi.audience",
            "JWT_ACCEPTED_AUDIENCES=jitsi",
            "asap_accepted_audiences",
        ],
        ..ROW
    },
    Row {
        name: "a clock that is behind",
        set: |prosody| prosody.ahead = -7200,
        said: &["Not acceptable by nbf", "behind", "by no more than a day"],
        mend: &["NTP"],
        also: &["meetings-clock"],
        ..ROW
    },
    Row {
        name: "a clock that is ahead",
        set: |prosody| prosody.ahead = 3000,
        said: &[
            "Not acceptable by exp",
            "ahead of this one by no more than an hour",
        ],
        mend: &["NTP"],
        also: &["meetings-clock"],
        ..ROW
    },
    Row {
        name: "clocks that differ a little",
        set: |prosody| prosody.ahead = 60,
        id: "meetings-clock",
        verdict: Verdict::Warning,
        said: &["ahead of this one", "token.not_before_leeway"],
        mend: &["NTP"],
        ..ROW
    },
    Row {
        name: "a plugin that hangs",
        set: |prosody| prosody.hangs = true,
        answer: IMPATIENT,
        said: &["does not answer a right token at all"],
        mend: &["Prosody's log"],
        also: &["meetings-wrong-key", "meetings-expired"],
        ..ROW
    },
    Row {
        name: "no authentication",
        set: |prosody| prosody.authentication = Authentication::Nothing,
        id: "meetings-authentication",
        said: &["looks at no token", "a forged one or none"],
        mend: &[
            "ENABLE_AUTH=1 and AUTH_TYPE=jwt",
            "authentication = \"token\"",
        ],
        ..ROW
    },
    Row {
        name: "passwords",
        set: |prosody| prosody.authentication = Authentication::Passwords,
        id: "meetings-authentication",
        said: &["does not ask for tokens", "PLAIN"],
        mend: &["AUTH_TYPE=jwt"],
        ..ROW
    },
    Row {
        name: "empty tokens",
        set: |prosody| {
            prosody.allow_empty = true;
            prosody.guests = None;
        },
        id: "meetings-no-token",
        said: &["without a token", "counts as a member"],
        mend: &["JWT_ALLOW_EMPTY=0", "allow_empty_token = false"],
        also: &["meetings-no-token-start"],
        ..ROW
    },
    Row {
        name: "guests who start meetings",
        set: |prosody| prosody.wait_for_host = false,
        id: "meetings-guests-start",
        verdict: Verdict::Warning,
        said: &["a guest can start a meeting"],
        mend: &[
            "XMPP_MUC_MODULES=muc_wait_for_host,token_affiliation",
            "persistent_lobby",
        ],
        ..ROW
    },
    Row {
        name: "another domain",
        further: "jitsi.xmpp_domain = \"meet.example.org\"",
        id: "meetings-domain",
        said: &["no domain of these names: meet.example.org"],
        mend: &["jitsi.xmpp_domain", "XMPP_DOMAIN"],
        ..ROW
    },
    Row {
        name: "rooms elsewhere",
        set: |prosody| prosody.muc = "rooms.meet.jitsi",
        id: "meetings-rooms",
        said: &[
            "muc.meet.jitsi",
            "conference.meet.jitsi",
            "remote-server-not-found",
        ],
        mend: &["XMPP_MUC_DOMAIN", "hosts.muc"],
        ..ROW
    },
    Row {
        name: "no token_verification",
        set: |prosody| prosody.token_verification = false,
        id: "meetings-other-room",
        said: &["opens every other room", "token_verification is not loaded"],
        mend: &[
            "AUTH_TYPE=jwt",
            "\"token_verification\" among modules_enabled",
        ],
        ..ROW
    },
    Row {
        name: "no token_affiliation",
        set: |prosody| prosody.token_affiliation = false,
        id: "meetings-moderator",
        said: &["makes no moderator", "token_affiliation is not loaded"],
        mend: &["XMPP_MUC_MODULES=token_affiliation", "token.convention"],
        ..ROW
    },
    Row {
        name: "Jicofo makes the first an owner",
        set: |prosody| prosody.owners = Owners::JicofoOfTheFirst,
        id: "meetings-participant",
        said: &["comes first", "Jicofo makes them one"],
        mend: &["ENABLE_AUTO_OWNER=false", "enable-auto-owner = false"],
        ..ROW
    },
    Row {
        name: "Jicofo makes everybody an owner",
        set: |prosody| prosody.owners = Owners::JicofoOfAll,
        id: "meetings-participant",
        said: &["every participant", "its own authentication is on"],
        mend: &["JICOFO_ENABLE_AUTH=0"],
        ..ROW
    },
    Row {
        name: "Prosody makes everybody an owner",
        set: |prosody| prosody.owners = Owners::ProsodyOfAll,
        id: "meetings-participant",
        said: &["it is Prosody that makes them one"],
        mend: &["WAIT_FOR_HOST_DISABLE_AUTO_OWNERS=true", "muc_allowners"],
        ..ROW
    },
    Row {
        name: "Prosody makes the maker of a room an owner",
        set: |prosody| {
            prosody.owners = Owners::ProsodyOfTheMaker;
            prosody.jicofo = Jicofo::Away;
        },
        id: "meetings-participant",
        said: &["lets everyone make rooms"],
        mend: &["restrict_room_creation = true"],
        also: &["meetings-jicofo"],
        ..ROW
    },
    Row {
        name: "no Jicofo",
        set: |prosody| prosody.jicofo = Jicofo::Away,
        id: "meetings-jicofo",
        verdict: Verdict::Warning,
        said: &["opens no room", "service-unavailable"],
        mend: &["Is Jicofo running"],
        also: &["meetings-closed"],
        ..ROW
    },
    Row {
        name: "a lobby for all",
        set: |prosody| prosody.lobby_for_all = true,
        id: "meetings-lobby",
        verdict: Verdict::Warning,
        said: &["even a moderator with a token waits in the lobby"],
        mend: &["Guests: who may do what"],
        ..ROW
    },
    Row {
        name: "another domain in `sub`",
        set: |prosody| {
            prosody.domain = "127.0.0.1";
            prosody.muc = "muc.127.0.0.1";
            prosody.domain_verification = true;
            prosody.guests = None;
        },
        said: &[
            "domain verification is on",
            "`sub` = \"127.0.0.1\" instead of \"meet.jitsi\"",
        ],
        mend: &["jitsi.xmpp_domain = \"127.0.0.1\""],
        also: &["meetings-domain"],
        ..ROW
    },
    Row {
        name: "tenants that keep nobody apart",
        further: "[[policy.rules]]\nname = \"acme\"\ntenants = [\"acme\"]\nrole = \"participant\"",
        id: "meetings-tenants",
        verdict: Verdict::Warning,
        said: &[
            "of every tenant",
            "domain verification is off",
            "keeps nobody out",
        ],
        mend: &["JWT_ENABLE_DOMAIN_VERIFICATION=true", "jitsi.bind_tenant"],
        ..ROW
    },
    Row {
        name: "a tenant that is bound twice",
        set: |prosody| prosody.domain_verification = true,
        further: "jitsi.bind_tenant = true",
        id: "meetings-bind-tenant",
        said: &["domain verification is on", "jitsi.bind_tenant"],
        mend: &["jitsi.bind_tenant = false"],
        ..ROW
    },
    Row {
        name: "a proxy without /http-bind",
        set: |prosody| prosody.bosh = Front::Answers(404),
        id: "meetings-bosh",
        said: &["XMPP over HTTP does not work", "404"],
        mend: &["pass /http-bind on", "location = /http-bind"],
        ..ROW
    },
    Row {
        name: "a page instead of BOSH",
        set: |prosody| prosody.bosh = Front::ShowsAPage,
        id: "meetings-bosh",
        said: &["what answers is not Prosody", "a page"],
        mend: &["pass /http-bind on"],
        ..ROW
    },
    Row {
        name: "another address",
        set: |prosody| {
            prosody.bosh = Front::LeadsElsewhere;
            prosody.websocket = Front::LeadsElsewhere;
        },
        id: "meetings-bosh",
        said: &["308", "leads to https://elsewhere.example.org/"],
        mend: &["Set jitsi.url"],
        also: &["meetings-websocket"],
        ..ROW
    },
    Row {
        name: "a Prosody that is down",
        set: |prosody| {
            prosody.bosh = Front::Answers(502);
            prosody.websocket = Front::Answers(502);
        },
        id: "meetings-bosh",
        said: &["502"],
        mend: &["does not reach Prosody"],
        also: &["meetings-websocket"],
        ..ROW
    },
    Row {
        name: "a proxy that upgrades nothing",
        set: |prosody| prosody.websocket = Front::Answers(400),
        id: "meetings-websocket",
        verdict: Verdict::Warning,
        said: &["XMPP over WebSocket does not work", "400"],
        mend: &["Upgrade and Connection", "ENABLE_XMPP_WEBSOCKET=1"],
        ..ROW
    },
];
