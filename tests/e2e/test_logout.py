"""Signed out is signed out: at the bridge and at Keycloak, wherever one begins."""

from support.meeting import arrive
from support.people import ANNA, SARA, TIM
from support.sign_in import FORM, sign_in, wait_for_form
from support.waiting import wait_until

CONFIRM = "#kc-logout"


def join(browser, bridge, keycloak, jitsi, keys, person):
    """Signs in for a meeting and comes into it; gives the new session at Keycloak, beside those of other tests."""
    before = keycloak.sessions(person)
    browser.open(bridge.room("rocket"))
    sign_in(browser, keycloak, person)
    arrive(browser, jitsi, keys.token)
    (session,) = keycloak.sessions(person) - before
    return session


def assert_still_in(browser, bridge, jitsi, keys):
    browser.open(bridge.room("rocket"))
    arrive(browser, jitsi, keys.token)


def assert_asked_for_a_password(browser, bridge, keycloak):
    browser.open(bridge.room("rocket"))
    wait_for_form(browser, keycloak)


def test_signing_out_at_the_bridge_signs_out_at_keycloak(bridge, keycloak, jitsi, keys, browser, camera):
    session = join(browser, bridge, keycloak, jitsi, keys, ANNA)
    seen = len(browser.visited())

    browser.open(f"{bridge.url}/logout")
    browser.wait_to_be_at(f"{bridge.url}/logged-out")

    assert browser.texts("h1") == ["You are signed out"]
    assert "here and at your organisation’s sign-in service" in browser.text()
    camera.shoot("signed-out")
    # Keycloak knew whom it was about: it did not ask.
    logout = f"{keycloak.issuer}/protocol/openid-connect/logout"
    at_keycloak = [address for address in browser.visited()[seen:] if address.startswith(keycloak.url)]
    assert [address.split("?")[0] for address in at_keycloak] == [logout]
    assert session not in keycloak.sessions(ANNA)
    assert_asked_for_a_password(browser, bridge, keycloak)


def test_signing_out_in_jitsis_hidden_frame_ends_at_jitsis_own_page(bridge, keycloak, jitsi, keys, browser):
    session = join(browser, bridge, keycloak, jitsi, keys, SARA)
    # As Jitsi's inline mode does it.
    browser.script(f"""
        const frame = document.createElement('iframe');
        frame.style.display = 'none';
        frame.src = '{bridge.url}/logout?id_token_hint=e30.e30.';
        document.body.appendChild(frame);
    """)

    def where():
        # Of another origin's page a script sees nothing.
        return browser.script("try { return frames[0].location.href } catch { return null }")

    wait_until("Jitsi's page in the frame", lambda: where() == f"{jitsi.url}/static/logout.html")
    assert session not in keycloak.sessions(SARA)
    assert_asked_for_a_password(browser, bridge, keycloak)


def test_an_administrator_ends_exactly_one_session(bridge, keycloak, jitsi, keys, new_browser):
    first, second, tims = new_browser(), new_browser(), new_browser()
    session = join(first, bridge, keycloak, jitsi, keys, ANNA)
    join(second, bridge, keycloak, jitsi, keys, ANNA)
    join(tims, bridge, keycloak, jitsi, keys, TIM)

    keycloak.end_session(session)

    assert_asked_for_a_password(first, bridge, keycloak)
    assert_still_in(second, bridge, jitsi, keys)
    assert_still_in(tims, bridge, jitsi, keys)


def test_an_administrator_signs_a_person_out_everywhere(bridge, keycloak, jitsi, keys, new_browser):
    first, second = new_browser(), new_browser()
    for browser in (first, second):
        join(browser, bridge, keycloak, jitsi, keys, ANNA)
    keycloak.sign_out(ANNA)
    for browser in (first, second):
        assert_asked_for_a_password(browser, bridge, keycloak)


def test_signing_out_at_keycloak_signs_out_at_the_bridge(bridge, keycloak, jitsi, keys, browser):
    join(browser, bridge, keycloak, jitsi, keys, TIM)
    browser.open(f"{keycloak.issuer}/protocol/openid-connect/logout")
    wait_until("Keycloak's question", lambda: browser.has(CONFIRM))
    browser.press(CONFIRM)
    wait_until("Keycloak's goodbye", lambda: not browser.has(CONFIRM) and not browser.has(FORM))
    assert_asked_for_a_password(browser, bridge, keycloak)


def test_without_a_session_keycloak_asks_before_it_signs_out(bridge, keycloak, jitsi, keys, browser):
    join(browser, bridge, keycloak, jitsi, keys, SARA)
    browser.forget(bridge.url)
    browser.open(f"{bridge.url}/logout")
    wait_until("Keycloak's question", lambda: browser.is_at(keycloak.url) and browser.has(CONFIRM))
    browser.press(CONFIRM)
    browser.wait_to_be_at(f"{bridge.url}/logged-out")
    assert browser.texts("h1") == ["You are signed out"]
    assert_asked_for_a_password(browser, bridge, keycloak)
