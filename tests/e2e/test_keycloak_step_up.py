"""A second factor for some rooms, asked for when it is needed: Keycloak with levels of authentication, set up as
docs/providers/keycloak.md says.

That an older sign-in is asked for the password again (`max_auth_age`) is tested where the bridge has a clock of its own
(tests/it): Keycloak dates sign-ins by the real one, and the least that a rule can ask for is a minute.
"""

import secrets
from dataclasses import dataclass

import pytest

from support import totp
from support.bridge import Bridge, new_url
from support.jitsi_rules import token_in
from support.keycloak_admin import Realm
from support.keycloak_flows import forbid_set_up, set_up_levels
from support.meeting import arrive, role
from support.pages import REFUSED
from support.people import ANNA, CARL, SARA, TIM
from support.settings import BRIDGE_CONFIG
from support.sign_in import PASSWORD, SUBMIT, sign_in
from support.tokens import holds_a_token
from support.waiting import wait_until

RULES = """
[[policy.rules]]
name = "The vault needs a second factor"
rooms = ["vault", "vault-*"]
acr = ["mfa"]
role = "moderator"

[[policy.rules]]
name = "Payroll, freshly signed in"
rooms = ["payroll"]
max_auth_age = "1min"
role = "moderator"
"""
CODE = "#kc-otp-login-form"
DIGITS = "#otp"
SET_UP = "#kc-totp-settings-form"
SET_UP_FIRST = "credential setup required"
ASKED_FOR_IT = "was asked for it just now and did not confirm it"


@dataclass(frozen=True)
class Place:
    realm: Realm
    bridge: Bridge


@pytest.fixture(scope="module")
def new_place(new_realm, new_bridge):
    def make(name, **variables):
        url = new_url()
        realm = new_realm(name, url)
        bridge = new_bridge(name, url, realm.issuer, BRIDGE_CONFIG.read_text() + RULES, **variables)
        return Place(realm, bridge)

    return make


@pytest.fixture(scope="module")
def place(new_place):
    place = new_place("levels")
    set_up_levels(place.realm)
    return place


def new_generator(realm, person):
    """Keycloak takes each code once, so every test has one of its own."""
    secret = secrets.token_hex(10)
    realm.give_code_generator(person, secret)
    return secret


def wait_for_code_form(browser, realm):
    wait_until("Keycloak's wish for a code", lambda: browser.is_at(realm.url) and browser.has(CODE))
    assert not browser.has(PASSWORD), "the password is asked for again"


def give_code(browser, secret):
    browser.fill(DIGITS, totp.code(secret.encode()))
    browser.press(SUBMIT)


def at_keycloak(browser, realm, seen):
    """Where at Keycloak the browser has been since then."""
    return [address for address in browser.visited()[seen:] if address.startswith(realm.url)]


def test_the_code_is_asked_for_when_a_room_needs_it_and_then_no_more(place, jitsi, keys, browser):
    secret = new_generator(place.realm, ANNA)
    browser.open(place.bridge.room("standup"))
    sign_in(browser, place.realm, ANNA)
    assert role(arrive(browser, jitsi, keys.token)) == "participant"
    meetings = len(jitsi.asked)

    browser.open(place.bridge.room("vault"))
    wait_for_code_form(browser, place.realm)
    assert len(jitsi.asked) == meetings, "a token was given away"
    give_code(browser, secret)
    claims = arrive(browser, jitsi, keys.token)
    assert (claims["room"], role(claims)) == ("vault", "moderator")
    assert claims["context"]["user"]["name"] == ANNA.name

    seen = len(browser.visited())
    browser.open(place.bridge.room("vault-2"))
    claims = arrive(browser, jitsi, keys.token)
    assert (claims["room"], role(claims)) == ("vault-2", "moderator")
    assert not at_keycloak(browser, place.realm, seen)


def test_who_comes_to_such_a_room_first_is_asked_for_both(place, jitsi, keys, browser):
    secret = new_generator(place.realm, SARA)
    browser.open(place.bridge.room("vault"))
    sign_in(browser, place.realm, SARA)
    wait_for_code_form(browser, place.realm)
    give_code(browser, secret)
    assert role(arrive(browser, jitsi, keys.token)) == "moderator"


def returns(browser, bridge):
    """Where Keycloak has sent this browser back to."""
    return [address for address in browser.visited() if address.startswith(f"{bridge.url}/callback?")]


def assert_not_been_at_jitsi(browser, jitsi):
    assert token_in(browser.url) is None
    assert not any(address.startswith(jitsi.url) for address in browser.visited()), "it has been at Jitsi"


