//! Who signed it: by which algorithm, with which key, and whose.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::support::forge::{keyed, message, signed};
use super::support::keys::{EDWARDS, FIRST, Key, PSS, SECOND};
use super::support::{Bridge, Provider, sara};
use super::{Forger, are_refused, headed, login};

/// The published key as everybody can write it down.
fn public_key_texts() -> Vec<Vec<u8>> {
    let member = |name: &str| {
        URL_SAFE_NO_PAD
            .decode(FIRST.jwk[name].as_str().unwrap())
            .unwrap()
    };
    let (n, e) = (member("n"), member("e"));
    // RFC 8017, A.1.1, and RFC 5280, 4.1.2.7, for 2048 bits.
    let der = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, length[0], length[1]][..], content].concat()
    };
    let integers = [der(2, &[&[0], n.as_slice()].concat()), der(2, &e)].concat();
    let pkcs1 = der(0x30, &integers);
    let rsa_encryption = [
        0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0,
    ];
    let spki = [
        &rsa_encryption[..],
        &der(3, &[&[0], pkcs1.as_slice()].concat()),
    ]
    .concat();
    let spki = der(0x30, &spki);
    let lines: Vec<String> = STANDARD
        .encode(&spki)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8(line.to_vec()).unwrap())
        .collect();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----",
        lines.join("\n")
    );
    vec![
        format!("{pem}\n").into_bytes(),
        pem.into_bytes(),
        spki,
        pkcs1,
        n,
        FIRST.jwk["n"].as_str().unwrap().as_bytes().to_vec(),
        FIRST.jwk.to_string().into_bytes(),
        json!({ "keys": [FIRST.jwk] }).to_string().into_bytes(),
        FIRST.kid.as_bytes().to_vec(),
        b"\0".to_vec(),
    ]
}

fn by_secret(secret: Vec<u8>, algorithm: Algorithm) -> Forger {
    Box::new(move |claims| {
        let header = json!({ "alg": format!("{algorithm:?}"), "kid": FIRST.kid }).to_string();
        keyed(&header, &claims.to_string(), &secret, algorithm)
    })
}

#[tokio::test]
async fn no_writing_of_the_public_key_is_a_secret() {
    let hmac = [
        (
            Algorithm::HS256,
            "signed with HS256, but only RS256 is accepted",
        ),
        (
            Algorithm::HS384,
            "signed with HS384, but only RS256 is accepted",
        ),
        (
            Algorithm::HS512,
            "signed with HS512, but only RS256 is accepted",
        ),
    ];
    let mut cases = Vec::new();
    for (algorithm, reason) in hmac {
        cases.extend(
            public_key_texts()
                .into_iter()
                .map(|text| (by_secret(text, algorithm), reason)),
        );
    }
    are_refused("", cases).await;
}

#[tokio::test]
async fn nor_where_the_client_secret_signs() {
    let texts = public_key_texts().into_iter();
    let cases = texts.map(|text| (by_secret(text, Algorithm::HS256), "the signature is wrong"));
    let both = "provider.id_token_algorithms = [\"RS256\", \"HS256\"]";
    are_refused(both, cases.collect()).await;
}

#[tokio::test]
async fn nor_for_a_client_without_a_secret() {
    let cases = vec![(
        by_secret(b"\0".to_vec(), Algorithm::HS256),
        "signed with HS256, but only",
    )];
    are_refused("# no provider.client_secret", cases).await;
}

