"""Sign in once: the next meetings ask for nothing, until somebody wants to be somebody else."""

from support.meeting import arrive, assert_turned_away, role
from support.people import ANNA, CARL, TIM
from support.sign_in import PASSWORD, SOMEBODY_ELSE, sign_in, submit, wait_for_form

AS_SOMEBODY_ELSE = "Sign in as somebody else"


def test_the_second_meeting_asks_for_no_password_and_keycloak_is_not_even_visited(
    bridge, keycloak, jitsi, keys, browser
):
    browser.open(bridge.room("board"))
    sign_in(browser, keycloak, ANNA)
    first = arrive(browser, jitsi, keys.token)
    seen = len(browser.visited())

    browser.open(bridge.room("rocket-weekly"))
    second = arrive(browser, jitsi, keys.token)

    assert [first["room"], second["room"]] == ["board", "rocket-weekly"]
    assert [role(first), role(second)] == ["moderator", "participant"]
    assert first["context"]["user"]["id"] == second["context"]["user"]["id"]
    assert first["jti"] != second["jti"]
    assert not [address for address in browser.visited()[seen:] if address.startswith(keycloak.url)]


def test_a_session_is_decided_upon_anew_for_every_room(bridge, keycloak, jitsi, keys, browser):
    browser.open(bridge.room("board"))
    sign_in(browser, keycloak, TIM)
    assert_turned_away(browser, bridge, jitsi)

    browser.open(bridge.room("rocket-weekly"))
    assert role(arrive(browser, jitsi, keys.token)) == "moderator"


def test_a_session_in_redis_survives_a_restart_of_the_bridge(bridge, keycloak, jitsi, keys, browser):
    browser.open(bridge.room("rocket-weekly"))
    sign_in(browser, keycloak, TIM)
    arrive(browser, jitsi, keys.token)
    # Without its own session Keycloak cannot help: only the bridge's is left.
    browser.forget(keycloak.url)

    assert bridge.stop() == 0, "the bridge did not end cleanly"
    bridge.start()

    seen = len(browser.visited())
    browser.open(bridge.room("rocket"))
    assert role(arrive(browser, jitsi, keys.token)) == "moderator"
    assert not [address for address in browser.visited()[seen:] if address.startswith(keycloak.url)]


def test_signing_in_as_somebody_else_makes_keycloak_ask_for_a_password_again(
    bridge, keycloak, jitsi, keys, browser, camera
):
    browser.open(bridge.room("board"))
    sign_in(browser, keycloak, CARL)
    assert_turned_away(browser, bridge, jitsi)

    browser.follow(AS_SOMEBODY_ELSE)
    wait_for_form(browser, keycloak)
    # It asks for Carl's password; somebody else begins anew from there.
    assert browser.has(PASSWORD)
    camera.shoot("keycloak-password-again")
    browser.press(SOMEBODY_ELSE)
    wait_for_form(browser, keycloak)
    submit(browser, ANNA)

    claims = arrive(browser, jitsi, keys.token)
    assert claims["context"]["user"]["name"] == ANNA.name
    assert role(claims) == "moderator"

    browser.open(bridge.room("board-2"))
    assert arrive(browser, jitsi, keys.token)["context"]["user"]["name"] == ANNA.name, "Carl's session is still there"
