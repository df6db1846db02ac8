//! Logout tokens: what is believed was signed by the provider, is recent, names somebody, and is no ID token.

#![no_main]

use std::sync::{Arc, LazyLock};

use jitsi_oidc_bridge::identity::logout_token::{claimed_issuer, validate};
use jitsi_oidc_bridge::identity::provider::Provider;
use jitsi_oidc_bridge_fuzz::bridge::{CLIENT_ID, NOW, built, now};
use jitsi_oidc_bridge_fuzz::first_line;
use jitsi_oidc_bridge_fuzz::keys::altered;
use jitsi_oidc_bridge_fuzz::provider;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use time::Duration;
use tokio::runtime::Runtime;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How far the clocks may differ, and the greatest age.
const LEEWAY: i64 = 60;
const GREATEST_AGE: i64 = 600;

struct World {
    runtime: Runtime,
    /// As it is.
    there: Arc<provider::Provider>,
    /// As the bridge knows it, whose configuration does and does not take tokens without an end.
    known: [Arc<Provider>; 2],
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("a runtime");
    let there = runtime.block_on(provider::Provider::start());
    // Those of the second preset have no end.
    let known = ["none", "lemonldap"].map(|preset| {
        let further = format!("provider.preset = {preset:?}\npolicy.default = \"participant\"\n");
        let _within = runtime.enter();
        let app = built(&there.issuer, &further);
        app.providers.iter().next().expect("one provider").clone()
    });
    // Else nothing below could ever fail.
    let good = there.keys.elliptic.token(
        r#"{"alg":"ES256","kid":"elliptic"}"#,
        &format!(
            r#"{{"iss":"{}","aud":"bridge","iat":2100000000,"exp":2100000120,"jti":"j","sub":"s-1","events":{{"{EVENT}":{{}}}}}}"#,
            there.issuer
        ),
    );
    for known in &known {
        assert!(runtime.block_on(validate(known, &good, now())).is_ok());
    }
    World {
        runtime,
        there,
        known,
    }
});

// As for ID tokens: the first line says whose key signs; then the header, then the claims, in which `ISSUER` stands for
// the provider's address.
fuzz_target!(|text: &str| {
    let world = &*WORLD;
    let (whose, rest) = first_line(text);
    let (header, claims) = first_line(rest);
    let claims = claims.replace("ISSUER", &world.there.issuer);
    let signer = world.there.keys.asked_for(whose);
    let token = match signer {
        Some(signer) => signer.token(header, &claims),
        None => rest.to_owned(),
    };
    let issuer = claimed_issuer(&token);
    let endless = whose.contains("endless");
    let known = &world.known[usize::from(endless)];
    let validated = |token: &str, at| world.runtime.block_on(validate(known, token, at));
    let believed = match validated(&token, now()) {
        Ok(believed) => believed,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let signer = signer.expect("nobody else can sign");
    assert!(
        world.there.keys.publishes(signer),
        "another key's token was believed"
    );
    assert_eq!(issuer.as_ref(), Some(&world.there.issuer));
    assert_eq!(believed.issuer, world.there.issuer);

    let claims: Map<String, Value> = serde_json::from_str(&claims).expect("JSON");
    let ours = |one: &Value| *one == CLIENT_ID;
    assert!(match &claims["aud"] {
        Value::Array(several) => several.iter().all(ours) && !several.is_empty(),
        one => ours(one),
    });
    assert!(claims["events"][EVENT].is_object());
    assert!(!claims.contains_key("nonce"));
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    assert!(!believed.jti.is_empty());
    assert_eq!(text("jti"), Some(believed.jti.as_str()));
    assert!(believed.subject.is_some() || believed.sid.is_some());
    assert_eq!(text("sub"), believed.subject.as_deref());
    assert_eq!(text("sid"), believed.sid.as_deref());
    assert!(
        believed
            .subject
            .iter()
            .chain(&believed.sid)
            .all(|who| !who.is_empty())
    );
    let time = |name: &str| claims.get(name).and_then(Value::as_f64);
    let issued = time("iat").expect("a time of issue");
    assert!(issued <= (NOW + LEEWAY) as f64 && issued > (NOW - LEEWAY - GREATEST_AGE) as f64);
    assert!(endless || time("exp").is_some());
    assert!(time("exp").is_none_or(|end| end > (NOW - LEEWAY) as f64));

    // It is remembered until it is refused by itself, and no longer than need be.
    assert!(believed.refused_from > now());
    assert!(believed.refused_from <= now() + Duration::seconds(GREATEST_AGE + 2 * LEEWAY + 2));
    assert!(validated(&token, believed.refused_from).is_err());
    let altered = altered(&token, claims.len().wrapping_mul(31) + header.len());
    assert!(validated(&altered, now()).is_err(), "{altered}");
});
