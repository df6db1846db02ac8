//! ID tokens: what is believed was signed by the provider, for this client, now, for this login; whatever else its header
//! and claims hold.

#![no_main]

use std::sync::LazyLock;

use jitsi_oidc_bridge::identity::ClaimPath;
use jitsi_oidc_bridge::identity::claim_map::Gathered;
use jitsi_oidc_bridge::identity::claims::{Claims, clean};
use jitsi_oidc_bridge::identity::id_token::{AtHash, Expected, validate};
use jitsi_oidc_bridge::identity::keys::{ASYMMETRIC, KeySet};
use jitsi_oidc_bridge::identity::settings::ProviderSettings;
use jitsi_oidc_bridge_fuzz::bridge::{CLIENT_ID, NOW, configuration, loaded, now};
use jitsi_oidc_bridge_fuzz::first_line;
use jitsi_oidc_bridge_fuzz::keys::{Keys, altered};
use jsonwebtoken::Algorithm;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use time::Duration;

const ISSUER: &str = "https://id.example.org";
const LEEWAY: i64 = 60;
const NONCE: &str = "nonce-of-this-login";

struct World {
    keys: Keys,
    set: KeySet,
    settings: ProviderSettings,
    issuers: [String; 1],
    trusted_audiences: [String; 1],
    acr_claims: [ClaimPath; 1],
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let keys = Keys::default();
    let text = format!(
        "{}policy.default = \"participant\"\n",
        configuration(ISSUER)
    );
    let mut providers = loaded(text)
        .expect("the configuration is good")
        .config
        .providers;
    let world = World {
        set: KeySet::parse(keys.jwks.to_string().as_bytes()).expect("a key set"),
        settings: providers.remove(0).settings,
        issuers: [ISSUER.to_owned()],
        trusted_audiences: ["friend".to_owned()],
        acr_claims: [ClaimPath::parse("acr").expect("a path")],
        keys,
    };
    let good = world.keys.elliptic.token(
        r#"{"alg":"ES256","kid":"elliptic"}"#,
        r#"{"iss":"https://id.example.org","aud":"bridge","iat":2100000000,"exp":2100000300,"nonce":"nonce-of-this-login","sub":"s-1"}"#,
    );
    // Else nothing below could ever fail.
    assert!(validate(&good, &world.set, &expected(&world, &ASYMMETRIC)).is_ok());
    world
});

fn expected<'a>(world: &'a World, algorithms: &'a [Algorithm]) -> Expected<'a> {
    Expected {
        issuers: &world.issuers,
        client_id: CLIENT_ID,
        trusted_audiences: &world.trusted_audiences,
        algorithms,
        secret: Some(&world.keys.client_secret_bytes),
        nonce: Some(NONCE),
        access_token: Some("access"),
        at_hash: AtHash::WhenPresent,
        acr_values: &[],
        acr_claims: &world.acr_claims,
        max_age: None,
        leeway: Duration::seconds(LEEWAY),
        now: now(),
    }
}

// The first line says by its first letter whose key signs (see `Keys::asked_for`); then the header, then the claims.
// Without such a letter, what follows is the token as it stands.
fuzz_target!(|text: &str| {
    let world = &*WORLD;
    let (whose, rest) = first_line(text);
    let (header, claims) = first_line(rest);
    let signer = world.keys.asked_for(whose);
    let token = match signer {
        Some(signer) => signer.token(header, claims),
        None => rest.to_owned(),
    };
    let secret_agreed = whose.contains("agreed");
    let algorithms: &[Algorithm] = if secret_agreed {
        &[Algorithm::HS256]
    } else {
        &ASYMMETRIC
    };
    let expected = expected(world, algorithms);
    let (subject, believed) = match validate(&token, &world.set, &expected) {
        Ok(believed) => believed,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let signer = signer.expect("nobody else can sign");
    if secret_agreed {
        assert!(std::ptr::eq(signer, &world.keys.client_secret));
    } else {
        assert!(
            world.keys.publishes(signer),
            "another key's token was believed"
        );
    }
    is_deserved(header, &believed, signer.algorithm);
    assert_eq!(
        believed.get("sub").and_then(Value::as_str),
        Some(subject.as_str())
    );
    assert!((1..=255).contains(&subject.len()));
    let refused = |expected: &Expected<'_>| validate(&token, &world.set, expected).is_err();
    assert!(refused(&Expected {
        nonce: Some("of-another-login"),
        ..expected
    }));
    assert!(refused(&Expected {
        client_id: "another",
        ..expected
    }));
    assert!(refused(&Expected {
        issuers: &["https://other.example".to_owned()],
        ..expected
    }));
    let end = believed.get("exp").and_then(Value::as_f64).expect("an end");
    if end < 4e9 {
        assert!(refused(&Expected {
            now: now() + Duration::seconds_f64(end),
            ..expected
        }));
    }
    let altered = altered(&token, claims.len().wrapping_mul(31) + header.len());
    assert!(
        validate(&altered, &world.set, &expected).is_err(),
        "{altered}"
    );
    is_a_person_without_tricks(&world.settings, &subject, believed);
});

/// Each check of OpenID Connect Core, 3.1.3.7, once more and by other means.
fn is_deserved(header: &str, claims: &Claims, algorithm: Algorithm) {
    let header: Value = serde_json::from_str(header).expect("JSON");
    assert_eq!(header["alg"], format!("{algorithm:?}"));
    assert!(header.get("crit").is_none_or(Value::is_null));
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    assert_eq!(text("iss"), Some(ISSUER));
    assert_eq!(text("nonce"), Some(NONCE));
    let audience = claims.get("aud").expect("an audience");
    let ours = |one: &Value| *one == CLIENT_ID;
    match audience {
        Value::Array(several) => {
            assert!(several.iter().any(ours));
            assert!(several.iter().all(|one| ours(one) || *one == "friend"));
            assert!(several.len() == 1 || text("azp") == Some(CLIENT_ID));
        }
        one => assert!(ours(one)),
    }
    assert!(
        claims
            .get("azp")
            .is_none_or(|azp| azp.is_null() || ours(azp))
    );
    let time = |name: &str| claims.get(name).and_then(Value::as_f64);
    let (latest, earliest) = ((NOW + LEEWAY) as f64, (NOW - LEEWAY) as f64);
    assert!(time("exp").is_some_and(|end| end > earliest));
    assert!(time("iat").is_some_and(|issued| issued <= latest));
    assert!(time("nbf").is_none_or(|begin| begin <= latest));
}

/// Nothing of what others see of a person can hide, turn round or break what stands beside it.
fn is_a_person_without_tricks(settings: &ProviderSettings, subject: &str, claims: Claims) {
    let gathered = Gathered {
        id_token: claims,
        ..Gathered::default()
    };
    let person = match settings
        .claims
        .person(ISSUER, &settings.name, subject, gathered)
    {
        Ok(person) => person,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(person.subject, subject);
    assert!(!person.name.is_empty());
    for shown in [
        Some(&person.name),
        person.username.as_ref(),
        person.avatar.as_ref(),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(clean(shown), *shown);
        assert!(
            !shown
                .chars()
                .any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c))
        );
    }
    assert!(person.avatar.is_none_or(|url| url.starts_with("https://")));
    assert!(!person.id.is_empty());
}
