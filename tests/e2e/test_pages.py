"""Every page people can see, in both languages, on a phone and a desk, light and dark. The pictures are kept."""

from urllib.parse import parse_qs, urlsplit

import pytest

from support.bridge import new_url
from support.meeting import arrive
from support.pages import CANCELLED, REFUSED, shoot_in_every_view
from support.people import ANNA, CARL, NORA
from support.screenshots import VIEWS, View
from support.sign_in import sign_in, wait_for_form

DESK = View("en", "desktop", "light")
# Where each page is found without signing in, and its title in each language.
ANYBODYS = {
    "home": ("", "Sign-in for Jitsi Meet", "Anmeldung für Jitsi Meet"),
    "not-found": ("/nowhere", "Nothing is here", "Hier ist nichts"),
    "bad-room": ("/room/*", "No meeting can have this name", "So kann kein Meeting heißen"),
    "broken-link": ("/join?room=a&room=b", "This link does not work", "Dieser Link funktioniert nicht"),
    "expired": ("/callback?state=old&code=old", "This sign-in is no longer valid", "Diese Anmeldung gilt nicht mehr"),
}
# What Keycloak may say instead of signing somebody in (RFC 6749, 4.1.2.1; OpenID Connect Core, 3.1.2.6).
ANSWERS = {
    "cancelled": ("error=access_denied", *CANCELLED),
    "login-required": ("error=login_required", "Please sign in", "Bitte melden Sie sich an"),
    "provider-error": (
        "error=server_error",
        "The sign-in service reported an error",
        "Der Anmeldedienst meldet einen Fehler",
    ),
    "sign-in-failed": ("code=made-up", "The sign-in failed", "Die Anmeldung ist fehlgeschlagen"),
}
UNAVAILABLE = ("The sign-in service cannot be reached", "Der Anmeldedienst ist nicht erreichbar")


@pytest.mark.parametrize("name", ANYBODYS)
def test_a_page_for_anybody_is_in_order_in_every_view(bridge, browser, camera, name):
    path, *titles = ANYBODYS[name]
    shoot_in_every_view(browser, camera, name, lambda: browser.open(f"{bridge.url}{path}"), titles)


def test_the_home_page_is_there_with_and_without_a_slash_at_its_end(bridge, browser):
    for address in (bridge.url, f"{bridge.url}/"):
        browser.open(address)
        assert browser.title() == ANYBODYS["home"][1], address


@pytest.fixture(scope="module")
def by_address(new_realm, new_bridge):
    """A realm and a bridge whose requests stand in addresses, where a test finds the state."""
    url = new_url()
    realm = new_realm("by-address", url)
    return realm, new_bridge("by-address", url, realm.issuer, BRIDGE_PROVIDER__PUSHED_AUTHORIZATION="never")


@pytest.mark.parametrize("name", ANSWERS)
def test_a_page_about_what_keycloak_answered_is_in_order_in_every_view(by_address, browser, camera, name):
    realm, bridge = by_address
    answer, *titles = ANSWERS[name]

    def go():
        browser.open(bridge.room("board"))
        wait_for_form(browser, realm)
        [state] = parse_qs(urlsplit(browser.url).query)["state"]
        browser.open(f"{bridge.url}/callback?state={state}&{answer}")

    shoot_in_every_view(browser, camera, name, go, titles)
    assert browser.links()


@pytest.mark.parametrize(
    "name, person, room",
    [("refused", CARL, "board"), ("refused-by-default", NORA, "rocket-weekly")],
    ids=["by a rule", "by default"],
)
def test_a_refusal_is_in_order_in_every_view(bridge, keycloak, browser, camera, name, person, room):
    browser.open(bridge.room(room))
    sign_in(browser, keycloak, person)
    browser.wait_to_be_at(bridge.url)
    shoot_in_every_view(browser, camera, name, lambda: browser.open(bridge.room(room)), REFUSED)


def test_the_page_without_a_provider_is_in_order_in_every_view(bridge_without_provider, browser, camera):
    address = bridge_without_provider.room("board")
    shoot_in_every_view(browser, camera, "unavailable", lambda: browser.open(address), UNAVAILABLE)


def test_keycloaks_form_speaks_the_browsers_language(bridge, keycloak, browser, camera):
    for view in VIEWS:
        camera.look_as(view)
        browser.cdp("Network.clearBrowserCookies")
        browser.open(bridge.room("board"))
        wait_for_form(browser, keycloak)
        assert browser.language() == view.language
        camera.shoot(f"keycloak-{view.suffix}")


def test_the_way_ends_in_the_meeting(bridge, keycloak, jitsi, keys, browser, camera):
    camera.look_as(DESK)
    browser.open(bridge.room("board"))
    sign_in(browser, keycloak, ANNA)
    arrive(browser, jitsi, keys.token)
    camera.shoot(f"meeting-{DESK.suffix}")
