//! Files of a Jitsi where all is well.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jitsi_oidc_bridge::check::{JitsiFiles, Verdict, jitsi_files};

use super::{BRIDGE, Folder, config, look_at, nothing_is_wrong, told};

pub const ENV: &str = "\
# docker-jitsi-meet
CONFIG=~/.jitsi-meet-cfg
HTTPS_PORT=443
PUBLIC_URL=https://meet.example.org
ENABLE_AUTH=1
ENABLE_GUESTS=1
AUTH_TYPE=jwt
JWT_APP_ID=jitsi
JWT_APP_SECRET=0123456789abcdef0123456789abcdef
JWT_ACCEPTED_ISSUERS=jitsi
JWT_ACCEPTED_AUDIENCES=jitsi
JWT_ALLOW_EMPTY=0
TOKEN_AUTH_URL=https://meet.example.org/sso/join?room={room}&state={state}
XMPP_MUC_MODULES=muc_wait_for_host,token_affiliation
XMPP_MODULES=persistent_lobby
WAIT_FOR_HOST_DISABLE_AUTO_OWNERS=true
JICOFO_ENABLE_AUTH=0
ENABLE_AUTO_OWNER=false
";

/// As docker-jitsi-meet renders it, blank lines among it.
pub const PROSODY: &str = r#"admins = {
    "focus@auth.meet.jitsi",
    "jvb@auth.meet.jitsi"
}

plugin_paths = { "/prosody-plugins-custom", "/prosody-plugins/", "/prosody-plugins-contrib" }

muc_mapper_domain_base = "meet.jitsi";

asap_accepted_issuers = { "jitsi" }


asap_accepted_audiences = { "jitsi" }

VirtualHost "meet.jitsi"


    authentication = "token"
    app_id = "jitsi"
    app_secret = "0123456789abcdef0123456789abcdef"
    allow_empty_token = false
    enable_domain_verification = false

    ssl = {
        key = "/run/prosody/config/certs/meet.jitsi.key";
        certificate = "/run/prosody/config/certs/meet.jitsi.crt";
    }
    modules_enabled = {
        "bosh";
        "websocket"; -- for browsers
        "muc_lobby_rooms";
        "muc_breakout_rooms";
        "persistent_lobby";
    }
    main_muc = "muc.meet.jitsi"
    lobby_muc = "lobby.meet.jitsi"
    breakout_rooms_muc = "breakout.meet.jitsi"
    c2s_require_encryption = true

VirtualHost "guest.meet.jitsi"
    authentication = "jitsi-anonymous"
    modules_enabled = {
        "smacks";
        "persistent_lobby";
    }
    main_muc = "muc.meet.jitsi"

VirtualHost "auth.meet.jitsi"
    authentication = "internal_hashed"

Component "internal-muc.meet.jitsi" "muc"
    modules_enabled = { "muc_hide_all"; }

Component "muc.meet.jitsi" "muc"
    restrict_room_creation = true
    modules_enabled = {
        "muc_hide_all";
        "muc_wait_for_host";
        "token_affiliation";
        "token_verification";
    }
    wait_for_host_disable_auto_owners = true

Component "focus.meet.jitsi" "client_proxy"
    target_address = "focus@auth.meet.jitsi"

Component "lobby.meet.jitsi" "muc"
    modules_enabled = { "muc_hide_all"; }

Component "breakout.meet.jitsi" "muc"
    modules_enabled = {
        "muc_hide_all";
    }
"#;

pub const JICOFO: &str = r#"jicofo {

    // Bridges
    bridge {
      brewery-jid = "jvbbrewery@internal-muc.meet.jitsi"
    }
    conference {
      enable-auto-owner = false

      max-ssrcs-per-user = "20"
    }
    xmpp {
      client {
        enabled = true
        domain = "auth.meet.jitsi"
        password = "another-secret"
      }
      trusted-domains = [  ]
    }
}

include "custom-jicofo.conf"
"#;

pub const CONFIG_JS: &str = r#"// Jitsi Meet configuration.
var config = {};

config.hosts = {};
config.hosts.domain = 'meet.jitsi';

var subdir = '<!--# echo var="subdir" default="" -->';
var subdomain = '<!--# echo var="subdomain" default="" -->';
if (subdir.startsWith('<!--')) {
    subdir = '';
}
if (subdomain) {
    subdomain = subdomain.substring(0,subdomain.length-1).split('.').join('_').toLowerCase() + '.';
}
config.hosts.muc = 'muc.' + subdomain + 'meet.jitsi';
// When using authentication, domain for guest users.
config.hosts.anonymousdomain = 'guest.meet.jitsi';
config.bosh = 'https://meet.example.org/' + subdir + 'http-bind';
config.websocket = 'wss://meet.example.org/' + subdir + 'xmpp-websocket';

config.prejoinConfig = {
    enabled: true,

    // Hides the name.
    hideDisplayName: false
};
config.tokenAuthUrl = 'https://meet.example.org/sso/join?room={room}&state={state}';
config.disableDeepLinking = false;
config.videoQuality = {};
config.videoQuality.codecPreferenceOrder = ["AV1", "VP9"];
config.tokenLogoutUrl = config.tokenAuthUrl.replace(/\/join\?.*$/, '/logout');
"#;

