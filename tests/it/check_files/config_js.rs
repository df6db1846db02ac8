//! What `config.js` says by itself.

use jitsi_oidc_bridge::check::Findings;
use jitsi_oidc_bridge::check::Verdict::{self, Fault, Good, Warning};
use jitsi_oidc_bridge::check::jitsi_page::script::Script;
use jitsi_oidc_bridge::check::jitsi_page::{Endpoints, judge};
use jitsi_oidc_bridge::config::Config;

use super::healthy::CONFIG_JS;
use super::{AS_IT_IS, BRIDGE, Case, config, nothing_is_wrong, told};

const URL: &str = "https://meet.example.org/sso/join?room={room}&state={state}";
/// As docs/jitsi.md has it.
pub const INLINE: &str = r"
config.tokenAuthUrl = 'https://meet.example.org/sso/authorize?client_id=jitsi-meet&redirect_uri=https://meet.example.org/static/sso.html&state={state}&code_challenge={code_challenge}&code_challenge_method=S256';
config.tokenAuthInline = true;
config.sso = { ssoService: 'meet.example.org', tokenService: 'meet.example.org/sso', clientId: 'jitsi-meet' };
";

#[rustfmt::skip]
const CASES: &[Case] = &[
    case("config.tokenAuthUrl = '", "// config.tokenAuthUrl = '", "page-token-auth-url", Fault, &["no tokenAuthUrl"], &["config.tokenAuthUrl = 'https://meet.example.org/sso/join?room={room}&state={state}';", "TOKEN_AUTH_URL"]),
    case("meet.example.org/sso/join", "sso.example.org/join", "page-token-auth-url", Fault, &["https://sso.example.org", "https://meet.example.org", "nobody arrives"], &["config.tokenAuthUrl = 'https://meet"]),
    case("https://meet.example.org/sso/join", "http://meet.example.org/sso/join", "page-token-auth-url", Fault, &["leads to http://meet.example.org"], &[]),
    case("sso/join", "sso/login", "page-token-auth-url", Fault, &["/sso/login", "entrances are /sso/join"], &["config.tokenAuthUrl"]),
    case("sso/join", "join", "page-token-auth-url", Fault, &["/join, where the bridge has nothing"], &[]),
    case("?room={room}&state={state}'", "?room=%7Broom%7D&state=%7Bstate%7D'", "page-token-auth-url", Fault, &["percent-encoded"], &["{room}"]),
    case("state={state}'", "state={sate}'", "page-token-auth-url", Fault, &["{sate}", "did you mean {state}"], &[]),
    case("room={room}&", "room={{room}}&", "page-token-auth-url", Fault, &["{{room}"], &[]),
    case("room={room}", "room={room", "page-token-auth-url", Fault, &["{room&state={state}"], &[]),
    case("room={room}&", "room={room}&r={room}&", "page-token-auth-url", Fault, &["{room} twice"], &[]),
    case("?room={room}&state={state}'", "?name={room}&state={state}'", "page-token-auth-url", Fault, &["{room} in the parameter \"name\""], &[]),
    case("?room={room}&state={state}'", "?room={room}'", "page-token-auth-url", Warning, &["no {state}", "apps", "twice"], &["&state={state}"]),
    case("?room={room}&state={state}'", "?lang=de'", "page-token-auth-url", Fault, &["neither {room} nor {state}"], &[]),
    case("?room={room}&state={state}'", "?room=test'", "page-token-auth-url", Fault, &["a fixed room"], &[]),
    case("join?room={room}&state={state}'", "room/{room}'", "page-token-auth-url", Warning, &["no {state}"], &[]),
    case("join?room={room}&state={state}'", "room/{state}'", "page-token-auth-url", Fault, &["does not end with /room/{room}"], &[]),
    case("'https://meet.example.org/sso/join?room={room}&state={state}'", "makeUrl()", "page-token-auth-url", Warning, &["by a script"], &["config.tokenAuthUrl is https://"]),
    case("", "config.tokenAuthUrlAutoRedirect = true;", "page-auto-redirect", Warning, &["February 2026"], &["Take it out"]),
    case("config.tokenLogoutUrl = ", "let unused = ", "page-token-logout-url", Warning, &["no tokenLogoutUrl", "next person"], &["config.tokenLogoutUrl = 'https://meet.example.org/sso/logout';", "custom-config.js"]),
    case("", "config.tokenLogoutUrl = 'https://id.example.org/logout';", "page-token-logout-url", Warning, &["https://id.example.org", "goes on"], &["/sso/logout"]),
    case("", "config.tokenLogoutUrl = 'https://meet.example.org/logout';", "page-token-logout-url", Fault, &["https://meet.example.org/logout"], &["/sso/logout"]),
    case("hosts.domain = 'meet.jitsi'", "hosts.domain = 'meet.example.org'", "page-xmpp-domain", Warning, &["\"meet.example.org\"", "\"meet.jitsi\"", "domain verification"], &["jitsi.xmpp_domain = \"meet.example.org\""]),
    case("config.hosts.anonymousdomain", "// config.hosts.anonymousdomain", "page-guests", Fault, &["not_signed_in", "no domain for guests"], &["ENABLE_GUESTS=1"]).with(("[token]", "not_signed_in = \"guest\"\n[token]")),
    case("config.bosh = 'https://meet.example.org/' + subdir + 'http-bind';\nconfig.websocket = 'wss://meet.example.org/' + subdir + 'xmpp-websocket';", "config.bosh = 5;", "page-xmpp-endpoints", Warning, &["neither bosh nor websocket"], &["config.bosh"]),
    case("", "config.bosh = 'https://localhost:8443/http-bind';", "page-xmpp-endpoints", Warning, &["https://localhost:8443", "https://meet.example.org"], &["PUBLIC_URL"]),
    case("", "config.deeplinking = { ios: { appScheme: 'com.example.meet' } };", "page-app-schemes", Fault, &["deeplinking.ios.appScheme", "com.example.meet"], &["ios_scheme = \"com.example.meet\"", "[jitsi.apps]"]),
    case("", "config.deeplinking = { android: { appPackage: 'com.example.meet', appScheme: 'org.jitsi.meet' } };", "page-app-schemes", Fault, &["deeplinking.android.appPackage"], &["android_package = \"com.example.meet\""]),
    case("", "config.welcomePage = { disabled: false, customUrl: 'https://example.org' };", "page-welcome", Warning, &["Jibri"], &["Leave it out"]),
    // Inline sign-in.
    inline("authorize?", "join?", &["needs https://meet.example.org/sso/authorize"], &["config.tokenAuthUrl = 'https://meet.example.org/sso/authorize?client_id=jitsi-meet"]),
    inline("?client_id=jitsi-meet&redirect_uri=https://meet.example.org/static/sso.html&state={state}&code_challenge={code_challenge}&code_challenge_method=S256", "", &["has no '?'", "nonce"], &[]),
    inline("client_id=jitsi-meet", "client_id=jitsi", &["has client_id=jitsi, not client_id=jitsi-meet"], &[]),
    inline("/static/sso.html", "/sso.html", &["has redirect_uri=https://meet.example.org/sso.html, not"], &[]),
    inline("&code_challenge={code_challenge}", "", &["has no code_challenge={code_challenge}"], &[]),
    inline("method=S256", "method=plain", &["code_challenge_method=plain, not code_challenge_method=S256"], &[]),
    inline("&state={state}", "&state=%7Bstate%7D", &["percent-encoded"], &[]),
    inline("tokenService: 'meet.example.org/sso'", "tokenService: 'id.example.org'", &["sso.tokenService is \"id.example.org\"", "\"meet.example.org/sso\""], &["tokenService: 'meet.example.org/sso'"]),
    inline("clientId: 'jitsi-meet'", "clientId: 'meet'", &["sso.clientId is \"meet\""], &["clientId: 'jitsi-meet'"]),
    inline("ssoService: 'meet.example.org',", "", &["no ssoService"], &["ssoService: 'meet.example.org'"]),
    inline("config.sso", "config.other", &["no sso"], &["config.sso = {"]),
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

const fn inline(
    from: &'static str,
    to: &'static str,
    said: &'static [&'static str],
    mend: &'static [&'static str],
) -> Case {
    case(from, to, "page-inline-sign-in", Fault, said, mend)
}

