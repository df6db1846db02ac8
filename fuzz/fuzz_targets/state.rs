//! Jitsi's `{state}`: what is kept of it stays within its bounds and its place, in every address that it ends up in.

#![no_main]

use std::sync::LazyLock;

use jitsi_oidc_bridge::meeting::app::Apps;
use jitsi_oidc_bridge::meeting::url::{MeetingUrls, TokenPlace};
use jitsi_oidc_bridge::meeting::{ClientKind, JitsiState, MeetingRequest};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::Url;

static URLS: LazyLock<[MeetingUrls; 2]> = LazyLock::new(|| {
    let jitsi = Url::parse("https://meet.example.org/prefix").expect("an address");
    [TokenPlace::Fragment, TokenPlace::Query]
        .map(|place| MeetingUrls::new(&jitsi, place, false, Apps::default()))
});

fuzz_target!(|text: &str| {
    let state = match JitsiState::parse(text) {
        Ok(state) => state,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let Ok(request) = MeetingRequest::parse(Some("room"), None, Some(text)) else {
        return;
    };
    assert_eq!(request.overrides, state.overrides);
    are_bounded(&request.overrides);
    survive_the_way_through_a_state(&request);
    for urls in &*URLS {
        stay_in_their_place(&urls.web(&request, "a.b.c"), "https", &request);
        match urls.app(&request, "a.b.c") {
            None => assert_eq!(request.client, ClientKind::Web),
            Some(app) if request.client == ClientKind::Android => {
                let (meeting, intent) = app.rsplit_once('#').expect("an intent");
                assert!(intent.starts_with("Intent;scheme=org.jitsi.meet;package=org.jitsi.meet;"));
                assert_eq!(intent.matches(';').count(), 4, "{intent}");
                stay_in_their_place(meeting, "intent", &request);
            }
            Some(app) => {
                let scheme = if request.client == ClientKind::Ios {
                    "org.jitsi.meet"
                } else {
                    "jitsi-meet"
                };
                stay_in_their_place(&app, scheme, &request);
            }
        }
    }
});

fn are_bounded(overrides: &[(String, String)]) {
    assert!(overrides.len() <= 64);
    let bytes: usize = overrides
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    assert!(bytes <= 2000, "{bytes}");
    assert!(
        overrides.windows(2).all(|pair| pair[0].0 < pair[1].0),
        "one name, one value"
    );
    for (key, value) in overrides {
        let family = key.split('.').next().unwrap_or_default();
        assert!(
            ["config", "interfaceConfig", "iceServers"].contains(&family),
            "{key}"
        );
        assert!(!key.split('.').any(|part| part == "__proto__"), "{key}");
        assert!(serde_json::from_str::<Value>(value).is_ok(), "{value}");
    }
}

/// What the bridge hands on as a state of its own is read as the same wish.
fn survive_the_way_through_a_state(request: &MeetingRequest) {
    let written = request.to_state();
    let tenant = request.tenant.as_ref().map(|tenant| tenant.as_str());
    let again = MeetingRequest::parse(Some(request.room.as_str()), tenant, written.as_deref());
    // A number of more digits than a double holds may lose the last of them.
    if request.overrides.iter().all(|(_, value)| is_exact(value)) {
        assert_eq!(again.as_ref(), Ok(request), "{written:?}");
    } else {
        assert!(again.is_ok_and(|again| again.overrides.len() == request.overrides.len()));
    }
    let popup = request.to_popup_state(Some("token"));
    assert!(!popup.contains('%'), "{popup}");
    let popup: Value = serde_json::from_str(&popup).expect("JSON");
    assert_eq!(popup["roomSafe"], request.room.as_str());
    assert_eq!(popup["refreshToken"], "token");
}

/// Whether nothing in a setting looks like a broken number.
fn is_exact(value: &str) -> bool {
    !value.contains(['.', 'e']) || value.starts_with('"')
}

/// One token, and in the fragment exactly the settings, as Jitsi's client would read them.
fn stay_in_their_place(address: &str, scheme: &str, request: &MeetingRequest) {
    let whole = Url::parse(address).expect("an address");
    assert_eq!(whole.scheme(), scheme);
    assert_eq!(whole.host_str(), Some("meet.example.org"));
    assert!(address.bytes().all(|b| b.is_ascii_graphic()), "{address}");
    let (_, fragment) = address.split_once('#').unwrap_or((address, ""));
    assert!(!fragment.contains(['#', '/', '?', ';']), "{fragment}");
    let read: Vec<(String, String)> = fragment
        .split('&')
        .filter(|part| !part.is_empty() && !part.starts_with("jwt="))
        .map(|part| {
            let (key, value) = part.split_once('=').expect("a setting");
            let value = percent_decode_str(value).decode_utf8().expect("a text");
            (key.to_owned(), value.into_owned())
        })
        .collect();
    assert_eq!(read, request.overrides);
    let tokens = address
        .split(['?', '#', '&'])
        .filter(|part| part.starts_with("jwt="));
    assert_eq!(tokens.count(), 1, "{address}");
}
