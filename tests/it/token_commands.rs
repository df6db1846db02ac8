//! `token` mints a token for testing, and `token decode` says what Jitsi would make of one: row by row what was measured
//! against a real Prosody.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jitsi_oidc_bridge::check::token::{Against, token};
use jitsi_oidc_bridge::check::{Finding, Verdict};
use jitsi_oidc_bridge::meeting::MeetingRequest;
use jitsi_oidc_bridge::token::TokenIdentity;
use jitsi_oidc_bridge::token::keyring::{Keyring, SharedSecretAlgorithm};
use jitsi_oidc_bridge::token::reading::{Reading, ReadingError};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::SecretString;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::support::command::{CONFIG, File, Said, run, run_with};
use crate::support::keyring::KeyFolder;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW: i64 = 1_800_000_000;

/// A configuration that lets nobody be forgotten.
fn config() -> File {
    File::new(
        "token.toml",
        &format!("{CONFIG}[policy]\ndefault = \"participant\"\n"),
    )
}

fn mint(arguments: &[&str]) -> Said {
    run(&[&["token", "--config", config().path()], arguments].concat())
}

#[test]
fn what_token_prints_can_be_piped_into_token_decode_in_either_form() {
    let config = config();
    for form in [
        &["--user", "anna", "--room", "rocket"][..],
        &["--user", "anna", "--room", "rocket", "--json"],
    ] {
        let minted = run(&[&["token", "--config", config.path()], form].concat());
        let decode = [
            "token",
            "decode",
            "--config",
            config.path(),
            "--room",
            "rocket",
        ];
        let said = run_with(&decode, &minted.out, &[]);
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.out.contains("Jitsi would take it."), "{said:?}");
    }
    // In an address, among other words.
    let minted = run(&[
        "token",
        "--config",
        config.path(),
        "--user",
        "anna",
        "--room",
        "rocket",
    ]);
    let url = minted.out.lines().nth(2).unwrap();
    let said = run_with(
        &["token", "decode"],
        &format!("see\n{url}\nor a.b.c\n"),
        &[],
    );
    assert!(said.out.contains("\"room\": \"rocket\""), "{said:?}");
}

#[test]
fn a_minted_token_is_printed_with_its_address_and_claims_and_named_a_secret() {
    let said = mint(&[
        "--user",
        "anna",
        "--room",
        "Rocket Weekly",
        "--tenant",
        "acme",
        "--moderator",
        "--minutes",
        "10",
        "--name",
        "Anna",
        "--email",
        "anna@example.org",
    ]);
    assert_eq!(said.code, 0, "{said:?}");
    let mut lines = said.out.lines();
    let jwt = lines.next().unwrap();
    assert_eq!(
        lines.nth(1).unwrap(),
        format!("https://meet.example.org/acme/rocket%20weekly#jwt=%22{jwt}%22")
    );
    let claims: Value = serde_json::from_str(&lines.collect::<Vec<_>>().join("\n")).unwrap();
    assert_eq!(
        claims["context"]["user"],
        json!({ "id": "anna", "name": "Anna", "email": "anna@example.org", "affiliation": "owner", "moderator": true })
    );
    assert_eq!(
        (&claims["room"], &claims["sub"]),
        (&json!("rocket%20weekly"), &json!("acme"))
    );
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        600
    );
    assert!(
        said.err.contains("secret") && !said.err.contains(jwt),
        "{}",
        said.err
    );

    // The words `token mint` do the same, and JSON holds all of it.
    let json = run(&[
        "token",
        "mint",
        "--config",
        config().path(),
        "--user",
        "tim",
        "--room",
        "x",
        "--json",
    ])
    .json();
    assert_eq!(json["claims"]["context"]["user"]["affiliation"], "member");
    assert!(
        json["url"]
            .as_str()
            .unwrap()
            .contains(json["token"].as_str().unwrap())
    );
}

