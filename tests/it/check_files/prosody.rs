//! Prosody's configuration.

use jitsi_oidc_bridge::check::Verdict::{self, Fault, Warning};
use jitsi_oidc_bridge::check::{JitsiFiles, jitsi_files};

use super::healthy::PROSODY;
use super::{AS_IT_IS, BRIDGE, Case, Folder, config, look_at, nothing_is_wrong, told};

const ON: (&str, &str) = ("[token]", "xmpp_domain = \"meet.example.org\"\n[token]");

#[rustfmt::skip]
const CASES: &[Case] = &[
    case("authentication = \"token\"", "authentication = \"internal_hashed\"", "jitsi-authentication", Fault, &["jitsi.cfg.lua:18", "\"internal_hashed\"", "asks for no token"], &["authentication = \"token\""]),
    case("    authentication = \"token\"\n", "", "jitsi-authentication", Fault, &["jitsi.cfg.lua:15", "has no authentication"], &["authentication = \"token\""]),
    case("        \"token_verification\";\n", "", "jitsi-token-verification", Fault, &["jitsi.cfg.lua:56: modules_enabled of \"muc.meet.jitsi\" without token_verification", "opens all of them"], &["\"token_verification\"; into modules_enabled of Component \"muc.meet.jitsi\""]),
    case("        \"token_affiliation\";\n", "        -- \"token_affiliation\";\n", "jitsi-roles", Fault, &["jitsi.cfg.lua:56", "without token_affiliation"], &["Component \"muc.meet.jitsi\""]),
    case("\"muc_hide_all\";\n        \"muc_wait", "\"muc_allowners\";\n        \"muc_wait", "jitsi-auto-owner", Fault, &["jitsi.cfg.lua:57: muc_allowners"], &["Take \"muc_allowners\""]),
    case("    wait_for_host_disable_auto_owners = true\n", "", "jitsi-auto-owner", Fault, &["jitsi.cfg.lua:54: \"muc.meet.jitsi\" has no wait_for_host_disable_auto_owners", "jitsi.cfg.lua:58"], &["wait_for_host_disable_auto_owners = true"]),
    case("        \"muc_breakout_rooms\";\n        \"persistent_lobby\";\n", "", "jitsi-lobby", Fault, &["jitsi.cfg.lua:28: modules_enabled of \"meet.jitsi\" without persistent_lobby"], &["VirtualHost \"meet.jitsi\""]),
    case("        \"smacks\";\n        \"persistent_lobby\";\n", "", "jitsi-lobby", Fault, &["\"guest.meet.jitsi\" without persistent_lobby"], &["VirtualHost \"guest.meet.jitsi\""]),
    case("        \"muc_lobby_rooms\";\n", "", "jitsi-lobby", Fault, &["needs a lobby"], &["muc_lobby_rooms"]),
    case("        \"muc_wait_for_host\";\n", "", "jitsi-guests", Warning, &["jitsi.cfg.lua:56", "guests open rooms"], &["\"muc_wait_for_host\""]),
    case("asap_accepted_issuers = { \"jitsi\" }", "asap_accepted_issuers = { \"meet\" }", "jitsi-issuer", Fault, &["jitsi.cfg.lua:10", "\"meet\""], &["asap_accepted_issuers = { \"jitsi\" }"]),
    case("app_secret = \"0123456789abcdef0123456789abcdef\"", "app_secret = \"another-secret\"", "jitsi-secret", Fault, &["jitsi.cfg.lua:20: the secret is another"], &["the same in both"]),
    case("    allow_empty_token = false\n", "    allow_empty_token = false\n    signature_algorithm = \"RS256\"\n", "jitsi-algorithm", Fault, &["jitsi.cfg.lua:22", "\"RS256\""], &["signature_algorithm = \"HS256\""]),
    case("    allow_empty_token = false\n", "    allow_empty_token = false\n    cache_keys_url = \"https://x.example/keys\"\n", "jitsi-keys", Fault, &["jitsi.cfg.lua:22"], &["Take the line out"]),
    case("allow_empty_token = false", "allow_empty_token = true", "jitsi-empty-token", Fault, &["jitsi.cfg.lua:21", "anybody enters"], &["allow_empty_token = false"]),
    case("allow_empty_token = false\n    enable_domain_verification = false", "allow_empty_token = true\n    enable_domain_verification = true", "jitsi-domain", Fault, &["jitsi.cfg.lua:15", "jitsi.cfg.lua:22", "refuses every token"], &["jitsi.xmpp_domain = \"meet.jitsi\""]).with(ON),
    case("    enable_domain_verification = false\n", "", "jitsi-empty-token", Fault, &["jitsi.cfg.lua:21", "guests need empty tokens"], &["allow_empty_token = true"]),
    case("Component \"breakout.meet.jitsi\" \"muc\"\n    modules_enabled = {\n", "Component \"breakout.meet.jitsi\" \"muc\"\n    modules_enabled = {\n        \"token_verification\";\n", "jitsi-breakout", Fault, &["jitsi.cfg.lua:72", "breakout room"], &["Take \"token_verification\""]),
    case("", "VirtualHost \"recorder.meet.jitsi\"\n    authentication = \"token\"\n", "jitsi-recorder", Fault, &["jitsi.cfg.lua:75", "recorder and transcriber have none"], &["internal_hashed"]),
    case("", "VirtualHost \"recorder.meet.jitsi\"\n    authentication = \"internal_hashed\"\n", "jitsi-recorder", Warning, &["jitsi.cfg.lua:74", "waits in the lobby"], &["muc_lobby_whitelist = { \"recorder.meet.jitsi\" }"]),
    case("", "\nInclude \"conf.d/*.cfg.lua\"\n", "jitsi-file", Warning, &["jitsi.cfg.lua:75 includes conf.d/*.cfg.lua, which is not here"], &[]),
    case("app_secret = \"0123456789abcdef0123456789abcdef\"", "app_secret = os.getenv(\"SECRET\")", "jitsi-code", Warning, &["jitsi.cfg.lua:20: app_secret is worked out by code"], &[]),
    case("        \"muc_hide_all\";\n        \"muc_wait_for_host\";", "        \"muc_wait_for_host\";\n    } + others\n    ignored = {", "jitsi-code", Warning, &["jitsi.cfg.lua:56: modules_enabled is worked out by code"], &[]),
    case("", "\nfor _, name in pairs(names) do\n", "jitsi-code", Warning, &["jitsi.cfg.lua:75: Lua code that was not followed"], &[]),
];