def test_who_has_no_second_factor_is_made_to_set_one_up_and_does_not_get_in_before(
    place, jitsi, keys, browser, camera
):
    browser.open(place.bridge.room("vault"))
    sign_in(browser, place.realm, TIM)
    # Going round it leads back to it.
    for room in ("vault-2", "vault-3"):
        wait_until("Keycloak's offer to set one up", lambda: browser.is_at(place.realm.url) and browser.has(SET_UP))
        assert_not_been_at_jitsi(browser, jitsi)
        browser.open(place.bridge.room(room))
    wait_until("Keycloak's offer to set one up", lambda: browser.is_at(place.realm.url) and browser.has(SET_UP))
    assert place.realm.credentials(TIM) == ["password"]
    camera.shoot("keycloak-set-up")

    secret = browser.script("return document.querySelector('#totpSecret').value")
    browser.fill("#totp", totp.code(secret.encode()))
    browser.press("#saveTOTPBtn")
    claims = arrive(browser, jitsi, keys.token)
    assert (claims["room"], role(claims)) == ("vault-3", "moderator")
    assert "otp" in place.realm.credentials(TIM)


def test_who_may_not_set_one_up_is_kept_at_keycloak(new_place, jitsi, browser, camera):
    place = new_place("levels-as-given")
    set_up_levels(place.realm)
    forbid_set_up(place.realm)
    browser.open(place.bridge.room("vault"))
    sign_in(browser, place.realm, TIM)
    wait_until("Keycloak's refusal", lambda: SET_UP_FIRST in browser.text())
    assert_not_been_at_jitsi(browser, jitsi)
    # It never sends them back to be refused here.
    assert len(returns(browser, place.bridge)) == 1, "the sign-in without a code alone came back"
    camera.shoot("keycloak-no-set-up")


def test_a_keycloak_without_levels_delivers_no_second_factor_and_people_read_why(
    new_place, jitsi, keys, browser, camera
):
    place = new_place("no-levels")
    browser.open(place.bridge.room("standup"))
    sign_in(browser, place.realm, TIM)
    arrive(browser, jitsi, keys.token)
    meetings = len(jitsi.asked)
    browser.open(place.bridge.room("vault"))
    # All that it can do is to ask for the password again.
    wait_until("Keycloak's wish for the password", lambda: browser.is_at(place.realm.url) and browser.has(PASSWORD))
    assert len(returns(browser, place.bridge)) == 1
    browser.fill(PASSWORD, TIM.password)
    browser.press(SUBMIT)
    browser.wait_to_be_at(place.bridge.url)
    assert browser.title() == REFUSED[0]
    assert ASKED_FOR_IT in browser.text() and TIM.name in browser.text()
    assert not holds_a_token(browser.source()) and len(jitsi.asked) == meetings, "a token was given away"
    camera.shoot("step-up-failed")
    # Once: no circle.
    assert len(returns(browser, place.bridge)) == 2

    # What it lacks keeps it out of those rooms only.
    browser.open(place.bridge.room("standup-2"))
    assert role(arrive(browser, jitsi, keys.token)) == "participant"


def test_a_wish_for_a_second_factor_that_is_lost_on_the_way_gains_nothing(new_place, jitsi, keys, browser):
    # Usually the bridge tells Keycloak itself, and there is nothing to take out of an address.
    place = new_place("levels-by-address", BRIDGE_PROVIDER__PUSHED_AUTHORIZATION="never")
    set_up_levels(place.realm)
    new_generator(place.realm, SARA)
    browser.open(place.bridge.room("standup"))
    sign_in(browser, place.realm, SARA)
    arrive(browser, jitsi, keys.token)
    browser.open(place.bridge.room("vault"))
    wait_for_code_form(browser, place.realm)
    (wish,) = [address for address in browser.visited() if "acr_values=mfa" in address]
    meetings = len(jitsi.asked)

    browser.open(wish.replace("acr_values=mfa", "acr_values=pwd"))
    browser.wait_to_be_at(place.bridge.url)
    assert browser.title() == REFUSED[0]
    assert not holds_a_token(browser.source()) and len(jitsi.asked) == meetings, "a token was given away"


def test_a_fresh_sign_in_is_recent_enough(place, jitsi, keys, browser):
    browser.open(place.bridge.room("payroll"))
    sign_in(browser, place.realm, CARL)
    claims = arrive(browser, jitsi, keys.token)
    assert (claims["room"], role(claims)) == ("payroll", "moderator")
    # Keycloak has said when it was: it was asked once.
    assert len(returns(browser, place.bridge)) == 1
