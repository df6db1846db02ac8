"""Rooms that want a stronger or more recent sign-in."""

import json

import pytest

from support.meeting import role
from support.oidc_provider import SECOND_FACTOR
from support.people import NORA, TIM

ACR_REQUESTS = pytest.mark.parametrize("how", ["acr_values", "claims"])


def acr_asked_for(request):
    """By which of the two ways a sign-in has asked for which contexts."""
    claims = json.loads(request.understood.get("claims", "{}"))
    acr = claims.get("id_token", {}).get("acr") or {}
    values = acr.get("values") or [value for value in [acr.get("value")] if value]
    asked = {"acr_values": request.understood.get("acr_values", "").split(), "claims": values}
    return {way: values for way, values in asked.items() if values}


FRESH = """
[[policy.rules]]
name = "This room is for those who have just signed in"
groups = ["staff"]
rooms = ["fresh"]
max_auth_age = "1min"
role = "moderator"
"""


@ACR_REQUESTS
def test_a_room_that_asks_for_a_second_factor_sends_the_person_back_for_it_once(new_site, browser, how):
    site = new_site(provider=f'acr_request = "{how}"')
    assert role(site.join(browser, TIM)) == "participant"

    browser.open(site.bridge.room("vault"))
    site.provider.sign_in(browser, TIM, code="123456")
    claims = site.arrive(browser)

    assert (claims["room"], role(claims)) == ("vault", "moderator")
    [plain, stronger] = site.provider.requests("authorization")
    assert (acr_asked_for(plain), acr_asked_for(stronger)) == ({}, {how: [SECOND_FACTOR]})
    # The session has it from now on.
    seen = len(browser.visited())
    browser.open(site.bridge.room("vault"))
    site.arrive(browser)
    assert not site.at_provider(browser, seen)


def test_who_signs_in_for_such_a_room_first_is_sent_back_as_well(new_site, browser):
    site = new_site()
    browser.open(site.bridge.room("vault"))
    site.provider.sign_in(browser, TIM)
    site.provider.sign_in(browser, TIM, code="123456")
    assert role(site.arrive(browser)) == "moderator"
    assert len(site.provider.requests("authorization")) == 2


def test_who_comes_back_without_the_second_factor_is_refused_and_not_sent_round_again(new_site, browser):
    site = new_site()
    browser.open(site.bridge.room("vault"))
    site.provider.sign_in(browser, TIM)
    site.provider.sign_in(browser, TIM)

    site.assert_turned_away(browser)
    [plain, stronger] = site.provider.requests("authorization")
    assert (acr_asked_for(plain), acr_asked_for(stronger)) == ({}, {"acr_values": [SECOND_FACTOR]})
    assert "second factor" in browser.text() and TIM.name in browser.text()
    # What asks for no more than a password stays open.
    seen = len(browser.visited())
    browser.open(site.bridge.room("rocket"))
    assert role(site.arrive(browser)) == "participant"
    assert not site.at_provider(browser, seen)


def test_who_may_not_join_anyway_is_not_asked_for_a_second_factor(new_site, browser):
    site = new_site()
    browser.open(site.bridge.room("vault"))
    site.provider.sign_in(browser, NORA)
    site.assert_turned_away(browser)
    assert len(site.provider.requests("authorization")) == 1


def test_a_room_that_asks_for_a_fresh_sign_in_asks_for_the_password_again(new_site, browser):
    site = new_site(rules=FRESH)
    assert role(site.join(browser, TIM)) == "participant"
    site.provider.age(TIM, seconds=120)

    browser.open(site.bridge.room("fresh"))
    site.provider.sign_in(browser, TIM)
    assert role(site.arrive(browser)) == "moderator"

    [first, second] = site.provider.requests("authorization")
    assert ("max_age" in first.understood, second.understood["max_age"]) == (False, "60")
    site.assert_still_in(browser, "fresh")
    site.assert_still_in(browser, "rocket")


def test_who_has_just_signed_in_is_not_asked_for_the_password_again(new_site, browser):
    site = new_site(rules=FRESH)
    site.join(browser, TIM)
    # The bridge does not know when that was: the provider had no reason to tell.
    browser.open(site.bridge.room("fresh"))
    assert role(site.arrive(browser)) == "moderator"
    assert len(site.provider.requests("authorization")) == 2


def test_contexts_that_are_asked_for_of_everybody_must_have_been_reached(new_site, new_browser):
    site = new_site(provider=f'acr_values = ["{SECOND_FACTOR}"]')
    weak, strong = new_browser(), new_browser()
    for browser, code in ((weak, None), (strong, "123456")):
        browser.open(site.bridge.room("rocket"))
        site.provider.sign_in(browser, TIM, code)
    site.assert_turned_away(weak)
    assert role(site.arrive(strong)) == "participant"
