//! docker-jitsi-meet's `.env`.

use jitsi_oidc_bridge::check::Verdict::{self, Fault, Good, Warning};
use proptest::prelude::*;

use super::healthy::ENV;
use super::{AS_IT_IS, BRIDGE, Case, config, look_at, nothing_is_wrong, told};

/// Tokens say Jitsi's public host.
const AT_HOST: (&str, &str) = ("[token]", "xmpp_domain = \"meet.example.org\"\n[token]");

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Everyone is a moderator.
    case("ENABLE_AUTO_OWNER=false\n", "", "jitsi-auto-owner", Fault, &["jitsi.env has no ENABLE_AUTO_OWNER", "first to come"], &["ENABLE_AUTO_OWNER=false"]),
    case("ENABLE_AUTO_OWNER=false", "#ENABLE_AUTO_OWNER=false", "jitsi-auto-owner", Fault, &["jitsi.env:18 has ENABLE_AUTO_OWNER commented out"], &["ENABLE_AUTO_OWNER=false"]),
    case("ENABLE_AUTO_OWNER=false", "ENABLE_AUTO_OWNER=true", "jitsi-auto-owner", Fault, &["jitsi.env:18 says ENABLE_AUTO_OWNER=true"], &["ENABLE_AUTO_OWNER=false"]),
    case("JICOFO_ENABLE_AUTH=0\n", "", "jitsi-auto-owner", Fault, &["no JICOFO_ENABLE_AUTH, so it follows ENABLE_AUTH"], &["JICOFO_ENABLE_AUTH=0"]),
    case("JICOFO_ENABLE_AUTH=0", "JICOFO_ENABLE_AUTH=1", "jitsi-auto-owner", Fault, &["jitsi.env:17", "everyone with a token a moderator"], &["JICOFO_ENABLE_AUTH=0"]),
    case("WAIT_FOR_HOST_DISABLE_AUTO_OWNERS=true\n", "", "jitsi-auto-owner", Fault, &["no WAIT_FOR_HOST_DISABLE_AUTO_OWNERS", "jitsi.env:14"], &["WAIT_FOR_HOST_DISABLE_AUTO_OWNERS=true"]),
    case("XMPP_MUC_MODULES=muc_wait_for_host,", "XMPP_MUC_MODULES=muc_allowners,muc_wait_for_host,", "jitsi-auto-owner", Fault, &["jitsi.env:14: muc_allowners"], &["Write XMPP_MUC_MODULES=muc_wait_for_host,token_affiliation"]),
    // Nobody is.
    case("muc_wait_for_host,token_affiliation", "muc_wait_for_host", "jitsi-roles", Fault, &["jitsi.env:14 says XMPP_MUC_MODULES=muc_wait_for_host without token_affiliation"], &["Write XMPP_MUC_MODULES=muc_wait_for_host,token_affiliation"]),
    case("XMPP_MODULES=persistent_lobby", "XMPP_MODULES=persistent_lobby,token_moderation", "jitsi-modules", Fault, &["jitsi.env:15: token_moderation does nothing there"], &["XMPP_MUC_MODULES="]),
    // Guests.
    case("XMPP_MODULES=persistent_lobby\n", "", "jitsi-lobby", Fault, &["no XMPP_MODULES, and so no persistent_lobby", "walk straight in"], &["Write XMPP_MODULES=persistent_lobby"]),
    case("XMPP_MUC_MODULES=muc_wait_for_host,token_affiliation\n", "", "jitsi-roles", Fault, &["jitsi.env has no XMPP_MUC_MODULES, and so no token_affiliation: the token's role has no effect"], &["Write XMPP_MUC_MODULES=token_affiliation"]),
    case("muc_wait_for_host,token_affiliation", "token_affiliation", "jitsi-guests", Warning, &["without muc_wait_for_host", "guests open rooms"], &["Write XMPP_MUC_MODULES=token_affiliation,muc_wait_for_host"]),
    case("ENABLE_GUESTS=1", "ENABLE_GUESTS=1\nENABLE_LOBBY=0", "jitsi-lobby", Fault, &["needs a lobby"], &["ENABLE_LOBBY=1"]),
    case("JWT_ALLOW_EMPTY=0", "JWT_ALLOW_EMPTY=1", "jitsi-empty-token", Fault, &["jitsi.env:12", "anybody enters"], &["JWT_ALLOW_EMPTY=0"]),
    case("JWT_ALLOW_EMPTY=0", "JWT_ALLOW_EMPTY=0\nJWT_ENABLE_DOMAIN_VERIFICATION=1", "jitsi-empty-token", Fault, &["jitsi.env:12", "guests need empty tokens"], &["JWT_ALLOW_EMPTY=1", "muc_wait_for_host"]),
    // Refused.
    case("JWT_APP_ID=jitsi\n", "", "jitsi-issuer", Fault, &["jitsi.env has no JWT_APP_ID"], &["JWT_APP_ID=jitsi"]),
    case("JWT_APP_ID=jitsi\nJWT_APP_SECRET=0123456789abcdef0123456789abcdef\nJWT_ACCEPTED_ISSUERS=jitsi", "JWT_APP_ID=meet\nJWT_APP_SECRET=0123456789abcdef0123456789abcdef", "jitsi-issuer", Fault, &["jitsi.env:8", "\"meet\""], &["JWT_APP_ID=jitsi", "jitsi.app_id = \"meet\""]),
    case("JWT_ACCEPTED_ISSUERS=jitsi", "JWT_ACCEPTED_ISSUERS=my_app,meet", "jitsi-issuer", Fault, &["jitsi.env:10", "\"my_app\", \"meet\""], &["JWT_ACCEPTED_ISSUERS=jitsi", "jitsi.app_id"]),
    case("JWT_ACCEPTED_AUDIENCES=jitsi", "JWT_ACCEPTED_AUDIENCES=meet", "jitsi-audience", Fault, &["jitsi.env:11", "\"meet\""], &["JWT_ACCEPTED_AUDIENCES=jitsi"]),
    case("JWT_APP_SECRET=0123456789abcdef0123456789abcdef", "JWT_APP_SECRET=another-secret", "jitsi-secret", Fault, &["jitsi.env:9: the secret is another"], &["the same in both"]),
    case("JWT_APP_SECRET=0123456789abcdef0123456789abcdef", "JWT_APP_SECRET=\"'0123456789abcdef0123456789abcdef'\"", "jitsi-secret", Fault, &["jitsi.env:9", "by quotes or blanks"], &[]),
    case("JWT_APP_SECRET=0123456789abcdef0123456789abcdef", "#JWT_APP_SECRET=", "jitsi-secret", Fault, &["jitsi.env:9 has JWT_APP_SECRET commented out"], &["JWT_APP_SECRET=…", "token.secret"]),
    case("", "JWT_SIGN_TYPE=HS512\n", "jitsi-algorithm", Fault, &["jitsi.env:19", "\"HS512\"", "HS256"], &["JWT_SIGN_TYPE=HS256"]),
    case("", "JWT_ASAP_KEYSERVER=https://meet.example.org/sso/asap\n", "jitsi-keys", Fault, &["jitsi.env:19", "signs with a secret"], &["Take the line out"]),
    case("", "XMPP_CONFIGURATION=foo=\"x\",cache_keys_url=\"https://x.example/jwks.json\"\n", "jitsi-keys", Fault, &["jitsi.env:19", "signs with a secret"], &[]),
    case("", "XMPP_DOMAIN=meet.example.org\n", "jitsi-domain", Warning, &["jitsi.env:19", "\"meet.example.org\"", "\"meet.jitsi\""], &["jitsi.xmpp_domain = \"meet.example.org\""]),
    case("JWT_ALLOW_EMPTY=0", "JWT_ALLOW_EMPTY=1\nJWT_ENABLE_DOMAIN_VERIFICATION=1\nXMPP_DOMAIN=meet.example.org", "jitsi-domain", Fault, &["jitsi.env:14", "jitsi.env:13", "refuses every token"], &["jitsi.xmpp_domain = \"meet.example.org\""]),
    case("JWT_ALLOW_EMPTY=0", "JWT_ALLOW_EMPTY=1\nJWT_ENABLE_DOMAIN_VERIFICATION=1", "jitsi-domain", Fault, &["jitsi.env has no XMPP_DOMAIN: the XMPP domain is \"meet.jitsi\", and tokens say \"meet.example.org\"", "jitsi.env:13", "refuses every token"], &["jitsi.xmpp_domain = \"meet.jitsi\""]).with(AT_HOST),
    case("", "#XMPP_DOMAIN=meet.example.org\n", "jitsi-domain", Warning, &["jitsi.env:19 has XMPP_DOMAIN commented out: the XMPP domain is \"meet.jitsi\""], &["jitsi.xmpp_domain = \"meet.jitsi\""]).with(AT_HOST),
    // Prosody's own lines.
    case("", "XMPP_CONFIGURATION=signature_algorithm=\"RS256\"\n", "jitsi-algorithm", Fault, &["jitsi.env:19 has the algorithm \"RS256\""], &["Write signature_algorithm = \"HS256\" in XMPP_CONFIGURATION"]),
    case("", "XMPP_CONFIGURATION=asap_accepted_issuers={\"foo\"}\n", "jitsi-issuer", Fault, &["jitsi.env:19 accepts the issuers \"foo\""], &["Write asap_accepted_issuers = { \"jitsi\" } in XMPP_CONFIGURATION"]),
    case("", "XMPP_CONFIGURATION=enable_domain_verification=true;\n", "jitsi-empty-token", Fault, &["guests need empty tokens"], &["JWT_ALLOW_EMPTY=1"]),
    case("", "XMPP_CONFIGURATION=app_secret=\"another-secret\"\n", "jitsi-secret", Fault, &["jitsi.env:19: the secret is another"], &[]),
    case("", "XMPP_CONFIGURATION=app_id=os.getenv(\"ID\")\n", "jitsi-code", Warning, &["jitsi.env:19: app_id in XMPP_CONFIGURATION is worked out by code"], &[]),
    case("WAIT_FOR_HOST_DISABLE_AUTO_OWNERS=true", "XMPP_MUC_CONFIGURATION=wait_for_host_disable_auto_owners=false", "jitsi-auto-owner", Fault, &["jitsi.env:16: muc_wait_for_host"], &["wait_for_host_disable_auto_owners = true in XMPP_MUC_CONFIGURATION"]),
    // A secret in the wrong place is not shown.
    case("JWT_ACCEPTED_AUDIENCES=jitsi", "JWT_ACCEPTED_AUDIENCES=0123456789abcdef0123456789abcdef", "jitsi-audience", Fault, &["jitsi.env:11", "\"…\""], &[]),
    // Not asked at all.
    case("ENABLE_AUTH=1", "ENABLE_AUTH=0", "jitsi-authentication", Fault, &["jitsi.env:5 says ENABLE_AUTH=0"], &["ENABLE_AUTH=1"]),
    case("AUTH_TYPE=jwt", "AUTH_TYPE=internal", "jitsi-authentication", Fault, &["jitsi.env:7 says AUTH_TYPE=internal", "passwords"], &["AUTH_TYPE=jwt"]),
    case("", "PROSODY_AUTH_TYPE=ldap\n", "jitsi-authentication", Fault, &["jitsi.env:19 says PROSODY_AUTH_TYPE=ldap"], &["PROSODY_AUTH_TYPE=jwt"]),
    case("", "JWT_AUTH_TYPE=jwt\n", "jitsi-authentication", Fault, &["jitsi.env:19"], &["JWT_AUTH_TYPE=token"]),
    case("", "JWT_TOKEN_AUTH_MODULE=none\n", "jitsi-token-verification", Fault, &["jitsi.env:19"], &["Take the line out"]),
    case("", "XMPP_BREAKOUT_MUC_MODULES=token_verification\n", "jitsi-breakout", Fault, &["jitsi.env:19"], &["Take the line out"]),
    // Led nowhere.
    case("TOKEN_AUTH_URL=https://meet.example.org/sso/join?room={room}&state={state}\n", "", "page-token-auth-url", Fault, &["jitsi.env has no TOKEN_AUTH_URL"], &["TOKEN_AUTH_URL=https://meet.example.org/sso/join?room={room}&state={state}"]),
    case("state={state}", "state={State}", "page-token-auth-url", Fault, &["jitsi.env:13", "{State}", "did you mean {state}"], &["TOKEN_AUTH_URL=https://"]),
    case("PUBLIC_URL=https://meet.example.org", "PUBLIC_URL=https://localhost:8443", "jitsi-address", Fault, &["jitsi.env:4", "localhost:8443", "https://meet.example.org"], &["jitsi.url"]),
    // Misspelt.
    case("", "JWT_APP_SECERT=x\n", "jitsi-variables", Fault, &["jitsi.env:19", "did you mean JWT_APP_SECRET"], &["JWT_APP_SECRET"]),
    case("", "TOKEN_LOGOUT_URL=x\n", "jitsi-variables", Warning, &["jitsi.env:19", "no variable TOKEN_LOGOUT_URL"], &["custom-config.js"]),
    case("", "ENABLE_AUTH=true\n", "jitsi-variables", Warning, &["jitsi.env:5", "set again at", "jitsi.env:19"], &[]),
    case("", "just a remark\n", "jitsi-variables", Warning, &["jitsi.env:19 is not NAME=value"], &[]),
    case("ENABLE_GUESTS=1", "ENABLE_GUESTS=yes", "jitsi-variables", Warning, &["jitsi.env:6 says ENABLE_GUESTS=yes", "takes for true"], &["ENABLE_GUESTS=true"]),
    case("ENABLE_GUESTS=1", "ENABLE_GUESTS=off", "jitsi-variables", Fault, &["jitsi.env:6 says ENABLE_GUESTS=off", "takes for true"], &["ENABLE_GUESTS=false"]),
    case("muc_wait_for_host,token_affiliation", "muc_wait_for_host,token_affiliation,muc_alowners,token_afiliation", "jitsi-modules", Fault, &["jitsi.env:14", "did you mean token_affiliation"], &["Write XMPP_MUC_MODULES=muc_wait_for_host,token_affiliation,muc_alowners"]),
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