fn look(text: &str, bridge: &Config) -> (Findings, Option<Endpoints>) {
    let mut findings = Findings::default();
    let endpoints = judge(&Script::read(text, &[]), bridge, &mut findings);
    (findings, endpoints)
}

#[test]
fn each_fault_is_found() {
    for case in CASES {
        let healthy = match case.id {
            "page-inline-sign-in" => format!("{CONFIG_JS}{INLINE}"),
            _ => CONFIG_JS.to_owned(),
        };
        let text = if case.id == "page-inline-sign-in" {
            let (before, after) = healthy.split_at(CONFIG_JS.len());
            format!("{before}{}", case.file(after))
        } else {
            case.file(&healthy)
        };
        case.is_found_in(&look(&text, &case.bridge()).0);
    }
}

#[test]
fn a_healthy_one_is_good_and_names_where_jitsi_is() {
    let bridge = config(BRIDGE);
    let (findings, endpoints) = look(CONFIG_JS, &bridge);
    nothing_is_wrong(&findings);
    let endpoints = endpoints.unwrap();
    assert_eq!(endpoints.domain.as_deref(), Some("meet.jitsi"));
    assert_eq!(endpoints.muc.as_deref(), Some("muc.meet.jitsi"));
    assert_eq!(
        endpoints.anonymous_domain.as_deref(),
        Some("guest.meet.jitsi")
    );
    assert_eq!(
        endpoints.bosh.unwrap().as_str(),
        "https://meet.example.org/http-bind"
    );
    assert_eq!(
        endpoints.websocket.unwrap().as_str(),
        "wss://meet.example.org/xmpp-websocket"
    );

    let (findings, _) = look(&format!("{CONFIG_JS}{INLINE}"), &bridge);
    nothing_is_wrong(&findings);
    let said = told(&findings);
    assert!(
        said.contains("config.js has inline sign-in at this bridge"),
        "{said}"
    );
}

