//! Rooms and tenants that look like others, or are longer than any; and Jitsi's state, written by somebody else.

use super::support::bridge::payload;
use super::support::browser::raw;
use super::support::{JITSI, usual};
use super::{is_a_plain_line, is_clean, leads_nowhere_else, succeeds};

/// The rule for `board` is for every spelling that Jitsi would lead there, and for no other room.
#[tokio::test]
async fn no_spelling_of_a_room_goes_around_its_rule() {
    let (bridge, _provider, mut browser) = usual().await;
    assert!(browser.go(&bridge.at("/room/first")).await.in_meeting());
    let session = format!("jitsi-session={}", browser.cookies["jitsi-session"]);
    let into =
        async |target: &str| raw(&bridge.origin(), "GET", target, &[("Cookie", &session)]).await;
    for same in [
        "board",
        "BOARD",
        "Board",
        "%62oard",
        "%42OARD",
        "bo%61rd",
        "bo:ard",
        "bo@ard",
        "b!o$a&r'd",
        "(board)",
        "board*",
        "%EF%BD%82%EF%BD%8F%EF%BD%81%EF%BD%92%EF%BD%84",
        "%F0%9D%90%9B%F0%9D%90%A8%F0%9D%90%9A%F0%9D%90%AB%F0%9D%90%9D",
        "%E2%93%91oard",
        "board%2A",
    ] {
        let landed = into(&format!("/room/{same}")).await;
        // Some of those signs end a path instead.
        assert!(
            !landed.holds_a_token() || !landed.location().contains("/board#"),
            "{same}: {landed:?}"
        );
        if landed.status == 403 {
            assert!(
                bridge.last_cause().contains("board only"),
                "{same}: {}",
                bridge.last_cause()
            );
        } else {
            assert_eq!(landed.headers.get("location"), None, "{same}: {landed:?}");
        }
    }
    for (other, room) in [
        ("b%E2%80%8Board", "b%e2%80%8board"),
        ("b%C2%ADoard", "b%c2%adoard"),
        ("bo%D0%B0rd", "bo%d0%b0rd"),
        ("%E2%80%AEboard", "%e2%80%aeboard"),
        ("%EF%BB%BFboard", "%ef%bb%bfboard"),
        ("board%00", "board%00"),
        ("board%20", "board%20"),
        ("board.", "board."),
        ("b%CC%88oard", "b%cc%88oard"),
        ("b0ard", "b0ard"),
        ("board%2f", "board%2f"),
        ("board%5C", "board%5c"),
        // Jitsi drops signs first and decodes then, once, and joins what it finds.
        ("bo%3Aard", "bo%3aard"),
        ("board%23", "board%23"),
        ("board%3Fx", "board%3fx"),
        ("%2562oard", "%2562oard"),
    ] {
        let landed = into(&format!("/room/{other}")).await;
        assert_eq!(landed.status, 303, "{other}: {landed:?}");
        let location = landed.location();
        let (address, token) = location.split_once("#jwt=%22").unwrap();
        assert_eq!(address, format!("{JITSI}/{room}"));
        assert_eq!(payload(token.split("%22").next().unwrap())["room"], room);
    }
}

