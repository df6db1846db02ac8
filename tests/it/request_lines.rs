//! Each request has one line in the log.

use super::support::log::Log;
use super::support::{Bridge, Browser, Provider};

#[tokio::test]
async fn probes_alone_are_left_out_however_a_room_is_called() {
    let log = Log::of("jitsi_oidc_bridge=info");
    let provider = Provider::start().await;
    for path in ["", "/sso"] {
        let bridge = Bridge::under(&provider, path).await;
        for (asked, lines) in [
            ("/healthz", 0),
            ("/readyz", 0),
            ("/room/healthz", 1),
            ("/room/acme/readyz", 1),
        ] {
            log.take(&[]);
            Browser::new().hop(&bridge.at(asked)).await;
            let line = format!("http.path=\"{path}{asked}\"");
            assert_eq!(log.take(&[&line]).len(), lines, "{path}{asked}");
        }
    }
}