#[test]
fn what_cannot_be_minted_is_refused() {
    for arguments in [
        &["--user", "a"][..],
        &["--room", "x"],
        &["--user", "a", "--room", "x", "--minutes", "0"],
    ] {
        let said = mint(arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{said:?}");
    }
    let confusing = mint(&["--user", "a", "--room", "x", "--tenant", "meet.jitsi"]);
    assert_eq!(
        (confusing.code, confusing.out.as_str()),
        (1, ""),
        "{confusing:?}"
    );
}

#[test]
fn what_was_minted_is_taken_and_a_foreign_one_is_refused() {
    let minted = mint(&["--user", "anna", "--room", "x"]).out;
    let (config, address) = (config(), minted.lines().nth(2).unwrap());
    let decode =
        |more: &[&str], input: &str| run_with(&[&["token", "decode"], more].concat(), input, &[]);
    let good = decode(&["--config", config.path(), "--room", "X"], address);
    assert_eq!(good.code, 0, "{good:?}");
    assert!(
        good.out.ends_with("Jitsi would take it.\n")
            && good
                .out
                .contains("✓ signature: made with the configured key"),
        "{}",
        good.out
    );
    let other = decode(
        &["--config", config.path(), "--room", "y", "--json"],
        address,
    );
    let json = other.json();
    assert_eq!((other.code, &json["refused"]), (1, &json!(true)));
    assert!(
        json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["id"] == "room" && one["verdict"] == "fault"),
        "{json:#}"
    );
    // Without a configuration there is less to say, and that is said.
    let bare = decode(&[minted.lines().next().unwrap()], "");
    assert!(
        bare.code == 0 && bare.out.contains("! signature: not looked at"),
        "{bare:?}"
    );
    let none = decode(&["-"], "hello");
    assert!(
        none.code == 1 && none.out.is_empty() && none.err.contains("no token"),
        "{none:?}"
    );
}

#[test]
fn a_key_of_the_keyring_verifies_what_it_signed() {
    let folder = KeyFolder::new();
    let keyring = folder.keyring();
    let keyring = keyring.to_str().unwrap();
    assert_eq!(
        run(&["keys", "generate", "--keyring", keyring, "--kid", "blue"]).code,
        0
    );
    let text = CONFIG.replace(
        &format!("secret = \"{SECRET}\""),
        &format!("algorithm = \"RS256\"\nkeyring = {keyring:?}"),
    );
    let config = File::new(
        "keys.toml",
        &format!("{text}[policy]\ndefault = \"participant\"\n"),
    );
    let jwt = run(&[
        "token",
        "--config",
        config.path(),
        "--user",
        "a",
        "--room",
        "x",
    ])
    .out
    .lines()
    .next()
    .unwrap()
    .to_owned();
    let decode = |jwt: &str| {
        run(&[
            "token",
            "decode",
            jwt,
            "--config",
            config.path(),
            "--room",
            "x",
        ])
    };
    let good = decode(&jwt);
    assert!(
        good.code == 0 && good.out.contains("✓ kid: \"blue\""),
        "{good:?}"
    );
    let (message, _) = jwt.rsplit_once('.').unwrap();
    assert!(
        decode(&format!("{message}.AAAA"))
            .out
            .contains("✗ signature: not made with the configured key")
    );
    let renamed = with_header(
        &json!({ "typ": "JWT", "alg": "RS256", "kid": "red" }),
        &good_claims(),
    );
    assert!(
        decode(&renamed)
            .out
            .contains("✗ signature: the keyring has no such kid")
    );
}

#[test]
fn a_token_is_found_wherever_somebody_copied_it_from() {
    let jwt = sign(&good_claims());
    for text in [
        jwt.clone(),
        format!("  {jwt}\n"),
        format!("Authorization: Bearer {jwt}"),
        format!("https://meet.example.org/x#jwt=%22{jwt}%22&config.a=1"),
        format!("https://meet.example.org/x?jwt={jwt}#config.a=1"),
        format!("https://meet.example.org/x?a=b&jwt={jwt}"),
        format!("\"{jwt}\""),
    ] {
        assert_eq!(Reading::find(&text).unwrap().claims["room"], "x", "{text}");
    }
    assert_eq!(Reading::find("a.b").unwrap_err(), ReadingError::NoToken);
    assert_eq!(
        Reading::find("a.b.c").unwrap_err(),
        ReadingError::Part("header")
    );
    assert_eq!(
        Reading::find(&format!("{}.W10.c", part(&json!({})))).unwrap_err(),
        ReadingError::Part("payload")
    );
    assert_eq!(
        Reading::find(&"x".repeat(70_000)).unwrap_err(),
        ReadingError::TooLong
    );
}

