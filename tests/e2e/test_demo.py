"""The demo, walked through as a newcomer does: an address, a room, a person, and what became of it."""

import json

import jwt
import pytest

from support.demo import SIGN_IN, Verdict, cancel, choose, wait_for_people
from support.jitsi_rules import FEATURES, token_in
from support.pages import CANCELLED, REFUSED, shoot_in_every_view, shooting
from support.people import ANNA, NORA, SARA, TIM
from support.screenshots import VIEWS
from support.waiting import wait_until

CHECKS = ["typ", "alg", "signature", "iss", "aud", "exp", "nbf", "room", "sub", "user", "role", "features", "size"]
FOR_STAFF = "Staff may join any meeting"
FOR_LEADS = "Team leads run their team's rooms"
NOT_BELIEVED = "Jitsi would refuse this token"


def is_in(person):
    return f"{person.name} is in the meeting"


def join(browser, demo, room, person):
    """Types a room's name on the first page, and signs in at the demo's provider."""
    browser.open(demo.address)
    browser.fill("#room", room)
    browser.press("form button")
    choose(browser, person)


def test_a_newcomer_types_a_room_signs_in_by_a_click_and_reads_what_they_may_do_and_why(demo, browser):
    join(browser, demo, "Rocket-Weekly", TIM)
    verdict = Verdict(browser, demo, is_in(TIM))

    assert verdict.fact("Who") == [f"{TIM.name} ({TIM.email})"]
    assert verdict.fact("Room") == ["rocket-weekly"]
    assert verdict.fact("Role")[0].startswith("moderator")
    assert sorted(verdict.fact("Why")) == [FOR_STAFF, FOR_LEADS]
    allowed, not_allowed = verdict.features()
    assert {"recording", "transcription", "send-groupchat"} <= allowed and "livestreaming" in not_allowed
    assert allowed | not_allowed == FEATURES
    assert (verdict.checks("yes"), verdict.checks("no")) == (CHECKS, [])


def test_the_raw_claims_are_folded_away_and_are_those_of_the_token(demo, browser):
    join(browser, demo, "board", ANNA)
    Verdict(browser, demo, is_in(ANNA))
    claims = jwt.decode(token_in(browser.url), options={"verify_signature": False})

    assert browser.texts("pre") == [""], "the claims are not folded away"
    browser.press("summary")
    [shown] = browser.texts("pre")
    assert json.loads(shown) == claims
    assert claims["room"] == "board" and claims["context"]["user"]["affiliation"] == "owner"


def test_one_click_makes_another_person_of_one_in_the_same_room(demo, browser):
    join(browser, demo, "Réunion A", TIM)
    Verdict(browser, demo, is_in(TIM))
    seen = len(browser.visited())

    browser.follow(f"Join as {SARA.name}")
    verdict = Verdict(browser, demo, is_in(SARA))
    assert verdict.fact("Room") == ["r%c3%a9union%20a"]
    assert verdict.fact("Role")[0].startswith("participant")
    assert verdict.fact("Why") == [FOR_STAFF]
    assert verdict.checks("no") == []
    # It was a sign-in all the same: at the provider, and back with a code.
    assert any("/authorize?" in address for address in browser.visited()[seen:])
    assert any("/callback?code=" in address for address in browser.visited()[seen:])


def test_the_second_meeting_asks_nobody_who_they_are(demo, browser):
    join(browser, demo, "rocket", SARA)
    Verdict(browser, demo, is_in(SARA))
    seen = len(browser.visited())

    browser.follow("Another room")
    browser.follow("sara")
    verdict = Verdict(browser, demo, is_in(SARA))
    assert verdict.fact("Role")[0].startswith("moderator")
    assert not any("/authorize" in address for address in browser.visited()[seen:])


def test_a_refused_person_reads_so_and_can_sign_in_as_somebody_else(demo, browser):
    join(browser, demo, "rocket-weekly", TIM)
    Verdict(browser, demo, is_in(TIM))

    browser.follow(f"Join as {NORA.name}")
    wait_until("the refusal", lambda: browser.title() == REFUSED[0])
    assert NORA.name in browser.text()
    assert token_in(browser.url) is None

    browser.follow("Sign in as somebody else")
    choose(browser, SARA)
    assert Verdict(browser, demo, is_in(SARA)).fact("Role")[0].startswith("participant")


