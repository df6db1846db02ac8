//! Room and tenant names: one string for policy, token and address, which cannot leave its place in an address.

#![no_main]

use std::sync::LazyLock;

use jitsi_oidc_bridge::meeting::app::Apps;
use jitsi_oidc_bridge::meeting::url::{MeetingUrls, TokenPlace};
use jitsi_oidc_bridge::meeting::{ClientKind, MeetingRequest, RoomName, Tenant};
use jitsi_oidc_bridge_fuzz::first_line;
use libfuzzer_sys::fuzz_target;
use url::Url;

static URLS: LazyLock<MeetingUrls> = LazyLock::new(|| {
    let jitsi = Url::parse("https://meet.example.org:8443/prefix").expect("an address");
    MeetingUrls::new(&jitsi, TokenPlace::Fragment, false, Apps::default())
});

// The room as it was typed, and in a second line the tenant.
fuzz_target!(|text: &str| {
    let (typed, tenant) = first_line(text);
    let room = match RoomName::parse(typed) {
        Ok(room) => room,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    is_settled(&room);
    let tenant = (!tenant.is_empty()).then_some(tenant);
    let mut request = match MeetingRequest::parse(Some(typed), tenant, None) {
        Ok(request) => request,
        Err(error) => {
            assert!(
                tenant.is_some_and(|tenant| Tenant::parse(tenant).is_err()),
                "{error}"
            );
            return assert!(!error.to_string().is_empty());
        }
    };
    assert_eq!(request.room, room);
    leads_to_the_room(&URLS.web(&request, "a.b.c"), "https", &request);
    leads_to_the_room(&URLS.guest(&request), "https", &request);
    for (client, scheme) in [
        (ClientKind::Ios, "org.jitsi.meet"),
        (ClientKind::Android, "intent"),
        (ClientKind::Electron, "jitsi-meet"),
    ] {
        request.client = client;
        let app = URLS.app(&request, "a.b.c").expect("an app");
        leads_to_the_room(&app, scheme, &request);
    }
});

/// The name is one that Jitsi's client leaves as it is, that no address parser changes, and that is stored as it is.
fn is_settled(room: &RoomName) {
    let name = room.as_str();
    assert_eq!(RoomName::parse(name).as_ref(), Ok(room));
    assert!((1..=1023).contains(&name.len()));
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.~%".contains(&b);
    assert!(name.bytes().all(plain), "{name}");
    assert!(![".", ".."].contains(&name));
    let stored = serde_json::to_string(room).expect("JSON");
    assert_eq!(
        serde_json::from_str::<RoomName>(&stored).ok().as_ref(),
        Some(room)
    );
}

/// Scheme, host, port and prefix are the configured ones; then come the tenant and the room, and nothing else.
fn leads_to_the_room(address: &str, scheme: &str, request: &MeetingRequest) {
    assert!(address.bytes().all(|b| b.is_ascii_graphic()), "{address}");
    let url = Url::parse(address).expect("an address");
    assert_eq!(url.scheme(), scheme);
    assert_eq!((url.username(), url.password()), ("", None));
    assert_eq!(
        (url.host_str(), url.port()),
        (Some("meet.example.org"), Some(8443))
    );
    let room = request.room.as_str();
    let expected = match &request.tenant {
        Some(tenant) => vec!["prefix", tenant.as_str(), room],
        None => vec!["prefix", room],
    };
    let path: Vec<&str> = url.path_segments().expect("a path").collect();
    assert_eq!(path, expected);
    // The raw text as well: what no parser has touched.
    let raw = address.split(['?', '#']).next().unwrap_or_default();
    assert_eq!(raw.rsplit('/').next(), Some(room));
    if let Some(tenant) = &request.tenant {
        assert_eq!(Tenant::parse(tenant.as_str()).as_ref(), Ok(tenant));
    }
}
