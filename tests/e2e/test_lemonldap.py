"""The bridge with a real LemonLDAP::NG: sign-in, roles by its groups, signing out, and what its levels are good for.

Back-channel logout came to LemonLDAP::NG with 2.17. Debian 12 has 2.16, which says in its metadata that it cannot
do it, and does nothing with the address that it is given.
"""

import pytest

from support.bridge import Bridge, new_url
from support.jitsi import Jitsi
from support.lemonldap import (
    CONFIRM,
    DOCTOR,
    FORM,
    MICKEY,
    REFUSED,
    RENEW,
    ROSE,
    SUBMIT,
    LemonLdap,
    sign_in,
    submit,
    wait_for_form,
)
from support.meeting import arrive, assert_turned_away, role
from support.tokens import holds_a_token
from support.waiting import wait_until

CONFIG = """\
strict = true

[provider]
name = "lemonldap"
preset = "lemonldap"
issuer = "{issuer}"
client_id = "jitsi-oidc-bridge"
client_secret = "{client_secret}"

[policy]
default = "deny"

[[policy.rules]]
name = "Time lords run every meeting"
groups = ["timelords"]
role = "moderator"

[[policy.rules]]
name = "Companions may join any meeting"
groups = ["companions"]
role = "participant"

[[policy.rules]]
name = "The console room is for people who gave a password"
groups = ["timelords"]
rooms = ["console"]
acr = ["loa-1"]
role = "moderator"

[[policy.rules]]
name = "The vault is for people who gave more than that"
groups = ["timelords"]
rooms = ["vault"]
acr = ["loa-5"]
role = "moderator"
"""
NO_RULE = "No rule of this service lets you into this room."


@pytest.fixture(scope="module")
def bridge_url():
    return new_url()


@pytest.fixture(scope="module")
def jitsi(bridge_url):
    jitsi = Jitsi(bridge_url)
    jitsi.start()
    yield jitsi
    jitsi.stop()


@pytest.fixture(scope="module")
def lemonldap(settings, keys, bridge_url, tmp_path_factory):
    home = tmp_path_factory.mktemp("lemonldap") / "home"
    lemonldap = LemonLdap(home, bridge_url, keys.client, settings.logs / "lemonldap.log")
    lemonldap.start()
    yield lemonldap
    lemonldap.stop()


@pytest.fixture(scope="module")
def bridge(settings, keys, bridge_url, jitsi, lemonldap, tmp_path_factory):
    config = tmp_path_factory.mktemp("bridge") / "bridge.toml"
    config.write_text(CONFIG.format(issuer=lemonldap.issuer, client_secret=keys.client))
    log = settings.logs / "bridge-lemonldap.log"
    in_the_file = {"BRIDGE_PROVIDER__CLIENT_SECRET": None}
    bridge = Bridge(settings.bridge, bridge_url, jitsi.url, None, None, None, keys, log, config=config, **in_the_file)
    bridge.start()
    yield bridge
    assert bridge.stop() == 0, "the bridge did not end cleanly"
    said = bridge.log()
    assert not holds_a_token(said) and "panicked" not in said, f"see the bridge's log: {log}"


def join(browser, bridge, lemonldap, jitsi, keys, person, room="tardis"):
    """Signs in for a meeting and comes into it; gives the token's claims, and the new session at LemonLDAP."""
    before = lemonldap.sessions(person)
    browser.open(bridge.room(room))
    sign_in(browser, lemonldap, person)
    claims = arrive(browser, jitsi, keys.token)
    (session,) = lemonldap.sessions(person) - before
    return claims, session


def assert_asked_for_a_password(browser, bridge, lemonldap, jitsi):
    meetings = len(jitsi.asked)
    browser.open(bridge.room("tardis"))
    wait_for_form(browser, lemonldap)
    assert len(jitsi.asked) == meetings, "a token was given away"


