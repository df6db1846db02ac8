//! `check` shows no secret, whatever it finds.

use super::{Scene, told};
use crate::support::Fault;
use crate::support::bridge::TOKEN_SECRET;
use crate::support::proxy::Twist;

const COOKIE_KEY: &str = "a-cookie-key-that-is-nobodys-business-but-ours";
const STORE_PASSWORD: &str = "the-passw0rd-of-the-store";
const CLIENT_SECRET: &str = "another-client-secret-4711";

#[tokio::test]
async fn no_secret_is_shown_whatever_is_wrong() {
    let further =
        format!("session.cookie_keys = {COOKIE_KEY:?}\nprovider.client_secret = {CLIENT_SECRET:?}");
    let scene = Scene::with(&further).await;
    let store = format!(
        "session.store = \"redis\"\nsession.redis_url = \"redis://user:{STORE_PASSWORD}@127.0.0.1:9/0\""
    );
    let faults = [
        None,
        Some(Fault::InvalidClient),
        Some(Fault::HtmlToken),
        Some(Fault::BareToken),
        Some(Fault::Down),
    ];
    for fault in faults {
        for twist in [
            Twist::Good,
            Twist::RewritesLocations,
            Twist::DropsCookies,
            Twist::ShowsJitsi,
        ] {
            scene.provider.behaves();
            if let Some(fault) = fault {
                scene.provider.misbehaves(fault);
            }
            scene.proxy.misbehaves(twist);
            let report = scene.checked_with(&store).await;
            let text = format!(
                "{}{}",
                told(&report),
                serde_json::to_string(&report).unwrap()
            );
            for secret in [
                TOKEN_SECRET,
                COOKIE_KEY,
                STORE_PASSWORD,
                CLIENT_SECRET,
                "eyJ",
                "state=",
                "nonce=",
                "code_verifier",
            ] {
                assert!(
                    !text.contains(secret),
                    "{fault:?} {twist:?} {secret}: {text}"
                );
            }
        }
    }
}
