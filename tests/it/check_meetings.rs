//! `check` tries Jitsi's meetings: what is set wrong there is found, and told with the setting that mends it.

mod faults;
mod hostile;

use std::sync::Arc;
use std::time::Duration;

use jitsi_oidc_bridge::check::jitsi_page::Endpoints;
use jitsi_oidc_bridge::check::meetings::{Patience, meetings};
use jitsi_oidc_bridge::check::{Finding, Findings, Verdict};
use jitsi_oidc_bridge::clock::{SharedClock, SystemClock};
use jitsi_oidc_bridge::config::{Loaded, Sources, load};
use jitsi_oidc_bridge::meeting::jaas::AppId;

use crate::support::bridge::TOKEN_SECRET;
use crate::support::keyring::KeyFolder;
use crate::support::prosody::{Front, Jicofo, Prosody, Settings};
use crate::support::tls::{Certificate, Tls};

/// Longer than any answer takes that comes at all.
const PATIENT: Duration = Duration::from_secs(10);
/// For answers that do not come.
const IMPATIENT: Duration = Duration::from_secs(1);

/// A configuration for that Jitsi, with further settings.
fn configuration(jitsi: &str, further: &str) -> Loaded {
    let usual = format!(
        "server.public_url = \"https://meet.example.org/sso\"\njitsi.url = {jitsi:?}\ntoken.secret = {TOKEN_SECRET:?}\n\
         provider.issuer = \"https://idp.example.org\"\nprovider.client_id = \"bridge\"\nprovider.client_secret = \"none\"\n"
    );
    let kept = usual.lines().filter(|line| {
        let key = line.split_once(" = ").unwrap().0;
        !further
            .lines()
            .any(|other| other.starts_with(&format!("{key} =")))
    });
    let kept: Vec<&str> = kept.collect();
    let text = format!(
        "{}\n{further}\n[policy]\ndefault = \"participant\"\n",
        kept.join("\n")
    );
    let sources = Sources {
        file: Some(("test.toml".to_owned(), text)),
        environment: Vec::new(),
    };
    load(&sources).unwrap_or_else(|problems| panic!("{problems}"))
}

async fn tried(prosody: &Prosody, further: &str, told: Option<&Endpoints>) -> Findings {
    tried_for(PATIENT, prosody, further, told).await
}

async fn tried_for(
    answer: Duration,
    prosody: &Prosody,
    further: &str,
    told: Option<&Endpoints>,
) -> Findings {
    let loaded = configuration(&prosody.url, further);
    let clock: SharedClock = Arc::new(SystemClock);
    meetings(&loaded.config, told, &clock, patience(answer)).await
}

fn patience(answer: Duration) -> Patience {
    Patience {
        answer,
        role: Duration::from_millis(100),
        whole: Duration::from_mins(2),
    }
}

fn bad(findings: &Findings) -> Vec<&Finding> {
    let all = findings.iter();
    all.filter(|finding| finding.verdict != Verdict::Good)
        .collect()
}

#[track_caller]
fn the<'a>(findings: &'a Findings, id: &str) -> &'a Finding {
    let mut all = findings.iter();
    let found = all.find(|finding| finding.id == id && finding.verdict != Verdict::Good);
    let found = found.or_else(|| findings.iter().find(|finding| finding.id == id));
    found.unwrap_or_else(|| panic!("nothing said of {id}: {findings:#?}"))
}

#[tokio::test]
async fn a_jitsi_that_is_set_right_has_nothing_to_mend_and_is_left_as_it_was() {
    let prosody = Prosody::start(Settings::default()).await;
    let findings = tried(&prosody, "", None).await;
    assert_eq!(bad(&findings), Vec::<&Finding>::new());
    let ids: Vec<&str> = findings.iter().map(|finding| finding.id).collect();
    assert_eq!(
        ids,
        [
            "meetings-bosh",
            "meetings-domain",
            "meetings-clock",
            "meetings-no-token",
            "meetings-wrong-key",
            "meetings-expired",
            "meetings-garbage",
            "meetings-token",
            "meetings-guests",
            "meetings-websocket",
            "meetings-rooms",
            "meetings-jicofo",
            "meetings-other-room",
            "meetings-participant",
            "meetings-moderator",
            "meetings-guests-start",
            "meetings-tenants",
        ]
    );
    for room in prosody.rooms() {
        let name = room.rsplit(']').next().unwrap();
        let digits = name.strip_prefix("bridge-check-").unwrap();
        assert!(
            digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit()),
            "{room}"
        );
    }
    // A moderator and a participant, twice; the owner of a tenant's room and a stranger.
    assert_eq!(prosody.joins(), 6);
    assert!(prosody.is_left().await);
}