/// What compose takes for a variable is told before anything is compared; what it takes as it is, is compared.
#[test]
fn a_secret_that_compose_cuts_is_told() {
    const OURS: &str = "Kx9$mRq2pLw8Kx9$mRq2pLw8Kx9$mRq2pLw8";
    let bridge = config(&BRIDGE.replace(super::SECRET, OURS));
    let with = |written: &str| ENV.replace(super::SECRET, written);
    for cut in [OURS, "\"Kx9$mRq2pLw8\"", "Kx9${mRq2pLw8}"] {
        let findings = look_at("jitsi.env", &with(cut), &bridge);
        let told = told(&findings);
        let bad: Vec<_> = findings.iter().filter(|f| f.verdict > Good).collect();
        assert_eq!((bad.len(), bad[0].verdict), (1, Warning), "{told}");
        assert_eq!(bad[0].id, "jitsi-secret");
        assert!(bad[0].said.contains("jitsi.env:9: compose takes a $"));
        assert!(bad[0].mend.contains("write $$"));
        assert!(!told.contains("mRq2pLw8"), "{told}");
    }
    let doubled = OURS.replace('$', "$$");
    let escaped = format!("\"{}\"", OURS.replace('$', "\\$"));
    for whole in [&doubled, &escaped, &format!("'{OURS}'")] {
        nothing_is_wrong(&look_at("jitsi.env", &with(whole), &bridge));
    }
}

