"""What changes at Keycloak while people are signed in: its key, a person, a group, and whether it knows a browser."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from support.bridge import new_url
from support.jitsi_rules import token_in, verify
from support.meeting import arrive, assert_turned_away, role
from support.people import ANNA, CARL, NORA, SARA, TIM
from support.sign_in import MESSAGE, sign_in, submit, wait_for_form
from support.tokens import holds_a_token
from support.visitor import Visitor
from support.waiting import wait_until

FOR_THE_BOARD = "This room is for the board."
# In so many browsers at once people sign in while the key changes.
WHOEVER = (ANNA, TIM, SARA, CARL)


@pytest.fixture(scope="module")
def url():
    return new_url()


@pytest.fixture(scope="module")
def realm(new_realm, url):
    return new_realm("changes", url)


@pytest.fixture(scope="module")
def bridge(new_bridge, url, realm):
    """It asks Keycloak anew about people after a second."""
    return new_bridge("changes", url, realm.issuer, BRIDGE_SESSION__REFRESH_GROUPS_AFTER="1s")


@pytest.fixture(scope="module")
def guests_url():
    return new_url()


@pytest.fixture(scope="module")
def guests_realm(new_realm, guests_url):
    return new_realm("guests", guests_url)


@pytest.fixture(scope="module")
def guests_bridge(new_bridge, guests_url, guests_realm):
    """It sends people whom Keycloak does not know into the meeting without a token."""
    return new_bridge("guests", guests_url, guests_realm.issuer, BRIDGE_JITSI__NOT_SIGNED_IN="guest")


def join(browser, bridge, realm, jitsi, keys, person, room):
    browser.open(bridge.room(room))
    sign_in(browser, realm, person)
    return arrive(browser, jitsi, keys.token)


def visits(browser, bridge, team):
    """Visits rooms of a team, another each time: nobody goes in circles."""
    for number in count():
        browser.open(bridge.room(f"{team}-{number}"))
        yield browser


def at_keycloak(browser, realm, seen):
    """Where at Keycloak the browser has been since then."""
    return [address for address in browser.visited()[seen:] if address.startswith(realm.url)]


# The key.


class SigningIn:
    """Somebody who signs in and out again, as a new browser each time, and looks at which key has signed."""

    def __init__(self, bridge, jitsi, secret, person, enough):
        self.kids = []
        self._of = bridge, jitsi, person
        self._secret = secret
        self._enough = enough

    def until_enough(self):
        while not self._enough.is_set():
            visitor = Visitor(*self._of)
            claims = verify(visitor.walk("rocket"), self._secret)
            assert claims["context"]["user"]["name"] == self._of[2].name
            self.kids.append(jwt.get_unverified_header(visitor.sign_out_hint())["kid"])


def test_a_new_key_at_keycloak_fails_no_sign_in(new_realm, new_bridge, jitsi, keys):
    url = new_url()
    realm = new_realm("rotating", url)
    bridge = new_bridge("rotating", url, realm.issuer)
    enough = threading.Event()
    people = [SigningIn(bridge, jitsi, keys.token, person, enough) for person in WHOEVER]
    old = realm.kid()

    def each_has_seen(kid, times):
        failed = [loop.exception() for loop in loops if loop.done()]
        return bool(failed) or all(person.kids.count(kid) >= times for person in people)

    with ThreadPoolExecutor(len(people)) as pool:
        loops = [pool.submit(person.until_enough) for person in people]
        try:
            wait_until("sign-ins with the old key", lambda: each_has_seen(old, 2), 60)
            new = realm.rotate_key()
            wait_until("sign-ins with the new key", lambda: each_has_seen(new, 2), 60)
        finally:
            enough.set()
    # Raises what went wrong in any of them.
    for loop in loops:
        loop.result()
    for person in people:
        seen = "".join("o" if kid == old else "n" if kid == new else "?" for kid in person.kids)
        assert seen == "o" * seen.count("o") + "n" * seen.count("n"), "the old key signed after the new one, or a third"
        assert "on" in seen


# A person.


def test_the_session_of_a_disabled_person_ends_and_keycloak_lets_them_not_in(
    bridge, realm, jitsi, keys, browser, camera
):
    join(browser, bridge, realm, jitsi, keys, SARA, "rocket")
    session = bridge_session(browser, bridge)
    realm.disable(SARA)
    try:
        rooms = visits(browser, bridge, "rocket")
        wait_until("Keycloak's form", lambda: next(rooms).is_at(realm.url))
        meetings = len(jitsi.asked)
        wait_for_form(browser, realm)
        submit(browser, SARA)
        wait_until("Keycloak's refusal", lambda: browser.has(MESSAGE))
        assert "disabled" in browser.text()
        camera.shoot("keycloak-disabled")
        assert len(jitsi.asked) == meetings, "a token was given away"
    finally:
        realm.enable(SARA)

    # The session has ended for good.
    assert bridge_session(browser, bridge) == session
    browser.forget(realm.url)
    browser.open(bridge.room("rocket"))
    wait_for_form(browser, realm)
    submit(browser, SARA)
    arrive(browser, jitsi, keys.token)
    assert bridge_session(browser, bridge) != session


def bridge_session(browser, bridge):
    return browser.cookies(bridge.url)["jitsi-session"]["value"]


# A group.


def test_who_is_taken_out_of_a_group_loses_its_role_without_a_visit_to_keycloak(bridge, realm, jitsi, keys, browser):
    assert role(join(browser, bridge, realm, jitsi, keys, TIM, "rocket")) == "moderator"
    seen = len(browser.visited())
    rooms = visits(browser, bridge, "rocket")

    def role_at_the_next_visit():
        return role(arrive(next(rooms), jitsi, keys.token))

    realm.take_out_of("/teams/rocket/leads", TIM)
    try:
        wait_until("the lesser role", lambda: role_at_the_next_visit() == "participant")
        # He is still one of the staff, and that is all.
        assert role_at_the_next_visit() == "participant"
    finally:
        realm.put_into("/teams/rocket/leads", TIM)
    wait_until("the old role", lambda: role_at_the_next_visit() == "moderator")
    assert not at_keycloak(browser, realm, seen)


def test_who_is_taken_out_of_the_only_group_that_lets_them_in_stays_out(bridge, realm, jitsi, keys, browser):
    join(browser, bridge, realm, jitsi, keys, ANNA, "board")
    seen = len(browser.visited())
    rooms = visits(browser, bridge, "board")
    realm.take_out_of("/board", ANNA)
    try:
        wait_until("the refusal", lambda: next(rooms).is_at(bridge.url))
        assert FOR_THE_BOARD in browser.text() and ANNA.name in browser.text()
        assert token_in(browser.url) is None and not holds_a_token(browser.source())
        assert not at_keycloak(browser, realm, seen)
    finally:
        realm.put_into("/board", ANNA)


def test_who_comes_into_a_group_gets_in_without_a_visit_to_keycloak(bridge, realm, jitsi, keys, browser):
    browser.open(bridge.room("rocket"))
    sign_in(browser, realm, NORA)
    assert_turned_away(browser, bridge, jitsi)
    seen = len(browser.visited())
    realm.put_into("/contractors", NORA)
    try:
        rooms = visits(browser, bridge, "rocket")
        wait_until("the meeting", lambda: next(rooms).is_at(jitsi.url))
        assert role(arrive(browser, jitsi, keys.token)) == "participant"
        assert not at_keycloak(browser, realm, seen)
    finally:
        realm.take_out_of("/contractors", NORA)


# Whether Keycloak knows the browser.


def errors(browser, bridge, seen=0):
    """What Keycloak answered each time that it sent the browser back since then: an error, or None with a code.

    What it was asked cannot be seen: the bridge pushes that to it.
    """
    back = [urlsplit(address) for address in browser.visited()[seen:] if address.startswith(f"{bridge.url}/callback?")]
    return [parse_qs(url.query).get("error", [None])[0] for url in back]


def test_whom_keycloak_knows_comes_in_silently(bridge, realm, jitsi, keys, browser):
    join(browser, bridge, realm, jitsi, keys, TIM, "rocket")
    browser.forget(bridge.url)
    seen = len(browser.visited())

    browser.open(bridge.room("rocket-weekly", "?prompt=none"))
    claims = arrive(browser, jitsi, keys.token)
    assert (claims["room"], role(claims)) == ("rocket-weekly", "moderator")
    assert errors(browser, bridge, seen) == [None]
    assert len(at_keycloak(browser, realm, seen)) == 1, "there was a page in between"
    # Now the bridge knows him as well.
    seen = len(browser.visited())
    browser.open(bridge.room("rocket-daily", "?prompt=none"))
    arrive(browser, jitsi, keys.token)
    assert not at_keycloak(browser, realm, seen)


def test_whom_keycloak_does_not_know_signs_in(bridge, realm, jitsi, keys, browser):
    meetings = len(jitsi.asked)
    browser.open(bridge.room("rocket", "?prompt=none"))
    wait_for_form(browser, realm)
    assert errors(browser, bridge) == ["login_required"]
    assert len(jitsi.asked) == meetings, "it has been at Jitsi"

    submit(browser, CARL)
    assert arrive(browser, jitsi, keys.token)["context"]["user"]["name"] == CARL.name


def test_whom_keycloak_does_not_know_is_a_guest_where_guests_are_let_in(
    guests_bridge, guests_realm, jitsi, browser
):
    decided = guests_bridge.log().count('"target":"audit"')
    browser.open(guests_bridge.room("rocket", "?prompt=none"))
    browser.wait_to_be_at(f"{jitsi.url}/rocket")
    assert token_in(browser.url) is None and not holds_a_token(browser.url)
    assert errors(browser, guests_bridge) == ["login_required"]
    assert "jitsi-session" not in browser.cookies(guests_bridge.url)
    assert guests_bridge.log().count('"target":"audit"') == decided, "a token was minted"


def test_a_guest_whom_jitsi_sends_straight_back_signs_in_and_goes_in_no_circle(
    guests_bridge, guests_realm, jitsi, keys, browser
):
    # As by a Jitsi that lets in no guests.
    for _ in range(2):
        browser.open(guests_bridge.room("rocket", "?prompt=none"))
    wait_for_form(browser, guests_realm)
    assert errors(browser, guests_bridge) == ["login_required", "login_required"]

    submit(browser, SARA)
    claims = arrive(browser, jitsi, keys.token)
    assert (claims["room"], claims["context"]["user"]["name"]) == ("rocket", SARA.name)
    assert errors(browser, guests_bridge)[2:] == [None]
    # And whoever is signed in comes straight in, on this way too.
    seen = len(browser.visited())
    browser.open(guests_bridge.room("sara", "?prompt=none"))
    assert role(arrive(browser, jitsi, keys.token)) == "moderator"
    assert not at_keycloak(browser, guests_realm, seen)