#[tokio::test]
async fn over_websocket_alone_everything_is_tried_as_well() {
    let settings = Settings {
        bosh: Front::Answers(404),
        ..Settings::default()
    };
    let prosody = Prosody::start(settings).await;
    let told = Endpoints {
        websocket: format!("{}/xmpp-websocket", prosody.url).parse().ok(),
        ..Endpoints::default()
    };
    let findings = tried(&prosody, "", Some(&told)).await;
    let bad: Vec<&str> = bad(&findings).iter().map(|finding| finding.id).collect();
    assert_eq!(bad, ["meetings-bosh"]);
    assert_eq!(the(&findings, "meetings-other-room").verdict, Verdict::Good);
    assert_eq!(the(&findings, "meetings-moderator").verdict, Verdict::Good);
    assert_eq!(prosody.joins(), 6);
}

#[tokio::test]
async fn an_authority_that_is_named_for_the_provider_is_believed_by_both_ways() {
    let prosody = Prosody::start(Settings::default()).await;
    let tls = Tls::before(&prosody.url, Certificate::Good).await;
    let folder = KeyFolder::new();
    folder.put("ca.pem", &tls.authority);
    let further = format!(
        "jitsi.url = {:?}\nprovider.ca_file = {:?}",
        tls.origin,
        folder.path().join("ca.pem")
    );
    let findings = tried(&prosody, &further, None).await;
    assert_eq!(bad(&findings), Vec::<&Finding>::new());
    assert_eq!(the(&findings, "meetings-websocket").verdict, Verdict::Good);
}

#[tokio::test]
async fn what_config_js_says_goes_before_what_is_usual() {
    let settings = Settings {
        domain: "xmpp.example.org",
        muc: "rooms.xmpp.example.org",
        guests: Some("guest.of.example.org"),
        ..Settings::default()
    };
    let prosody = Prosody::start(settings).await;
    let told = Endpoints {
        domain: Some("xmpp.example.org".to_owned()),
        muc: Some("rooms.xmpp.example.org".to_owned()),
        anonymous_domain: Some("guest.of.example.org".to_owned()),
        bosh: format!("{}/http-bind", prosody.url).parse().ok(),
        ..Endpoints::default()
    };
    let further = "jitsi.xmpp_domain = \"xmpp.example.org\"";
    let findings = tried(&prosody, further, Some(&told)).await;
    assert!(
        the(&findings, "meetings-rooms")
            .said
            .contains("rooms.xmpp.example.org")
    );
    assert!(
        the(&findings, "meetings-guests")
            .said
            .contains("guest.of.example.org")
    );
}

#[tokio::test]
async fn tokens_for_every_domain_are_right_at_any() {
    let settings = Settings {
        domain_verification: true,
        guests: None,
        ..Settings::default()
    };
    let prosody = Prosody::start(settings).await;
    let findings = tried(&prosody, "jitsi.xmpp_domain = \"*\"", None).await;
    assert_eq!(bad(&findings), Vec::<&Finding>::new());
    let domain = the(&findings, "meetings-domain");
    assert!(domain.said.ends_with("meet.jitsi"), "{domain:?}");
}

#[tokio::test]
async fn somebody_in_a_room_is_not_disturbed() {
    let settings = Settings {
        occupied: true,
        ..Settings::default()
    };
    let prosody = Prosody::start(settings).await;
    let findings = tried(&prosody, "", None).await;
    assert_eq!(
        the(&findings, "meetings-occupied").verdict,
        Verdict::Warning
    );
    assert_eq!(prosody.joins(), 1);
    assert!(prosody.is_left().await);
}

#[tokio::test]
async fn where_jicofo_never_gets_ready_it_does_not_wait_for_ever() {
    let settings = Settings {
        jicofo: Jicofo::NeverReady,
        ..Settings::default()
    };
    let prosody = Prosody::start(settings).await;
    let findings = tried_for(IMPATIENT, &prosody, "", None).await;
    assert!(
        the(&findings, "meetings-jicofo")
            .said
            .contains("did not get it ready")
    );
    assert_eq!(prosody.joins(), 0);
    assert!(prosody.is_left().await);
}

#[tokio::test]
async fn jaas_is_not_tried() {
    let loaded = configuration("https://meet.example.org", "");
    let mut config = loaded.config;
    config.jitsi.jaas = Some(AppId::parse("vpaas-magic-cookie-1fc5").unwrap());
    let clock: SharedClock = Arc::new(SystemClock);
    let findings = meetings(&config, None, &clock, patience(PATIENT)).await;
    assert_eq!(findings.iter().count(), 1);
    assert_eq!(the(&findings, "meetings-jaas").verdict, Verdict::Warning);
}