#[test]
fn files_of_a_healthy_jitsi_are_good() {
    let bridge = config(BRIDGE);
    for (name, text) in [
        ("jitsi.env", ENV),
        ("jitsi.cfg.lua", PROSODY),
        ("jicofo.conf", JICOFO),
    ] {
        nothing_is_wrong(&look_at(name, text, &bridge));
        nothing_is_wrong(&look_at(name, &text.replace('\n', "\r\n"), &bridge));
    }
}

/// Debian's packages: one file a host, written by hand, with what is no longer used in comments.
#[test]
fn debians_files_are_good() {
    let prosody = r#"-- We need this for Jitsi
plugin_paths = { "/usr/share/jitsi-meet/prosody-plugins/" }
muc_mapper_domain_base = "meet.example.org";
VirtualHost "meet.example.org"
    -- enabled = false
    authentication = "token"
    --app_id="example_app_id"
    app_id="jitsi"
    app_secret="0123456789abcdef0123456789abcdef"
    asap_accepted_issuers = { "jitsi" }
    asap_accepted_audiences = { "jitsi" }
    allow_empty_token = false
    enable_domain_verification = false
    lobby_muc = "lobby.meet.example.org"
    main_muc = "conference.meet.example.org"
    modules_enabled = { "bosh"; "muc_lobby_rooms"; "persistent_lobby"; }
Component "conference.meet.example.org" "muc"
    storage = "memory"
    modules_enabled = { "token_verification"; "token_affiliation"; "muc_wait_for_host"; }
    wait_for_host_disable_auto_owners = true
Component "lobby.meet.example.org" "muc"
"#;
    let bridge = BRIDGE.replace("[token]", "xmpp_domain = \"meet.example.org\"\n[token]");
    nothing_is_wrong(&look_at("jitsi.cfg.lua", prosody, &config(&bridge)));
}

/// The `environment:` of a service of `docker-compose.yml`, as `docker compose exec SERVICE env` prints it.
fn environment(compose: &str, service: &str, variables: &BTreeMap<&str, &str>) -> String {
    let (_, after) = compose.split_once(&format!("\n  {service}:\n")).unwrap();
    let (_, block) = after.split_once("    environment:\n").unwrap();
    let mut printed = String::new();
    for line in block.lines().map_while(|line| line.strip_prefix("      ")) {
        let Some((name, value)) = line.split_once(": ").filter(|_| !line.starts_with('#')) else {
            continue;
        };
        // An anchor or an alias: both have the value of .env.
        let value = match value.strip_prefix('&').or(value.strip_prefix('*')) {
            Some(named) => named.split_once(' ').map_or("", |(_, value)| value),
            None => value,
        };
        let mut value = value.trim_matches('"').to_owned();
        if let Some((before, rest)) = value.split_once("${") {
            let (inner, after) = rest.split_once('}').unwrap();
            let (variable, default) = inner.split_once([':', '?']).unwrap_or((inner, ""));
            let default = default.trim_start_matches('-');
            value = format!(
                "{before}{}{after}",
                variables.get(variable).copied().unwrap_or(default)
            );
        }
        writeln!(printed, "{name}={value}").unwrap();
    }
    printed
}

#[test]
fn the_compose_file_of_this_repository_is_good() {
    let compose = std::fs::read_to_string("docker-compose.yml").unwrap();
    let variables = BTreeMap::from([
        ("PUBLIC_URL", "https://meet.example.org"),
        ("JWT_APP_SECRET", super::SECRET),
    ]);
    let folder = Folder::new();
    let env = ["web", "prosody", "jicofo"].map(|service| {
        folder.put(
            &format!("{service}.env"),
            &environment(&compose, service, &variables),
        )
    });
    let files = JitsiFiles {
        env: env.to_vec(),
        ..JitsiFiles::default()
    };
    let findings = jitsi_files(&files, &config(BRIDGE));
    nothing_is_wrong(&findings);
    assert!(told(&findings).contains("the token says who is a moderator"));
}

#[test]
fn an_env_file_whose_compose_file_says_the_rest_is_judged_by_what_stands_in_it() {
    // What config/generate-env writes.
    let env = "PUBLIC_URL=https://meet.example.org\nHTTPS_PORT=443\nENABLE_GUESTS=1\nJWT_APP_SECRET=0123456789abcdef0123456789abcdef\n";
    let findings = look_at("jitsi.env", env, &config(BRIDGE));
    let verdicts: Vec<Verdict> = findings.iter().map(|finding| finding.verdict).collect();
    assert_eq!(verdicts, [Verdict::Warning], "{}", told(&findings));
    assert!(told(&findings).contains("docker compose exec -T SERVICE env"));
    let wrong = look_at("jitsi.env", &env.replace("0123", "9123"), &config(BRIDGE));
    assert!(
        told(&wrong).contains("jitsi.env:4: the secret is another"),
        "{}",
        told(&wrong)
    );
}