#[tokio::test]
async fn an_algorithm_is_written_in_one_way() {
    let named = |alg: Value| headed(json!({ "alg": alg, "kid": FIRST.kid }));
    let unsigned = |alg: &str| -> Forger {
        let header = json!({ "alg": alg }).to_string();
        Box::new(move |claims| message(&header, &claims.to_string()) + ".")
    };
    are_refused(
        "",
        vec![
            (unsigned("none"), "signed with none, but only RS256"),
            (unsigned("None"), "signed with None, but only RS256"),
            (unsigned("NONE"), "signed with NONE, but only RS256"),
            (unsigned("nOnE"), "signed with nOnE, but only RS256"),
            (unsigned(""), "signed with \"\", but only RS256"),
            (unsigned("RS256"), "the signature is wrong"),
            (named(json!("rs256")), "signed with rs256, but only RS256"),
            (
                named(json!("RS256 ")),
                "signed with \"RS256 \", but only RS256",
            ),
            (named(json!("RS512")), "signed with RS512, but only RS256"),
            (named(json!("PS256")), "signed with PS256, but only RS256"),
            (named(json!("ES256")), "signed with ES256, but only RS256"),
            (named(json!("EdDSA")), "signed with EdDSA, but only RS256"),
            (
                named(json!("<script>\r\n\u{202e}")),
                "signed with \"<script>\\r\\n\\u{202e}\", but only RS256",
            ),
            (named(json!(256)), "its `alg` or `kid` is no text"),
            (named(json!(["RS256"])), "its `alg` or `kid` is no text"),
            (named(Value::Null), "its header has no `alg`"),
            (
                headed(json!({ "kid": FIRST.kid })),
                "its header has no `alg`",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_signature_of_another_kind_than_the_key_is_no_signature() {
    let everything = "provider.id_token_algorithms = [\"RS256\", \"PS256\", \"ES256\", \"EdDSA\"]";
    let by = |alg: &'static str, key: &'static Key| -> Forger {
        let header = json!({ "alg": alg, "kid": FIRST.kid }).to_string();
        Box::new(move |claims| signed(&header, &claims.to_string(), key))
    };
    are_refused(
        everything,
        vec![
            (
                by("PS256", &FIRST),
                "hold none that fits (kid Some(\"first\"), PS256)",
            ),
            (by("RS256", &PSS), "the signature is wrong"),
            (
                by("ES256", &FIRST),
                "hold none that fits (kid Some(\"first\"), ES256)",
            ),
            (
                by("EdDSA", &EDWARDS),
                "hold none that fits (kid Some(\"first\"), EdDSA)",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_key_that_a_token_brings_along_never_counts() {
    // Somebody else's key set, and a certificate: nobody must ask for them.
    let other = Provider::start().await;
    other.rotates();
    let keys = format!("{}/keys", other.issuer);
    let own = |name: &str, value: &Value, kid: Option<&str>| -> Forger {
        let mut header = json!({ "alg": "RS256", name: value });
        if let Some(kid) = kid {
            header["kid"] = kid.into();
        }
        Box::new(move |claims| signed(&header.to_string(), &claims.to_string(), &SECOND))
    };
    let wrong = "the signature is wrong; the header brings a key of its own";
    let unknown = "the provider's keys hold none that fits (kid Some(\"second\"), RS256); the header brings a key of its own";
    let mut cases = Vec::new();
    for (name, value) in [
        ("jwk", SECOND.jwk.clone()),
        ("jku", json!(keys)),
        ("x5u", json!(keys)),
        ("x5c", json!(["MIIB"])),
    ] {
        for (kid, said) in [
            (None, wrong),
            (Some("first"), wrong),
            (Some("second"), unknown),
        ] {
            let reason: &str = format!("{said} ({name}), which never counts").leak();
            cases.push((own(name, &value, kid), reason));
        }
    }
    are_refused("", cases).await;
    assert_eq!(other.requests(), [""; 0]);
}

/// Some providers name their key set in every token.
#[tokio::test]
async fn a_good_token_may_say_where_its_key_is() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "").await;
    let header = json!({ "alg": "RS256", "kid": "first", "jku": "https://evil.example/keys", "jwk": SECOND.jwk });
    provider.forges(headed(header));
    assert!(login(&bridge).await.in_meeting(), "{}", bridge.last_cause());
}

#[tokio::test]
async fn a_header_that_demands_something_is_refused_whatever_it_demands() {
    let demanding =
        |crit: Value| headed(json!({ "alg": "RS256", "kid": "first", "crit": crit, "b64": false }));
    let reason = "the header's `crit` demands extensions";
    let crits = [
        json!(["b64"]),
        json!(["exp"]),
        json!([]),
        json!("exp"),
        json!({}),
        json!(7),
        json!(null),
    ];
    are_refused(
        "",
        crits
            .into_iter()
            .map(|crit| (demanding(crit), reason))
            .collect(),
    )
    .await;
}
