"""The room in the token is the room that the browser joins, and the browser always joins it at Jitsi."""

from urllib.parse import urlsplit

from support.jitsi_rules import token_in, verify
from support.meeting import TOKEN, arrive
from support.people import SARA
from support.sign_in import sign_in
from support.waiting import wait_until

# As they stand in a link's path.
HOSTILE = [
    "%2F%2Fevil.example",
    "%2F%2Fevil.example%2Froom",
    "http:%2F%2Fevil.example",
    "https:%2F%2Fevil.example%2Froom",
    "http:%2F%2F%5B",
    "javascript:alert(1)",
    "%5C%5Cevil.example",
    "/evil.example",
    "%2e%2e%2F%2e%2e%2Fevil.example",
    "%252F%252Fevil.example",
    "@evil.example",
    "room@evil.example",
    "room%23jwt=stolen",
    "room%3Fjwt=stolen",
    "room%0D%0ALocation:%20http:%2F%2Fevil.example",
    "%09%2F%2Fevil.example",
    "*",
    "%252A",
    "%00",
    "..",
    "%2e%2e",
    "%E2%80%8B",
    "%FF%FE",
    "x" * 2000,
    "evil.example/room",
    "evil.example/evil.example/evil.example",
]


def test_a_room_with_accents_and_spaces_is_named_as_jitsi_names_it(bridge, keycloak, jitsi, keys, browser):
    browser.open(bridge.room("R%C3%A9union%20A"))
    sign_in(browser, keycloak, SARA)
    assert arrive(browser, jitsi, keys.token)["room"] == "r%c3%a9union%20a"


def test_a_room_of_a_tenant_is_joined_below_the_tenant(bridge, keycloak, jitsi, keys, browser):
    browser.open(bridge.room("acme/Weekly"))
    sign_in(browser, keycloak, SARA)
    claims = arrive(browser, jitsi, keys.token)
    assert (claims["sub"], claims["room"]) == ("acme", "weekly")
    assert urlsplit(browser.url).path == "/acme/weekly"


def test_jitsis_own_link_to_the_sign_in_leads_back_with_its_settings(bridge, keycloak, jitsi, keys, browser):
    """TOKEN_AUTH_URL of docker-compose.yml, filled in as Jitsi's page does."""
    state = "%7B%22room%22%3A%22Weekly%22%2C%22config.startWithAudioMuted%22%3Atrue%7D"
    browser.open(f"{bridge.url}/join?room=Weekly&state={state}")
    sign_in(browser, keycloak, SARA)
    assert arrive(browser, jitsi, keys.token)["room"] == "weekly"
    assert "config.startWithAudioMuted=true" in urlsplit(browser.url).fragment.split("&")


def test_a_hostile_room_never_takes_the_browser_anywhere_but_to_jitsi(bridge, keycloak, jitsi, keys, browser):
    browser.open(bridge.room("hello"))
    sign_in(browser, keycloak, SARA)
    arrive(browser, jitsi, keys.token)

    for room in HOSTILE:
        for address in (bridge.room(room), f"{bridge.url}/join?room={room}"):
            browser.open("about:blank")
            browser.open_anyway(address)
            wait_until("a page", lambda: browser.script("return document.readyState") == "complete")
            assert browser.is_at(jitsi.url) or browser.is_at(bridge.origin), f"{address} led to {browser.url}"
            if browser.is_at(jitsi.url):
                verify(browser.url, keys.token)
            else:
                assert token_in(browser.url) is None and not TOKEN.search(browser.source()), address

    ours = (jitsi.url, bridge.origin, keycloak.url, "about:blank", "chrome:")
    assert not [address for address in browser.visited() if not address.startswith(ours)]


def test_nobody_gets_a_token_for_every_room_by_asking_for_it(bridge, keycloak, jitsi, keys, browser):
    browser.open(bridge.room("hello"))
    sign_in(browser, keycloak, SARA)
    arrive(browser, jitsi, keys.token)

    for room in ("*", "%2A", "%EF%BC%8A"):
        browser.open(bridge.room(room))
        assert browser.is_at(bridge.url), browser.url
        assert browser.title() == "No meeting can have this name"
