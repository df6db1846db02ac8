"""Groups that change during a session."""

import pytest

from support.meeting import role
from support.people import ANNA, TIM
from support.waiting import wait_until

OFFLINE = 'scopes = ["openid", "profile", "email", "offline_access"]\nprompt = "consent"'
AT_ONCE = 'refresh_groups_after = "1s"'


def refreshes(site):
    return [request for request in site.provider.requests("token") if request.sent["grant_type"] == "refresh_token"]


@pytest.mark.parametrize(
    "provider, refresh_tokens", [("", "always"), (OFFLINE, "offline_access")], ids=["always", "offline_access"]
)
def test_new_groups_count_without_a_new_sign_in(new_site, browser, provider, refresh_tokens):
    site = new_site(provider=provider, session=AT_ONCE, refresh_tokens=refresh_tokens)
    assert role(site.join(browser, TIM)) == "participant"
    seen = len(browser.visited())

    site.provider.change(TIM, groups=["staff", "leads"])
    wait_until("the new role", lambda: site.role_now(browser) == "moderator")
    site.provider.change(TIM, groups=["staff"])
    wait_until("the old role", lambda: site.role_now(browser) == "participant")
    site.provider.change(TIM, groups=[])
    wait_until("the refusal", lambda: site.role_now(browser) == "refused")

    assert not site.at_provider(browser, seen), "the person had to go to the provider"
    asked = refreshes(site)
    assert {(request.status, request.authentication) for request in asked} == {(200, "client_secret_basic")}
    tokens = [request.sent["refresh_token"] for request in asked]
    assert len(set(tokens)) == len(tokens) >= 3, "a refresh token was used twice"


def test_new_groups_come_from_userinfo_as_well(new_site, browser):
    site = new_site(session=AT_ONCE, id_token_claims=False)
    assert role(site.join(browser, TIM)) == "participant"
    seen = len(browser.visited())
    site.provider.change(TIM, groups=["staff", "leads"])
    wait_until("the new role", lambda: site.role_now(browser) == "moderator")
    assert not site.at_provider(browser, seen)
    assert len(site.provider.requests("userinfo")) == 1 + len(refreshes(site))


def test_whose_refresh_token_was_revoked_signs_in_again(new_site, new_browser):
    site = new_site(session=AT_ONCE)
    own, annas = new_browser(), new_browser()
    site.join(own, TIM)
    site.join(annas, ANNA)

    site.provider.revoke(TIM)

    wait_until("the provider's question", lambda: site.role_now(own) == "asked")
    assert site.role_now(annas) == "moderator"
    assert [request.error for request in refreshes(site) if request.status != 200] == ["invalid_grant"], "asked twice"
    assert not site.provider.logouts(), "nobody told the bridge"


def test_groups_are_not_asked_for_before_their_time(new_site, browser):
    site = new_site(session='refresh_groups_after = "1h"')
    site.join(browser, TIM)
    site.provider.change(TIM, groups=["staff", "leads"])
    assert [site.role_now(browser) for _ in range(3)] == ["participant"] * 3
    assert not refreshes(site)


def test_for_a_quarter_of_an_hour_groups_are_those_of_the_sign_in(new_site, browser):
    site = new_site()
    site.join(browser, TIM)
    site.provider.change(TIM, groups=["staff", "leads"])
    assert site.role_now(browser) == "participant"
    assert not refreshes(site)
