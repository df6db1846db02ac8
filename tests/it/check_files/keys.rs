//! A bridge that signs with keys, and what Prosody must have for it.

use jitsi_oidc_bridge::check::Verdict::{Fault, Warning};

use super::healthy::{ENV, PROSODY};
use super::{BRIDGE, config, look_at, nothing_is_wrong, told};
use crate::support::keyring::KeyFolder;

const KEYS: &str = "JWT_SIGN_TYPE=RS256\nJWT_ASAP_KEYSERVER=https://meet.example.org/sso/asap\n";

/// The healthy `.env`, with these lines instead of the secret.
fn env(lines: &str) -> String {
    ENV.replace("JWT_APP_SECRET=0123456789abcdef0123456789abcdef\n", lines)
}

#[test]
fn keys_are_asked_for_where_the_bridge_publishes_them() {
    let folder = KeyFolder::with("[[keys]]\nkid = \"k\"\nfile = \"1.pem\"\n");
    let token = "[token]\nsecret = \"0123456789abcdef0123456789abcdef\"\n";
    let bridge = format!("{}{}", folder.settings("RS256"), BRIDGE.replace(token, ""));
    let bridge = config(&bridge);
    nothing_is_wrong(&look_at("jitsi.env", &env(KEYS), &bridge));
    let inside = KEYS.replace(
        "https://meet.example.org/sso/asap",
        "http://bridge:8080/asap/",
    );
    nothing_is_wrong(&look_at("jitsi.env", &env(&inside), &bridge));
    let set = "XMPP_CONFIGURATION=cache_keys_url=\"https://meet.example.org/sso/.well-known/jwks.json\"\n";
    nothing_is_wrong(&look_at(
        "jitsi.env",
        &env(&format!("{KEYS}{set}")),
        &bridge,
    ));

    let rows = [
        (
            "JWT_SIGN_TYPE=RS256\n".to_owned(),
            "jitsi-keys",
            Fault,
            "has no JWT_ASAP_KEYSERVER",
            "JWT_ASAP_KEYSERVER=https://meet.example.org/sso/asap",
        ),
        (
            KEYS.replace("/sso/asap", "/asap"),
            "jitsi-keys",
            Fault,
            "jitsi.env:10: at https://meet.example.org/asap the bridge has no keys",
            "https://meet.example.org/sso/asap",
        ),
        (
            KEYS.replace("RS256", "HS256"),
            "jitsi-algorithm",
            Fault,
            "jitsi.env:9 has the algorithm \"HS256\"",
            "JWT_SIGN_TYPE=RS256",
        ),
        (
            format!("JWT_SIGN_TYPE=RS256\n{set}"),
            "jitsi-keys",
            Warning,
            "jitsi.env:10 has the key set alone",
            "JWT_ASAP_KEYSERVER=",
        ),
        (
            format!("{KEYS}{}", set.replace("jwks.json", "jwks")),
            "jitsi-keys",
            Fault,
            "jitsi.env:11",
            "/.well-known/jwks.json",
        ),
    ];
    for (lines, id, verdict, said, mend) in rows {
        let findings = look_at("jitsi.env", &env(&lines), &bridge);
        let found = findings.iter().any(|finding| {
            finding.id == id
                && finding.verdict == verdict
                && finding.said.contains(said)
                && finding.mend.contains(mend)
        });
        assert!(found, "{said}:\n{}", told(&findings));
    }
}

#[test]
fn a_bound_tenant_and_domain_verification_do_not_go_together() {
    let bridge = config(&BRIDGE.replace("[token]", "bind_tenant = true\n[token]"));
    nothing_is_wrong(&look_at("jitsi.cfg.lua", PROSODY, &bridge));
    let text = PROSODY
        .replace("allow_empty_token = false", "allow_empty_token = true")
        .replace(
            "enable_domain_verification = false",
            "enable_domain_verification = true",
        );
    let told = told(&look_at("jitsi.cfg.lua", &text, &bridge));
    assert!(
        told.contains("jitsi.cfg.lua:22: domain verification is on, and jitsi.bind_tenant"),
        "{told}"
    );
}

/// Prosody adds the modules of all hosts to each host's own.
#[test]
fn modules_of_all_hosts_count_for_each() {
    let text = PROSODY.replace(
        "        \"muc_breakout_rooms\";\n        \"persistent_lobby\";\n",
        "",
    );
    let text = format!("modules_enabled = {{ \"persistent_lobby\" }}\n{text}");
    nothing_is_wrong(&look_at("jitsi.cfg.lua", &text, &config(BRIDGE)));
}