fn good_claims() -> Value {
    json!({ "iss": "jitsi", "aud": "jitsi", "sub": "meet.jitsi", "room": "x", "exp": NOW + 600, "nbf": NOW - 30,
        "moderator": true, "context": { "user": { "id": "1", "name": "Anna", "affiliation": "owner", "moderator": true } } })
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn sign(claims: &Value) -> String {
    encode(
        &Header::new(Algorithm::HS256),
        claims,
        &EncodingKey::from_secret(SECRET.as_bytes()),
    )
    .unwrap()
}

fn with_header(header: &Value, claims: &Value) -> String {
    format!("{}.{}.AAAA", part(header), part(claims))
}

fn findings(jwt: &str, room: &str, tenant: Option<&str>) -> Vec<Finding> {
    let keyring = Keyring::shared_secret(SharedSecretAlgorithm::Hs256, &SecretString::from(SECRET));
    let identity = TokenIdentity::default();
    let meeting = MeetingRequest::parse(Some(room), tenant, None).unwrap();
    let against = Against {
        jitsi: Some((&keyring, &identity)),
        meeting: Some(&meeting),
    };
    let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    token(&Reading::find(jwt).unwrap(), &against, now)
        .iter()
        .cloned()
        .collect()
}

/// Everything that is not good.
fn bad(jwt: &str) -> Vec<(&'static str, Verdict, String)> {
    let all = findings(jwt, "x", None).into_iter();
    let bad = all.filter(|finding| finding.verdict != Verdict::Good);
    bad.map(|finding| {
        assert!(!finding.mend.is_empty(), "{finding:?} says not what to do");
        (finding.id, finding.verdict, finding.said)
    })
    .collect()
}

/// A good token with one member changed; `null` in `to` is JSON's, and nothing takes the member out.
fn changed(pointer: &str, to: Option<Value>) -> Value {
    let mut claims = good_claims();
    let (above, name) = pointer.rsplit_once('/').unwrap();
    let above = claims.pointer_mut(above).unwrap().as_object_mut().unwrap();
    match to {
        Some(value) => above.insert(name.to_owned(), value),
        None => above.remove(name),
    };
    claims
}

#[test]
fn nothing_is_said_against_a_good_token() {
    assert_eq!(bad(&sign(&good_claims())), []);
    let said = findings(&sign(&good_claims()), "x", None);
    assert!(
        said.iter()
            .any(|one| one.id == "role" && one.said.starts_with("a moderator")),
        "{said:?}"
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one row each")]
fn every_row_of_what_jitsi_accepts_is_told() {
    use Verdict::{Fault, Warning};
    let deep = |pointer: &str, to: Value| changed(pointer, Some(to));
    let rows: Vec<(&str, Value, &str, Verdict, &str)> = vec![
        (
            "another issuer",
            deep("/iss", json!("other")),
            "iss",
            Fault,
            "jitsi.app_id is \"jitsi\"",
        ),
        (
            "no issuer",
            changed("/iss", None),
            "iss",
            Fault,
            "must be a text",
        ),
        (
            "an audience list",
            deep("/aud", json!(["jitsi"])),
            "aud",
            Fault,
            "a list",
        ),
        (
            "no audience",
            changed("/aud", None),
            "aud",
            Fault,
            "must be a text",
        ),
        (
            "null audience",
            deep("/aud", Value::Null),
            "aud",
            Fault,
            "null",
        ),
        (
            "ended",
            deep("/exp", json!(NOW)),
            "exp",
            Fault,
            "ended 0s ago",
        ),
        (
            "end as a text",
            deep("/exp", json!("1900000000")),
            "exp",
            Fault,
            "a number of seconds",
        ),
        ("endless", changed("/exp", None), "exp", Warning, "for ever"),
        (
            "not yet",
            deep("/nbf", json!(NOW + 1)),
            "nbf",
            Fault,
            "counts only in 1s",
        ),
        (
            "begin as a text",
            deep("/nbf", json!("1")),
            "nbf",
            Fault,
            "a number of seconds",
        ),
        (
            "another room",
            deep("/room", json!("y")),
            "room",
            Fault,
            "and this is \"x\"",
        ),
        (
            "null room",
            deep("/room", Value::Null),
            "room",
            Fault,
            "crashes",
        ),
        (
            "a list of rooms",
            deep("/room", json!(["x"])),
            "room",
            Fault,
            "crashes",
        ),
        (
            "no room",
            changed("/room", None),
            "room",
            Fault,
            "asap_require_room_claim",
        ),
        (
            "every room",
            deep("/room", json!("*")),
            "room",
            Warning,
            "every room",
        ),
        (
            "room as typed",
            deep("/room", json!("Réunion A")),
            "room",
            Fault,
            "r%c3%a9union%20a",
        ),
        (
            "encoded before lower case",
            deep("/room", json!("%C3%89cole")),
            "room",
            Fault,
            "%c3%a9cole",
        ),
        (
            "a name that no room has",
            deep("/room", json!("it%27s")),
            "room",
            Fault,
            "\"its\"",
        ),
        (
            "tenant before the room",
            deep("/room", json!("acme/x")),
            "room",
            Fault,
            "acmex",
        ),
        (
            "bound tenant",
            deep("/room", json!("[acme]x")),
            "room",
            Warning,
            "refuses it with it on",
        ),
        (
            "no subject",
            changed("/sub", None),
            "sub",
            Fault,
            "must be a text",
        ),
        (
            "null subject",
            deep("/sub", Value::Null),
            "sub",
            Fault,
            "crashes",
        ),
        (
            "the host's name",
            deep("/sub", json!("meet.example.org")),
            "sub",
            Warning,
            "refused with domain verification on",
        ),
        (
            "any subject",
            deep("/sub", json!("*")),
            "sub",
            Warning,
            "gives up",
        ),
        (
            "null context",
            deep("/context", Value::Null),
            "context",
            Fault,
            "hangs",
        ),
        (
            "context of another kind",
            deep("/context", json!("x")),
            "context",
            Fault,
            "crashes",
        ),
        (
            "null user",
            deep("/context/user", Value::Null),
            "user",
            Fault,
            "hangs",
        ),
        (
            "null group",
            deep("/context/group", Value::Null),
            "context",
            Fault,
            "context.group is null",
        ),
        (
            "null features",
            deep("/context/features", Value::Null),
            "context",
            Fault,
            "context.features is null",
        ),
        (
            "null tenant",
            deep("/context/tenant", Value::Null),
            "context",
            Fault,
            "context.tenant is null",
        ),
        (
            "a pattern for a room",
            deep("/context/room", json!({ "regex": true })),
            "context",
            Warning,
            "Lua pattern",
        ),
        (
            "null member",
            deep("/context/user/avatar", Value::Null),
            "user",
            Fault,
            "(nil)",
        ),
        (
            "a number",
            deep("/context/user/id", json!(42)),
            "user",
            Fault,
            "42.0",
        ),
        (
            "an object",
            deep("/context/user/extra", json!({})),
            "user",
            Fault,
            "only texts",
        ),
        (
            "another boolean",
            deep("/context/user/extra", json!(true)),
            "user",
            Warning,
            "a boolean",
        ),
        (
            "a control character",
            deep("/context/user/name", json!("a\u{1}")),
            "user",
            Fault,
            "U+0001",
        ),
        (
            "no character",
            deep("/context/user/name", json!("a\u{ffff}")),
            "user",
            Fault,
            "U+FFFF",
        ),
        (
            "a key that begins with a digit",
            deep("/context/user/1a", json!("x")),
            "user",
            Fault,
            "\"1a\"",
        ),
        (
            "a key with a space",
            deep("/context/user/a b", json!("x")),
            "user",
            Fault,
            "\"a b\"",
        ),
        (
            "owner and no moderator",
            deep("/context/user/moderator", json!(false)),
            "role",
            Warning,
            "contradict",
        ),
        (
            "written large",
            deep("/context/user/moderator", json!("True")),
            "role",
            Warning,
            "gives nobody a right",
        ),
        (
            "one for true",
            deep("/context/user/moderator", json!(1)),
            "role",
            Warning,
            "gives nobody a right",
        ),
        (
            "an admin",
            deep("/context/user/affiliation", json!("admin")),
            "role",
            Warning,
            "gives nobody a right",
        ),
        (
            "an Owner",
            deep("/context/user/affiliation", json!("Owner")),
            "role",
            Warning,
            "gives nobody a right",
        ),
        (
            "top level says otherwise",
            deep("/moderator", json!(false)),
            "role",
            Warning,
            "top-level",
        ),
        (
            "features of another kind",
            deep("/context/features", json!(["recording"])),
            "features",
            Fault,
            "never sent",
        ),
        (
            "an unknown feature",
            deep("/context/features", json!({ "fly": true })),
            "features",
            Warning,
            "\"fly\"",
        ),
        (
            "a feature that is no boolean",
            deep("/context/features", json!({ "recording": 1 })),
            "features",
            Warning,
            "takes for false",
        ),
        (
            "name-readonly as a text",
            deep("/context/features", json!({ "name-readonly": "true" })),
            "features",
            Warning,
            "real true",
        ),
        (
            "long",
            deep("/context/user/avatar", json!("x".repeat(4000))),
            "size",
            Warning,
            "close to",
        ),
        (
            "too long",
            deep("/context/user/avatar", json!("x".repeat(6000))),
            "size",
            Fault,
            "8 KB",
        ),
    ];
    for (what, claims, id, verdict, said) in &rows {
        let all = bad(&sign(claims));
        let found = all
            .iter()
            .any(|(found, weight, text)| found == id && weight == verdict && text.contains(said));
        assert!(found, "{what}: {all:?}");
    }
    let untouched = ["/context/user/name", "/context/group"];
    for (pointer, value) in untouched
        .iter()
        .zip([json!("tab\tand\nline"), json!("sales")])
    {
        assert_eq!(bad(&sign(&changed(pointer, Some(value)))), [], "{pointer}");
    }
    assert_eq!(
        bad(&sign(&changed("/iat", Some(json!("whatever"))))),
        [],
        "iat is not looked at"
    );
    assert_eq!(
        bad(&sign(&changed("/room", Some(json!("X"))))),
        [],
        "compared in ASCII lower case"
    );
}

#[test]
fn every_row_of_the_header_is_told() {
    let headers = [
        (json!({ "alg": "HS256" }), "typ", "Invalid typ"),
        (
            json!({ "typ": "jwt", "alg": "HS256" }),
            "typ",
            "Invalid typ",
        ),
        (
            json!({ "typ": "at+jwt", "alg": "HS256" }),
            "typ",
            "Invalid typ",
        ),
        (
            json!({ "typ": "JWT", "alg": "none" }),
            "alg",
            "knows none but",
        ),
        (
            json!({ "typ": "JWT", "alg": "PS256" }),
            "alg",
            "knows none but",
        ),
        (
            json!({ "typ": "JWT", "alg": "ES256" }),
            "alg",
            "knows none but",
        ),
        (json!({ "typ": "JWT", "alg": "HS512" }), "alg", "has HS256"),
        (
            json!({ "typ": "JWT", "alg": "RS256" }),
            "kid",
            "which one to fetch",
        ),
        (
            json!({ "typ": "JWT", "alg": "HS256" }),
            "signature",
            "not made with the configured key",
        ),
    ];
    for (header, id, said) in headers {
        let all = bad(&with_header(&header, &good_claims()));
        let found = all.iter().any(|(found, verdict, text)| {
            *found == id && *verdict == Verdict::Fault && text.contains(said)
        });
        assert!(found, "{header}: {all:?}");
    }
}

#[test]
fn the_subject_is_told_of_with_a_tenant_too() {
    let of = |sub: &str, tenant| {
        let all = findings(&sign(&changed("/sub", Some(json!(sub)))), "x", tenant);
        all.into_iter().find(|one| one.id == "sub").unwrap()
    };
    assert_eq!(of("acme", Some("acme")).verdict, Verdict::Good);
    assert_eq!(of("ACME", Some("acme")).verdict, Verdict::Good);
    assert_eq!(of("meet.jitsi", Some("acme")).verdict, Verdict::Warning);
    let bound = sign(&changed("/room", Some(json!("[other]x"))));
    assert!(
        findings(&bound, "x", Some("acme"))
            .iter()
            .any(|one| one.id == "room" && one.verdict == Verdict::Fault)
    );
}