def test_a_sign_in_ends_in_the_meeting_with_a_token_for_that_room(bridge, lemonldap, jitsi, keys, browser):
    claims, _ = join(browser, bridge, lemonldap, jitsi, keys, DOCTOR, "Trenzalore")

    assert claims["room"] == "trenzalore"
    user = claims["context"]["user"]
    assert (user["name"], user["email"]) == (DOCTOR.name, DOCTOR.email)
    assert not any(holds_a_token(path) for path, _ in jitsi.asked), "a token reached a server"


def test_the_second_meeting_asks_for_no_password(bridge, lemonldap, jitsi, keys, browser):
    first, _ = join(browser, bridge, lemonldap, jitsi, keys, DOCTOR)
    # Without the bridge's session, LemonLDAP's own is left, which answers at once.
    browser.forget(bridge.url)
    browser.open(bridge.room("gallifrey"))
    second = arrive(browser, jitsi, keys.token)

    assert second["room"] == "gallifrey"
    assert first["context"]["user"]["id"] == second["context"]["user"]["id"]
    assert first["jti"] != second["jti"]


def test_whom_lemonldap_knows_comes_in_silently(bridge, lemonldap, jitsi, keys, browser):
    join(browser, bridge, lemonldap, jitsi, keys, ROSE)
    browser.forget(bridge.url)
    seen = len(browser.visited())
    browser.open(bridge.room("gallifrey", "?prompt=none"))
    assert arrive(browser, jitsi, keys.token)["room"] == "gallifrey"
    assert any("prompt=none" in address for address in browser.visited()[seen:] if address.startswith(lemonldap.url))


@pytest.mark.parametrize(
    "person, groups, expected",
    [
        # A single group comes as a text, several as a list.
        (DOCTOR, "timelords", "moderator"),
        (ROSE, ["companions", "earthlings"], "participant"),
    ],
    ids=lambda value: getattr(value, "username", ""),
)
def test_a_group_decides_the_role_whether_it_is_the_only_one_or_not(
    bridge, lemonldap, jitsi, keys, browser, person, groups, expected
):
    sent = lemonldap.claims(person)["groups"]
    assert (sorted(sent) if isinstance(sent, list) else sent) == groups

    claims, _ = join(browser, bridge, lemonldap, jitsi, keys, person)
    assert role(claims) == expected


def test_somebody_in_another_group_reads_why_they_are_refused(bridge, lemonldap, jitsi, browser):
    assert lemonldap.claims(MICKEY)["groups"] == "earthlings"
    browser.open(bridge.room("tardis"))
    sign_in(browser, lemonldap, MICKEY)
    assert_turned_away(browser, bridge, jitsi)

    assert NO_RULE in browser.text()
    assert MICKEY.name in browser.text()


def test_who_is_refused_can_sign_in_as_somebody_else(bridge, lemonldap, jitsi, keys, browser):
    browser.open(bridge.room("tardis"))
    sign_in(browser, lemonldap, MICKEY)
    assert_turned_away(browser, bridge, jitsi)
    lemonldap.wait_until_old_enough(MICKEY)

    browser.follow("Sign in as somebody else")
    wait_until("LemonLDAP's question", lambda: browser.is_at(lemonldap.url) and browser.has(RENEW))
    browser.press(f"{RENEW} {SUBMIT}")
    sign_in(browser, lemonldap, DOCTOR)
    claims = arrive(browser, jitsi, keys.token)
    assert (claims["room"], claims["context"]["user"]["name"]) == ("tardis", DOCTOR.name)


def test_of_two_sign_ins_under_way_it_finishes_the_first_and_the_token_is_for_that_room(
    bridge, lemonldap, jitsi, keys, browser
):
    browser.open(bridge.room("tardis"))
    wait_for_form(browser, lemonldap)
    browser.open_tab(bridge.room("gallifrey"))
    sign_in(browser, lemonldap, DOCTOR)
    # LemonLDAP keeps one request of a browser, the first. It answers that, wherever the person is.
    assert arrive(browser, jitsi, keys.token)["room"] == "tardis"

    browser.open(bridge.room("gallifrey"))
    assert arrive(browser, jitsi, keys.token)["room"] == "gallifrey"


