//! Jicofo's configuration.

use jitsi_oidc_bridge::check::Verdict::{self, Fault, Warning};
use jitsi_oidc_bridge::check::{JitsiFiles, jitsi_files};

use super::healthy::JICOFO;
use super::{AS_IT_IS, BRIDGE, Case, Folder, config, look_at, told};

#[rustfmt::skip]
const CASES: &[Case] = &[
    case("      enable-auto-owner = false\n", "", Fault, &["jicofo.conf:7: conference has no enable-auto-owner", "first to come"], &["enable-auto-owner = false"]),
    case("enable-auto-owner = false", "enable-auto-owner: true", Fault, &["jicofo.conf:8 says enable-auto-owner = true"], &["enable-auto-owner = false"]),
    case("    xmpp {", "    authentication { enabled = true, type = JWT }\n    xmpp {", Fault, &["jicofo.conf:12", "everyone with a token a moderator"], &["enabled = false"]),
    case("", "jicofo.authentication.enabled=true\n", Fault, &["jicofo.conf:23"], &["enabled = false"]),
    case("", "org.jitsi.jicofo.auth.URL=XMPP:meet.jitsi\n", Fault, &["jicofo.conf:23 (org.jitsi.jicofo.auth.URL)"], &["authentication block"]),
    case("      enable-auto-owner = false\n", "} } org.jitsi.jicofo.DISABLE_AUTO_OWNER=true\njicofo { conference {\n", Warning, &["jicofo.conf:8", "do not read DISABLE_AUTO_OWNER"], &["enable-auto-owner = false"]),
];

const fn case(
    from: &'static str,
    to: &'static str,
    verdict: Verdict,
    said: &'static [&'static str],
    mend: &'static [&'static str],
) -> Case {
    Case {
        from,
        to,
        bridge: AS_IT_IS,
        id: "jitsi-auto-owner",
        verdict,
        said,
        mend,
    }
}

#[test]
fn each_fault_is_found_in_its_line() {
    for case in CASES {
        case.is_found_in(&look_at("jicofo.conf", &case.file(JICOFO), &case.bridge()));
    }
}

#[test]
fn a_recorder_whose_domain_is_not_trusted_is_told() {
    let text = JICOFO.replace(
        "    conference {",
        "    jibri { brewery-jid = \"x\" }\n    conference {",
    );
    let told = told(&look_at("jicofo.conf", &text, &config(BRIDGE)));
    assert!(told.contains("jicofo.conf:19 trusts no domain"), "{told}");
}

/// docker-jitsi-meet's `custom-jicofo.conf` counts above what stands before it.
#[test]
fn what_is_included_is_read() {
    let folder = Folder::new();
    let jicofo = vec![folder.put("jicofo.conf", JICOFO)];
    folder.put(
        "custom-jicofo.conf",
        "\njicofo.conference.enable-auto-owner = true\n",
    );
    let files = JitsiFiles {
        jicofo,
        ..JitsiFiles::default()
    };
    let told = told(&jitsi_files(&files, &config(BRIDGE)));
    assert!(
        told.contains("custom-jicofo.conf:2 says enable-auto-owner = true"),
        "{told}"
    );
}