def test_who_cancels_at_the_provider_reads_so_and_can_try_again(demo, browser):
    browser.open(demo.room("rocket-weekly"))
    cancel(browser)
    wait_until("the page", lambda: browser.title() == CANCELLED[0])

    browser.follow("Try again")
    choose(browser, TIM)
    assert Verdict(browser, demo, is_in(TIM)).checks("no") == []


def test_a_token_for_one_room_does_not_open_another_and_the_page_says_so(demo, browser):
    join(browser, demo, "rocket-weekly", TIM)
    Verdict(browser, demo, is_in(TIM))
    _, _, fragment = browser.url.partition("#")

    browser.open(f"{demo.room('board')}#{fragment}")
    assert Verdict(browser, demo, NOT_BELIEVED).checks("no") == ["room"]


def test_a_token_that_somebody_has_changed_is_not_believed(demo, browser):
    join(browser, demo, "rocket-weekly", SARA)
    Verdict(browser, demo, is_in(SARA))
    claims = jwt.decode(token_in(browser.url), options={"verify_signature": False})

    token = jwt.encode(claims | {"moderator": True}, "another secret of 32 bytes at least")
    browser.open("about:blank")
    browser.open(f"{demo.room('rocket-weekly')}#jwt=%22{token}%22")
    assert Verdict(browser, demo, NOT_BELIEVED).checks("no") == ["signature"]


# How each page is come to, from nothing. The demo's own pages speak English alone.


def welcome(demo, browser):
    browser.open(demo.address)


def sign_in(demo, browser):
    browser.open(demo.room("rocket-weekly"))
    wait_for_people(browser)


def moderator(demo, browser):
    join(browser, demo, "rocket-weekly", TIM)
    Verdict(browser, demo, is_in(TIM))


def claims_unfolded(demo, browser):
    moderator(demo, browser)
    browser.press("summary")


def participant(demo, browser):
    join(browser, demo, "rocket-weekly", SARA)
    Verdict(browser, demo, is_in(SARA))


def not_believed(demo, browser):
    participant(demo, browser)
    _, _, fragment = browser.url.partition("#")
    browser.open(f"{demo.room('board')}#{fragment}")
    Verdict(browser, demo, NOT_BELIEVED)


def unreadable(demo, browser):
    browser.open(f"{demo.room('rocket-weekly')}#jwt=nonsense")
    wait_until("the page's complaint", lambda: browser.has(".message"))


def refused(demo, browser):
    join(browser, demo, "board", NORA)
    wait_until("the refusal", lambda: browser.title() in REFUSED)


def cancelled(demo, browser):
    sign_in(demo, browser)
    cancel(browser)
    wait_until("the page", lambda: browser.title() in CANCELLED)


OWN = {
    welcome: "jitsi-oidc-bridge: demo",
    sign_in: SIGN_IN,
    moderator: "rocket-weekly · demo meeting",
    claims_unfolded: "rocket-weekly · demo meeting",
    participant: "rocket-weekly · demo meeting",
    not_believed: "board · demo meeting",
    unreadable: "rocket-weekly · demo meeting",
}


@pytest.mark.parametrize("go", OWN, ids=lambda go: go.__name__)
def test_a_page_of_the_demos_own_is_in_order_in_every_view(demo, browser, camera, go):
    def from_nothing():
        browser.cdp("Network.clearBrowserCookies")
        browser.open("about:blank")
        go(demo, browser)

    # They speak English to everybody.
    views = [view for view in VIEWS if view.language in ("en", "de")]
    for _ in shooting(browser, camera, f"demo-{go.__name__}".replace("_", "-"), from_nothing, views):
        assert browser.title() == OWN[go]
        assert browser.language() == "en"
        assert not [entry["message"] for entry in browser.console() if "favicon.ico" not in entry["message"]]


@pytest.mark.parametrize(
    "go, titles", [(refused, REFUSED), (cancelled, CANCELLED)], ids=["refused", "cancelled"]
)
def test_a_page_of_the_bridges_is_in_order_in_the_demo_too(demo, browser, camera, go, titles):
    def from_nothing():
        browser.cdp("Network.clearBrowserCookies")
        go(demo, browser)

    shoot_in_every_view(browser, camera, f"demo-{go.__name__}", from_nothing, titles)
