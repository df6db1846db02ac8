use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding,
};
use serde_json::json;

use super::*;

#[test]
fn a_weak_key_costs_no_good_one_of_the_same_name() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let key = |n: &[u8]| json!({ "kty": "RSA", "kid": "a", "n": part(n), "e": part(&public.e) });
    let message = format!("{}.{}", part(br#"{"alg":"RS256","kid":"a"}"#), part(b"{}"));
    let mut signature = vec![0; pair.public_modulus_len()];
    let random = SystemRandom::new();
    pair.sign(
        &RSA_PKCS1_SHA256,
        &random,
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    let token = format!("{message}.{}", part(&signature));
    let verified = |keys: &[Value]| {
        let set = KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
        set.verify(&token, &ASYMMETRIC, None).map(drop)
    };
    let (weak, good) = (key(&public.n[..128]), key(&public.n));
    let alone = verified(std::slice::from_ref(&weak));
    assert!(
        matches!(alone, Err(SignatureError::WeakKey(_))),
        "{alone:?}"
    );
    assert_eq!(verified(&[weak, good]), Ok(()));
}

#[test]
fn a_list_does_not_pass_for_an_object() {
    assert!(KeySet::parse(br#"{"keys":[]}"#).is_ok());
    assert!(KeySet::parse(b"[[]]").is_err());
    let header = URL_SAFE_NO_PAD.encode(r#"["RS256","a"]"#);
    let found = KeySet::default().verify(&format!("{header}.e30.AA"), &ASYMMETRIC, None);
    assert!(
        matches!(found, Err(SignatureError::Part { part: "header", .. })),
        "{found:?}"
    );
}

fn part(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn message(alg: &str) -> String {
    let header = json!({ "alg": alg, "kid": "a" }).to_string();
    format!("{}.{}", part(header.as_bytes()), part(b"{}"))
}

fn found(key: &Value, token: &str) -> Result<(), SignatureError> {
    let set = KeySet::parse(json!({ "keys": [key] }).to_string().as_bytes()).unwrap();
    set.verify(token, &ASYMMETRIC, None).map(drop)
}

/// An RSA key that says which algorithm it is for, or does not.
fn published(pair: &KeyPair, zeros: &[u8], alg: Option<&str>) -> Value {
    let public = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let n = [zeros, &public.n].concat();
    let mut key = json!({ "kty": "RSA", "kid": "a", "n": part(&n), "e": part(&public.e) });
    if let Some(alg) = alg {
        key["alg"] = alg.into();
    }
    key
}

fn signed(pair: &KeyPair, alg: &str, by: &'static dyn RsaEncoding) -> String {
    let message = message(alg);
    let mut signature = vec![0; pair.public_modulus_len()];
    let random = SystemRandom::new();
    pair.sign(by, &random, message.as_bytes(), &mut signature)
        .unwrap();
    format!("{message}.{}", part(&signature))
}

#[test]
fn an_rsa_key_checks_each_of_its_algorithms_and_no_signature_passes_for_anothers() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let all: [(&str, &'static dyn RsaEncoding); 6] = [
        ("RS256", &RSA_PKCS1_SHA256),
        ("RS384", &RSA_PKCS1_SHA384),
        ("RS512", &RSA_PKCS1_SHA512),
        ("PS256", &RSA_PSS_SHA256),
        ("PS384", &RSA_PSS_SHA384),
        ("PS512", &RSA_PSS_SHA512),
    ];
    let any = published(&pair, &[], None);
    for (said, _) in all {
        let pinned = published(&pair, &[], Some(said));
        for (name, by) in all {
            let right = said == name;
            let expected = if right {
                Ok(())
            } else {
                Err(SignatureError::Wrong)
            };
            let token = signed(&pair, said, by);
            assert_eq!(found(&any, &token), expected, "{said} by {name}");
            assert_eq!(found(&pinned, &token), expected, "{said} by {name}");
            let other = signed(&pair, name, by);
            assert_eq!(found(&pinned, &other).is_ok(), right, "{name} for {said}");
        }
    }
}

#[test]
fn a_modulus_that_begins_with_zeros_checks_nothing() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let token = signed(&pair, "RS256", &RSA_PKCS1_SHA256);
    for alg in [None, Some("RS256")] {
        let good = published(&pair, &[], alg);
        assert_eq!(found(&good, &token), Ok(()));
        let padded = published(&pair, &[0], alg);
        assert_eq!(found(&padded, &token), Err(SignatureError::Wrong));
    }
}

#[test]
fn a_curves_key_checks_its_own_algorithm_alone() {
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = point.get(1..).unwrap().split_at(48);
    for curve in ["P-384", "P-256"] {
        let key = json!({ "kty": "EC", "kid": "a", "crv": curve, "x": part(x), "y": part(y) });
        let by_it = |alg: &str| {
            let message = message(alg);
            let signature = pair.sign(&random, message.as_bytes()).unwrap();
            found(&key, &format!("{message}.{}", part(signature.as_ref())))
        };
        // The point alone says what a key is, as it always has.
        assert_eq!(by_it("ES384"), Ok(()), "{curve}");
        assert_eq!(by_it("ES256"), Err(SignatureError::Wrong), "{curve}");
    }
}

#[test]
fn a_signature_in_another_spelling_is_refused() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let key = published(&pair, &[], None);
    let token = signed(&pair, "RS256", &RSA_PKCS1_SHA256);
    // 256 bytes end in a character of which four bits mean nothing: they are to be zero (RFC 4648, 3.5).
    let (start, last) = token.split_at(token.len() - 1);
    let next = char::from(last.bytes().next().unwrap() + 1);
    for other in [format!("{start}{next}"), format!("{token}==")] {
        assert_eq!(found(&key, &other), Err(SignatureError::Wrong), "{other}");
    }
}
