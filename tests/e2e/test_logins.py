"""One trip to Keycloak and back: begun in one browser, finished there, once."""

from support.meeting import arrive, assert_turned_away
from support.people import ANNA, SARA, TIM
from support.sign_in import sign_in, submit, wait_for_form
from support.tokens import holds_a_token
from support.waiting import wait_until

EXPIRED = "This sign-in is no longer valid"


def callbacks(browser, bridge):
    """Where Keycloak has sent this browser back to."""
    return [address for address in browser.visited() if address.startswith(f"{bridge.url}/callback?")]


def test_two_tabs_that_sign_in_at_once_both_come_into_their_own_room(bridge, keycloak, jitsi, keys, browser):
    browser.open(bridge.room("sara"))
    one = browser.tab()
    wait_for_form(browser, keycloak)
    other = browser.open_tab(bridge.room("rocket-weekly"))
    wait_for_form(browser, keycloak)

    browser.switch_to(one)
    submit(browser, SARA)
    assert arrive(browser, jitsi, keys.token)["room"] == "sara"

    # Keycloak's page notices that somebody has signed in meanwhile, and goes on by itself.
    browser.switch_to(other)
    assert arrive(browser, jitsi, keys.token)["room"] == "rocket-weekly"


def test_a_callback_that_is_opened_again_gives_no_token_and_offers_to_start_again(
    bridge, keycloak, jitsi, keys, browser, camera
):
    browser.open(bridge.room("R%C3%A9union%20A"))
    sign_in(browser, keycloak, TIM)
    arrive(browser, jitsi, keys.token)
    [callback] = callbacks(browser, bridge)
    meetings = len(jitsi.asked)

    browser.open(callback)
    assert browser.title() == EXPIRED
    assert not holds_a_token(browser.source())
    assert len(jitsi.asked) == meetings, "a second token was given away"
    camera.shoot("expired-with-room")

    [(label, _)] = browser.links().items()
    assert "réunion a" in label
    browser.follow(label)
    assert arrive(browser, jitsi, keys.token)["room"] == "r%c3%a9union%20a"


def test_going_back_from_the_meeting_gives_no_second_token_and_offers_to_start_again(
    bridge, keycloak, jitsi, keys, browser
):
    browser.open(bridge.room("rocket-weekly"))
    sign_in(browser, keycloak, TIM)
    arrive(browser, jitsi, keys.token)
    meetings = len(jitsi.asked)

    # Back to Keycloak, which knows the person by now and sends them on at once, with the state of the finished login.
    browser.driver.back()
    browser.wait_to_be_at(bridge.url)
    assert browser.title() == EXPIRED
    assert len(jitsi.asked) == meetings, "a second token was given away"

    [label] = browser.links()
    browser.follow(label)
    assert arrive(browser, jitsi, keys.token)["room"] == "rocket-weekly"


def test_a_callback_of_another_browsers_login_is_refused_and_stays_good_for_its_own(
    bridge, keycloak, jitsi, keys, new_browser
):
    # The bridge is away while Keycloak sends the browser back, so that the code stays unused.
    own = new_browser()
    own.open(bridge.room("board"))
    wait_for_form(own, keycloak)
    assert bridge.stop() == 0
    try:
        submit(own, ANNA)
        [callback] = wait_until("the way back", lambda: callbacks(own, bridge) or None)
    finally:
        bridge.start()

    another = new_browser()
    another.open(callback)
    assert another.title() == EXPIRED
    assert_turned_away(another, bridge, jitsi)
    another.open(bridge.room("board"))
    wait_for_form(another, keycloak)

    own.open(callback)
    assert arrive(own, jitsi, keys.token)["context"]["user"]["name"] == ANNA.name


def test_a_callback_with_a_made_up_state_is_refused(bridge, keycloak, jitsi, browser):
    browser.open(bridge.room("board"))
    wait_for_form(browser, keycloak)

    browser.open(f"{bridge.url}/callback?state=made-up&code=made-up")
    assert browser.title() == EXPIRED
    assert_turned_away(browser, bridge, jitsi)


def test_cookies_are_out_of_reach_of_scripts_and_of_other_paths(bridge, keycloak, jitsi, keys, browser):
    browser.open(bridge.room("board"))
    wait_for_form(browser, keycloak)
    assert browser.cookies(bridge.url), "no cookie for the login under way"
    submit(browser, ANNA)
    arrive(browser, jitsi, keys.token)

    cookies = browser.cookies(bridge.url)
    assert sorted(cookies) == ["jitsi-session", "jitsi-visits"], "the login's own is gone; these two stay"
    for cookie in cookies.values():
        assert cookie["httpOnly"] and cookie["sameSite"] == "Lax" and cookie["path"] == "/sso"