def test_a_wrong_password_leads_nowhere(bridge, lemonldap, jitsi, browser):
    meetings = len(jitsi.asked)
    browser.open(bridge.room("tardis"))
    wait_for_form(browser, lemonldap)
    submit(browser, DOCTOR.username, "exterminate")

    wait_until("LemonLDAP's refusal", lambda: browser.has(REFUSED))
    assert browser.has(FORM)
    assert not any(address.startswith(f"{bridge.url}/callback") for address in browser.visited())
    assert len(jitsi.asked) == meetings, "a token was given away"


def test_the_level_of_a_sign_in_opens_the_rooms_that_ask_for_it_and_no_others(
    bridge, lemonldap, jitsi, keys, new_browser
):
    claims, _ = join(new_browser(), bridge, lemonldap, jitsi, keys, DOCTOR, "console")
    assert role(claims) == "moderator"

    browser = new_browser()
    browser.open(bridge.room("vault"))
    sign_in(browser, lemonldap, DOCTOR)
    # From 2.18 on, it keeps the person until they have given more than a password. Before, it sends them back as they
    # were, to be refused.
    wait_until("LemonLDAP's wish for more, or a refusal", lambda: browser.has(RENEW) or browser.is_at(bridge.url))
    if not browser.has(RENEW):
        assert_turned_away(browser, bridge, jitsi)
    assert not any(address.startswith(jitsi.url) for address in browser.visited()), "it has been at Jitsi"


def test_signing_out_at_the_bridge_signs_out_at_lemonldap(bridge, lemonldap, jitsi, keys, browser):
    _, session = join(browser, bridge, lemonldap, jitsi, keys, DOCTOR)
    seen = len(browser.visited())

    browser.open(f"{bridge.url}/logout")
    browser.wait_to_be_at(f"{bridge.url}/logged-out")

    assert browser.texts("h1") == ["You are signed out"]
    assert "here and at your organisation’s sign-in service" in browser.text()
    # It did not ask.
    at_lemonldap = [address for address in browser.visited()[seen:] if address.startswith(lemonldap.url)]
    assert [address.split("?")[0] for address in at_lemonldap] == [f"{lemonldap.url}/oauth2/logout"]
    assert session not in lemonldap.sessions(DOCTOR)
    assert_asked_for_a_password(browser, bridge, lemonldap, jitsi)


def test_without_a_session_lemonldap_asks_before_it_signs_out(bridge, lemonldap, jitsi, keys, browser):
    _, session = join(browser, bridge, lemonldap, jitsi, keys, ROSE)
    browser.forget(bridge.url)
    browser.open(f"{bridge.url}/logout")
    wait_until("LemonLDAP's question", lambda: browser.is_at(lemonldap.url) and browser.has(CONFIRM))
    assert session in lemonldap.sessions(ROSE)

    browser.press(CONFIRM)
    browser.wait_to_be_at(f"{bridge.url}/logged-out")
    assert session not in lemonldap.sessions(ROSE)
    assert_asked_for_a_password(browser, bridge, lemonldap, jitsi)


def test_signing_out_at_lemonldap_signs_out_at_the_bridge_where_it_can_say_so(
    bridge, lemonldap, jitsi, keys, new_browser
):
    first, second = new_browser(), new_browser()
    _, session = join(first, bridge, lemonldap, jitsi, keys, DOCTOR)
    join(second, bridge, lemonldap, jitsi, keys, DOCTOR)

    first.open(f"{lemonldap.url}/?logout=1")
    wait_until("the end of the session", lambda: session not in lemonldap.sessions(DOCTOR))

    # Back-channel logout came with 2.17.
    if lemonldap.metadata()["backchannel_logout_supported"]:
        wait_until("the bridge's word", lambda: "signed out by the provider" in bridge.log())
        assert_asked_for_a_password(first, bridge, lemonldap, jitsi)
    else:
        first.open(bridge.room("gallifrey"))
        assert arrive(first, jitsi, keys.token)["room"] == "gallifrey", "nobody told the bridge"
        assert "signed out by the provider" not in bridge.log()
    # The session of the other browser is another one.
    second.open(bridge.room("gallifrey"))
    assert arrive(second, jitsi, keys.token)["room"] == "gallifrey"