/// What is longer than a name can be, however it grows, is no name; and costs no time.
#[tokio::test]
async fn overlong_names_are_refused_at_once() {
    let (bridge, provider, _) = usual().await;
    let begun = std::time::Instant::now();
    for (name, reason) in [
        (
            "x".repeat(1024),
            "the room name is longer than 1023 bytes once encoded",
        ),
        (
            "x".repeat(50_000),
            "the room name is longer than 1023 bytes once encoded",
        ),
        (
            "%F0%9F%A6%80".repeat(100),
            "the room name is longer than 1023 bytes once encoded",
        ),
        // One sign that becomes eighteen (U+FDFA), many times.
        (
            "%EF%B7%BA".repeat(300),
            "the room name is longer than 1023 bytes once encoded",
        ),
        ("%25".repeat(1000), "longer than 1023 bytes"),
        (
            "%2A".repeat(500),
            "the room name is empty, or made only of characters that Jitsi drops",
        ),
        ("%2E%2E".to_owned(), "no Jitsi room can have this name"),
    ] {
        for target in [format!("/room/{name}"), format!("/join?room={name}")] {
            let landed = raw(&bridge.origin(), "GET", &target, &[]).await;
            assert_eq!(landed.status, 400, "{reason}: {landed:?}");
            let cause = bridge.last_cause();
            assert!(cause.contains(reason), "{cause:?} is not {reason:?}");
            is_a_plain_line(&cause);
            is_clean(&landed);
        }
    }
    for tenant in [
        "x".repeat(64),
        "%E2%80%AE".to_owned(),
        "a%0d%0ab".to_owned(),
        "%2e%2e".to_owned(),
        "-a".to_owned(),
        "a%00".to_owned(),
    ] {
        let landed = raw(
            &bridge.origin(),
            "GET",
            &format!("/join?room=a&tenant={tenant}"),
            &[],
        )
        .await;
        assert_eq!(landed.status, 400, "{tenant}: {landed:?}");
        assert!(
            bridge
                .last_cause()
                .contains("a tenant is at most 63 letters"),
            "{}",
            bridge.last_cause()
        );
    }
    assert!(
        begun.elapsed().as_secs() < 20,
        "it took {:?}",
        begun.elapsed()
    );
    assert_eq!(provider.count("GET /authorize"), 0);
    succeeds(&bridge).await;
}

/// Jitsi's `{state}` comes from whoever wrote the link.
#[tokio::test]
async fn a_state_that_jitsi_did_not_write_is_refused_or_harmless() {
    let (bridge, provider, mut browser) = usual().await;
    assert!(browser.go(&bridge.at("/room/first")).await.in_meeting());
    let session = format!("jitsi-session={}", browser.cookies["jitsi-session"]);
    let encoded = |text: &str| {
        url::form_urlencoded::byte_serialize(text.as_bytes())
            .collect::<String>()
            .replace('+', "%20")
    };
    let deep = format!(
        "{{\"config.a\":{}{}}}",
        "[".repeat(5_000),
        "]".repeat(5_000)
    );
    let long = format!("{{\"config.a\":\"{}\"}}", "x".repeat(30_000));
    for (state, status) in [
        ("<script>", 400),
        ("[]", 400),
        ("7", 400),
        ("\"x\"", 400),
        ("null", 400),
        ("{\"room\":7}", 303),
        (deep.as_str(), 400),
        (long.as_str(), 400),
        ("{\"room\":\"//evil.example\"}", 303),
        ("{\"room\":\"a\",\"tenant\":\"evil.example\"}", 303),
        (
            "{\"room\":\"a\",\"config.x\":\"\\r\\nX-Injected: yes\"}",
            303,
        ),
        ("{\"room\":\"a\",\"config.x\":\"<script>\"}", 303),
        ("{\"room\":\"a\",\"jwt\":\"x\",\"config.#jwt\":\"x\"}", 303),
        ("{\"room\":\"a\",\"room\":\"board\"}", 303),
        (
            "{\"room\":\"a\",\"url\":\"https://evil.example\",\"config.hosts.domain\":\"evil.example\"}",
            303,
        ),
    ] {
        let target = format!("/join?room=a&state={}", encoded(state));
        let landed = raw(&bridge.origin(), "GET", &target, &[("Cookie", &session)]).await;
        leads_nowhere_else(&landed, &bridge, &provider, state);
        let expected = if state.contains("board") {
            vec![303, 400, 403]
        } else {
            vec![status]
        };
        assert!(expected.contains(&landed.status), "{state}: {landed:?}");
        if landed.status == 303 {
            assert!(!landed.location().contains("/board#"), "{state}");
        } else {
            is_a_plain_line(&bridge.last_cause());
        }
    }
}
