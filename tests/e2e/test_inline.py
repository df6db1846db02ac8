"""Signing in without leaving the call: Jitsi's `tokenAuthInline`, its popup and `static/sso.html`, in a real browser."""

import pytest

from support.inline import Call, ask_for_tokens
from support.jitsi import CLIENT_ID, SSO_PAGE
from support.jitsi_rules import verify_token
from support.meeting import TOKEN, role
from support.pages import REFUSED
from support.people import ANNA, CARL, SARA, TIM
from support.reading import faults
from support.sign_in import sign_in
from support.tokens import claims as claims_of, holds_a_token

SOMEBODY_ELSE = "Sign in as somebody else"
FETCH_FAILED = ("fetch failed", "TypeError")


def sign_in_to_call(browser, jitsi, keycloak, person, path):
    """A call, signed in through Keycloak in the popup, and the popup's tokens."""
    call = Call(browser, jitsi, path)
    call.log_in()
    call.enter_popup()
    sign_in(browser, keycloak, person)
    return call, call.wait_until_signed_in()


def renewal(refresh_token):
    return {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": CLIENT_ID}


@pytest.mark.parametrize(
    "path, person, room, expected",
    [
        ("rocket-weekly", TIM, "rocket-weekly", "moderator"),
        ("rocket-weekly", SARA, "rocket-weekly", "participant"),
        ("R%C3%A9union%20A", SARA, "r%c3%a9union%20a", "participant"),
        ("acme/Weekly", ANNA, "weekly", "participant"),
    ],
    ids=["a moderator", "a participant", "accents and a space", "a tenant"],
)
def test_a_person_in_a_call_signs_in_in_the_popup_and_the_call_gets_the_token(
    bridge, keycloak, jitsi, keys, browser, path, person, room, expected
):
    call, tokens = sign_in_to_call(browser, jitsi, keycloak, person, path)

    call.assert_undisturbed()
    claims = verify_token(tokens["accessToken"], call.url, keys.token)
    assert (claims["room"], role(claims)) == (room, expected)
    assert claims["context"]["user"]["name"] == person.name
    id_token = claims_of(tokens["idToken"])
    assert (id_token["aud"], id_token["nonce"]) == (CLIENT_ID, call.nonce())
    assert call.messages() == [(jitsi.url, "oauth-success")]
    assert len(call.arrivals()) == 1
    assert not any(holds_a_token(path) for path, _ in jitsi.asked), "a token reached a server"
    assert not any(referer for _, referer in jitsi.asked), "Jitsi was told where people come from"


def test_the_second_popup_asks_for_no_password(bridge, keycloak, jitsi, keys, browser):
    _, first = sign_in_to_call(browser, jitsi, keycloak, TIM, "rocket-weekly")
    # Without its own session Keycloak cannot help: only the bridge's is left.
    browser.forget(keycloak.url)

    call = Call(browser, jitsi, "rocket")
    call.log_in()
    second = call.wait_until_signed_in()

    call.assert_undisturbed()
    assert role(verify_token(second["accessToken"], call.url, keys.token)) == "moderator"
    assert second["refreshToken"] != first["refreshToken"]


def test_a_token_is_renewed_in_the_call_without_a_session_and_the_old_refresh_token_is_spent(
    bridge, keycloak, jitsi, keys, browser
):
    call, first = sign_in_to_call(browser, jitsi, keycloak, TIM, "rocket-weekly")
    # Neither Keycloak nor the bridge knows the browser any more: the refresh token has to do.
    browser.cdp("Network.clearBrowserCookies")

    call.log_in()
    second = call.wait_until_signed_in()

    call.assert_undisturbed()
    before, after = (verify_token(tokens["accessToken"], call.url, keys.token) for tokens in (first, second))
    assert before["jti"] != after["jti"]
    assert (after["room"], role(after)) == ("rocket-weekly", "moderator")
    assert before["context"]["user"] == after["context"]["user"]
    assert second["refreshToken"] != first["refreshToken"]
    assert "code=" in call.arrivals()[0] and "code=" not in call.arrivals()[1]
    assert not any(referer for _, referer in jitsi.asked), "Jitsi was told where people come from"

    spent = (400, "invalid_grant")
    assert ask_for_tokens(browser, bridge, **renewal(first["refreshToken"])) == spent
    # One that comes twice has been stolen, from one side or the other: the new one ends as well.
    assert ask_for_tokens(browser, bridge, **renewal(second["refreshToken"])) == spent


def test_a_person_whom_the_policy_refuses_reads_why_in_the_popup_and_the_call_gets_no_token(
    bridge, keycloak, jitsi, browser, camera
):
    call = Call(browser, jitsi, "board")
    call.log_in()
    call.enter_popup()
    sign_in(browser, keycloak, CARL)
    browser.wait_to_be_at(bridge.url)

    assert browser.title() == REFUSED[0]
    assert "This room is for the board." in browser.text() and CARL.name in browser.text()
    assert not TOKEN.search(browser.url) and not TOKEN.search(browser.source())
    assert not faults(browser)
    camera.shoot("inline-refused")
    call.close_popup()

    call.assert_undisturbed()
    assert (call.outcome(), call.tokens(), call.messages(), call.arrivals()) == ("cancelled", None, [], [])


def test_who_signs_in_as_somebody_else_in_the_popup_comes_back_to_the_call(bridge, keycloak, jitsi, keys, browser):
    call = Call(browser, jitsi, "board")
    call.log_in()
    call.enter_popup()
    sign_in(browser, keycloak, CARL)
    browser.wait_to_be_at(bridge.url)
    # Without its session, Keycloak asks for a name as well.
    browser.forget(keycloak.url)

    browser.follow(SOMEBODY_ELSE)
    sign_in(browser, keycloak, ANNA)
    tokens = call.wait_until_signed_in()

    call.assert_undisturbed()
    claims = verify_token(tokens["accessToken"], call.url, keys.token)
    assert (claims["context"]["user"]["name"], role(claims)) == (ANNA.name, "moderator")


def test_a_page_of_another_origin_gets_nothing_from_the_token_service(
    bridge, keycloak, jitsi, foreign_jitsi, browser
):
    call, tokens = sign_in_to_call(browser, jitsi, keycloak, SARA, "rocket-weekly")
    stolen = renewal(tokens["refreshToken"])

    browser.open_tab(f"{foreign_jitsi.url}/rocket-weekly")
    assert ask_for_tokens(browser, bridge, **stolen) == FETCH_FAILED
    assert any("CORS policy" in entry["message"] for entry in browser.console())
    browser.close_tab()
    call.leave_popup()

    # Nor has it spent anything: Jitsi's own page still gets its token.
    assert ask_for_tokens(browser, bridge, **stolen) == (200, None)


def test_a_popup_that_is_to_end_at_another_origin_stops_at_a_page_of_the_bridge(
    bridge, keycloak, jitsi, foreign_jitsi, browser
):
    # Signed in, so that nothing but the address stands between the page and a code.
    sign_in_to_call(browser, jitsi, keycloak, SARA, "rocket-weekly")

    call = Call(browser, foreign_jitsi, "rocket-weekly")
    call.log_in()
    call.enter_popup()
    browser.wait_to_be_at(bridge.url)
    assert browser.has("h1") and not TOKEN.search(browser.source())
    call.close_popup()

    assert (call.outcome(), call.tokens(), call.messages(), call.arrivals()) == ("cancelled", None, [], [])
    assert not any(path.startswith(SSO_PAGE) for path, _ in foreign_jitsi.asked)