/// docker-jitsi-meet writes these lines below its own.
#[test]
fn lines_for_prosody_count_above_variables() {
    let variable = "WAIT_FOR_HOST_DISABLE_AUTO_OWNERS=true\n";
    let without = ENV.replace(variable, "");
    let line = "XMPP_MUC_CONFIGURATION=muc_room_locking=false,wait_for_host_disable_auto_owners";
    let bridge = config(BRIDGE);
    nothing_is_wrong(&look_at(
        "jitsi.env",
        &format!("{without}{line}=true\n"),
        &bridge,
    ));
    // This variable stands below them.
    nothing_is_wrong(&look_at(
        "jitsi.env",
        &format!("{ENV}{line}=false\n"),
        &bridge,
    ));
    let above = "XMPP_CONFIGURATION=app_id=\"jitsi\",asap_accepted_issuers={\"jitsi\";\"b\"},app_secret='0123456789abcdef0123456789abcdef'";
    let wrong = ENV
        .replace("JWT_APP_ID=jitsi", "JWT_APP_ID=meet")
        .replace("ISSUERS=jitsi", "ISSUERS=meet")
        .replace(super::SECRET, "another-secret");
    nothing_is_wrong(&look_at("jitsi.env", &format!("{wrong}{above}\n"), &bridge));
}

