"""Every page people can see, in every language, on a phone and a desk, light and dark. The pictures are kept."""

from urllib.parse import parse_qs, urlsplit

import pytest

from support.bridge import new_url
from support.meeting import arrive
from support.pages import REFUSED, shoot_in_every_view
from support.people import ANNA, CARL, NORA
from support.screenshots import VIEWS, View
from support.sign_in import sign_in, wait_for_form
from support.texts import in_every_language

DESK = View("en", "desktop", "light")
# Where each page is found without signing in, and the name of its title.
ANYBODYS = {
    "home": ("", "welcome_title"),
    "not-found": ("/nowhere", "not_found_title"),
    "bad-room": ("/room/*", "bad_room_title"),
    "broken-link": ("/join?room=a&room=b", "bad_request_title"),
    "expired": ("/callback?state=old&code=old", "login_expired_title"),
}
# What Keycloak may say instead of signing somebody in (RFC 6749, 4.1.2.1; OpenID Connect Core, 3.1.2.6).
ANSWERS = {
    "cancelled": ("error=access_denied", "cancelled_title"),
    "login-required": ("error=login_required", "login_required_title"),
    "provider-error": ("error=server_error", "provider_error_title"),
    "sign-in-failed": ("code=made-up", "sign_in_failed_title"),
}
UNAVAILABLE = in_every_language("provider_unavailable_title")


@pytest.mark.parametrize("name", ANYBODYS)
def test_a_page_for_anybody_is_in_order_in_every_view(bridge, browser, camera, name):
    path, title = ANYBODYS[name]
    titles = in_every_language(title)
    shoot_in_every_view(browser, camera, name, lambda: browser.open(f"{bridge.url}{path}"), titles)


def test_the_home_page_is_there_with_and_without_a_slash_at_its_end(bridge, browser):
    for address in (bridge.url, f"{bridge.url}/"):
        browser.open(address)
        assert browser.title() == in_every_language("welcome_title")[0], address


@pytest.fixture(scope="module")
def by_address(new_realm, new_bridge):
    """A realm and a bridge whose requests stand in addresses, where a test finds the state."""
    url = new_url()
    realm = new_realm("by-address", url)
    return realm, new_bridge("by-address", url, realm.issuer, BRIDGE_PROVIDER__PUSHED_AUTHORIZATION="never")


@pytest.mark.parametrize("name", ANSWERS)
def test_a_page_about_what_keycloak_answered_is_in_order_in_every_view(by_address, browser, camera, name):
    realm, bridge = by_address
    answer, title = ANSWERS[name]

    def go():
        browser.open(bridge.room("board"))
        wait_for_form(browser, realm)
        [state] = parse_qs(urlsplit(browser.url).query)["state"]
        browser.open(f"{bridge.url}/callback?state={state}&{answer}")

    shoot_in_every_view(browser, camera, name, go, in_every_language(title))
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
    # Those that the realm speaks.
    for view in [view for view in VIEWS if view.language in ("en", "de")]:
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