/// Debian's has one object, comments in it, and addresses without a host.
#[test]
fn debians_is_read_as_well() {
    let script = r"
        var enableJaaS = false;
        var subdir = '', subdomain = '';
        var config = {
            // Connection
            hosts: {
                domain: 'meet.example.org',
                // anonymousdomain: 'guest.meet.example.org',
                muc: 'conference.' + subdomain + 'meet.example.org',
            },
            bosh: '//meet.example.org/' + subdir + 'http-bind',
            websocket: '/xmpp-websocket',
            // tokenAuthUrl: 'https://example.org/auth/{room}',
            tokenAuthUrl:
                 'https://meet.example.org/sso/room/{room}?state={state}',
            tokenLogoutUrl: 'https://meet.example.org/sso/logout?return=jitsi',
            p2p: { enabled: true, stunServers: [ { urls: 'stun:x' } ] },
        };
        if (enableJaaS) {
            config.dialInNumbersUrl = 'https://example.org';
        }
    ";
    let bridge = BRIDGE.replace("[token]", "xmpp_domain = \"meet.example.org\"\n[token]");
    let (findings, endpoints) = look(script, &config(&bridge));
    nothing_is_wrong(&findings);
    let endpoints = endpoints.unwrap();
    assert_eq!(
        endpoints.muc.as_deref(),
        Some("conference.meet.example.org")
    );
    assert_eq!(endpoints.anonymous_domain, None);
    assert_eq!(
        endpoints.bosh.unwrap().as_str(),
        "https://meet.example.org/http-bind"
    );
    assert_eq!(
        endpoints.websocket.unwrap().as_str(),
        "https://meet.example.org/xmpp-websocket"
    );
}

#[test]
fn other_ways_in_are_as_good() {
    for url in [
        "https://meet.example.org/sso/room/{room}?state={state}",
        "https://meet.example.org/sso/join?state={state}",
        "https://MEET.example.org:443/sso/join?room={room}&state={state}&code_challenge={code_challenge}",
        "https://meet.example.org/sso/authorize?client_id=jitsi-meet&state={state}",
    ] {
        let (findings, _) = look(&CONFIG_JS.replace(URL, url), &config(BRIDGE));
        let good = findings
            .iter()
            .any(|finding| finding.id == "page-token-auth-url" && finding.verdict == Good);
        assert!(good, "{url}:\n{}", told(&findings));
    }
}