const fn case(
    from: &'static str,
    to: &'static str,
    id: &'static str,
    verdict: Verdict,
    said: &'static [&'static str],
    mend: &'static [&'static str],
) -> Case {
    Case {
        from,
        to,
        bridge: AS_IT_IS,
        id,
        verdict,
        said,
        mend,
    }
}

#[test]
fn each_fault_is_found_in_its_line() {
    for case in CASES {
        case.is_found_in(&look_at(
            "jitsi.cfg.lua",
            &case.file(PROSODY),
            &case.bridge(),
        ));
    }
}

#[test]
fn what_is_set_for_all_hosts_holds_for_rooms_as_well() {
    let line = "wait_for_host_disable_auto_owners = true\n";
    let (before, after) = PROSODY.split_once(line).unwrap();
    let global = format!("{line}{before}{after}");
    nothing_is_wrong(&look_at("jitsi.cfg.lua", &global, &config(BRIDGE)));
    let off = global.replacen("owners = true", "owners = false", 1);
    let told = told(&look_at("jitsi.cfg.lua", &off, &config(BRIDGE)));
    let said = "jitsi.cfg.lua:1: muc_wait_for_host";
    assert!(told.contains(said), "{told}");
}

#[test]
fn a_folder_and_what_a_file_includes_are_read_in_order() {
    let folder = Folder::new();
    let (global, hosts) = PROSODY.split_once("VirtualHost").unwrap();
    folder.put(
        "prosody.cfg.lua",
        &format!("{global}\nInclude \"conf.d/*.cfg.lua\"\n"),
    );
    folder.put("conf.d/jitsi.cfg.lua", &format!("VirtualHost{hosts}"));
    for given in ["prosody.cfg.lua", "conf.d"] {
        let files = JitsiFiles {
            prosody: vec![folder.path(given)],
            ..JitsiFiles::default()
        };
        nothing_is_wrong(&jitsi_files(&files, &config(BRIDGE)));
    }
    folder.put(
        "conf.d/later.cfg.lua",
        "VirtualHost \"meet.jitsi\"\n  app_secret = \"another-secret\"\n",
    );
    let files = JitsiFiles {
        prosody: vec![folder.path("prosody.cfg.lua")],
        ..JitsiFiles::default()
    };
    let told = told(&jitsi_files(&files, &config(BRIDGE)));
    assert!(
        told.contains("later.cfg.lua:2: the secret is another"),
        "{told}"
    );
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let files = JitsiFiles {
        env: vec!["/nonexistent/.env".into()],
        prosody: vec!["/nonexistent/x.cfg.lua".into()],
        jicofo: vec!["/nonexistent/jicofo.conf".into()],
    };
    let findings = jitsi_files(&files, &config(BRIDGE));
    let ids: Vec<&str> = findings.iter().map(|finding| finding.id).collect();
    assert_eq!(ids, ["jitsi-file"; 3], "{}", told(&findings));
}