#[test]
fn each_fault_is_found_in_its_line() {
    for case in CASES {
        case.is_found_in(&look_at("jitsi.env", &case.file(ENV), &case.bridge()));
    }
}

/// What the bridge's own settings ask of Jitsi.
#[test]
fn what_the_bridge_is_configured_for_is_asked_of_jitsi() {
    let rule = |gift: &str| {
        (
            "default = \"participant\"",
            format!("default = \"participant\"\n[[policy.rules]]\nname = \"R\"\n{gift}\n"),
        )
    };
    let rows = [
        (
            rule("lobby_bypass = true"),
            "",
            "jitsi-modules",
            "without token_lobby_bypass: lobby_bypass of the rule \"R\"",
        ),
        (
            rule("room_password = \"1234\"\nrole = \"moderator\""),
            "",
            "jitsi-modules",
            "without token_security_ondemand",
        ),
        (
            rule("any_room = true"),
            ",token_no_wildcard",
            "jitsi-modules",
            "refuses tokens for every room, which the rule \"R\"",
        ),
        (
            rule("tenants = [\"acme\"]\nrole = \"moderator\""),
            "",
            "jitsi-tenants",
            "no JWT_ENABLE_DOMAIN_VERIFICATION: domain verification is off",
        ),
    ];
    for ((from, to), more, id, said) in rows {
        let bridge = config(&BRIDGE.replace(from, &to));
        let env = ENV.replace("token_affiliation", &format!("token_affiliation{more}"));
        let findings = look_at("jitsi.env", &env, &bridge);
        let found = findings.iter().any(|finding| {
            finding.id == id && finding.verdict == Warning && finding.said.contains(said)
        });
        assert!(found, "{id} {said}:\n{}", told(&findings));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_file_is_too_odd_and_no_secret_is_shown(
        cut in 0..ENV.len(),
        put in "[ -~\n]{0,40}",
    ) {
        let mut env = ENV.to_owned();
        env.insert_str(cut, &put);
        let env = env.replace(super::SECRET, "another-secret-0123456789abcdef");
        let told = told(&look_at("jitsi.env", &env, &config(BRIDGE)));
        // What an insertion has torn apart is no secret's name any more.
        let whole = env.contains("\nJWT_APP_SECRET=another-secret-0123456789abcdef\n");
        prop_assert!(!whole || !told.contains("another-secret-0123456789abcdef"), "{told}");
    }
}
