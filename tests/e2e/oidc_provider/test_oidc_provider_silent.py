"""Signing in without a word (prompt=none)."""

from support.jitsi_rules import token_in
from support.meeting import role
from support.people import ANNA, TIM

SILENTLY = "?prompt=none"


def prompts(site):
    return [request.understood.get("prompt") for request in site.provider.requests("authorization")]


def test_whom_the_provider_knows_comes_in_silently(new_site, browser):
    site = new_site()
    site.join(browser, ANNA)
    browser.forget(site.bridge.url)
    seen = len(browser.visited())

    browser.open(site.bridge.room("rocket", SILENTLY))
    claims = site.arrive(browser)

    assert (role(claims), claims["context"]["user"]["name"]) == ("moderator", ANNA.name)
    assert prompts(site) == [None, "none"]
    assert not any("/interaction/" in address for address in site.at_provider(browser, seen)), "it was asked something"


def test_whom_the_provider_does_not_know_signs_in_after_all(new_site, browser):
    site = new_site()
    browser.open(site.bridge.room("rocket", SILENTLY))
    site.provider.sign_in(browser, TIM)
    assert role(site.arrive(browser)) == "participant"
    assert prompts(site) == ["none", None]


def test_whom_the_provider_does_not_know_comes_as_a_guest_where_the_setting_says_so(new_site, jitsi, browser):
    site = new_site(variables={"BRIDGE_JITSI__NOT_SIGNED_IN": "guest"})
    browser.open(site.bridge.room("rocket", SILENTLY))
    browser.wait_to_be_at(f"{jitsi.url}/rocket")
    assert token_in(browser.url) is None and "jwt" not in browser.url
    assert prompts(site) == ["none"]
    assert not site.provider.requests("token")

    # Whom Jitsi sends straight back has no other way in.
    browser.open(site.bridge.room("rocket", SILENTLY))
    site.provider.sign_in(browser, TIM)
    assert role(site.arrive(browser)) == "participant"
