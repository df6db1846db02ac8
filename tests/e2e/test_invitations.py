"""Guests without an account, from the moderator's home page to the meeting, in the demo."""

import pytest

from support.demo import Verdict, choose
from support.jitsi_rules import token_in
from support.pages import shoot_in_every_view
from support.people import SARA, TIM
from support.screenshots import View
from support.texts import in_every_language
from support.waiting import wait_until

DESK = View("en", "desktop", "light")
HOME = in_every_language("welcome_title")
INVITED = in_every_language("invited_title")
GUEST = in_every_language("guest_title")
OVER = in_every_language("invitation_over_title")
MAY_NOT = in_every_language("may_not_invite_title")


def sign_in(browser, demo, person):
    """Signs in by way of a meeting, and goes to the bridge's home page; gives its address."""
    browser.open(demo.room("rocket"))
    choose(browser, person)
    Verdict(browser, demo, f"{person.name} is in the meeting")
    [home] = {address.partition("/callback?")[0] for address in browser.visited() if "/callback?" in address}
    browser.open(f"{home}/")
    return f"{home}/"


def make(browser, room):
    browser.fill("#to", room)
    browser.press("form[action$='/invitations'] button")


def invitation(browser, room):
    """Makes one on the home page, and gives its link."""
    make(browser, room)
    wait_until("the invitation", lambda: browser.title() in INVITED)
    return browser.script("return document.querySelector('#copy').value")


def test_a_guest_comes_by_a_moderators_link_and_takes_part_until_it_is_withdrawn(demo, browser, new_browser):
    home = sign_in(browser, demo, TIM)
    link = invitation(browser, "Rocket-Weekly")

    guest = new_browser()
    guest.open(link)
    assert f"{TIM.name} invites you to “rocket-weekly”" in guest.text()
    guest.fill("#name", "Gus")
    guest.press("form button")
    verdict = Verdict(guest, demo, "Gus (guest) is in the meeting")
    assert verdict.fact("Room") == ["rocket-weekly"]
    assert verdict.fact("Role")[0].startswith("participant")
    assert verdict.fact("Why")[0].startswith("invitation ")
    assert verdict.checks("no") == []

    browser.open(home)
    browser.press("form[action$='/withdraw'] button")
    wait_until("the invitation is gone", lambda: not browser.has("form[action$='/withdraw']"))
    guest.open(link)
    assert guest.title() == OVER[0]
    assert token_in(guest.url) is None


def test_who_is_no_moderator_there_cannot_invite(demo, browser):
    sign_in(browser, demo, SARA)
    make(browser, "rocket-weekly")
    wait_until("the refusal", lambda: browser.title() == MAY_NOT[0])
    assert "/invite/" not in browser.source()


@pytest.mark.parametrize("name", ["home", "made", "guest", "over", "refused"])
def test_every_page_about_guests_is_in_order_in_every_view(demo, browser, camera, name):
    # In English first, for the demo's provider and meeting speak nothing else.
    camera.look_as(DESK)
    home = sign_in(browser, demo, TIM)
    link = invitation(browser, "rocket-weekly")

    def go():
        browser.open(home if name in ("home", "made", "refused") else link + ("x" if name == "over" else ""))
        if name == "made":
            invitation(browser, "rocket-monthly")
        elif name == "refused":
            make(browser, "sales")
            wait_until("the refusal", lambda: browser.title() in MAY_NOT)

    titles = {"home": HOME, "made": INVITED, "guest": GUEST, "over": OVER, "refused": MAY_NOT}[name]
    shoot_in_every_view(browser, camera, f"guests-{name}", go, titles)
