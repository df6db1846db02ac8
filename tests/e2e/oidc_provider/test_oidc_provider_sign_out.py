"""Signing out, here and there, with oidc-provider."""

import jwt

from support.oidc_site import query_of
from support.people import ANNA, TIM


def test_signing_out_at_the_bridge_signs_out_at_the_provider_and_comes_back(new_site, browser):
    site = new_site()
    site.join(browser, ANNA)
    seen = len(browser.visited())

    browser.open(f"{site.bridge.url}/logout")
    browser.wait_to_be_at(f"{site.bridge.url}/logged-out")

    assert browser.texts("h1") == ["You are signed out"]
    [asked, _] = site.at_provider(browser, seen)
    query = query_of(asked)
    assert query["post_logout_redirect_uri"] == [f"{site.bridge.url}/logged-out"]
    assert jwt.decode(query["id_token_hint"][0], options={"verify_signature": False})["sub"] == ANNA.username
    # It has told the bridge as well, whose own session was gone by then.
    assert [(logout.username, logout.accepted) for logout in site.provider.logouts()] == [(ANNA.username, True)]
    site.assert_asked_for_a_password(browser)


def test_signing_out_at_the_provider_ends_that_session_at_the_bridge_and_no_other(new_site, new_browser):
    site = new_site()
    own, second, tims = new_browser(), new_browser(), new_browser()
    for browser, person in ((own, ANNA), (second, ANNA), (tims, TIM)):
        site.join(browser, person)

    site.provider.sign_out_at_the_page(own)

    [logout] = site.provider.logouts()
    assert (logout.username, logout.accepted) == (ANNA.username, True) and logout.sid
    site.assert_asked_for_a_password(own)
    site.assert_still_in(second)
    site.assert_still_in(tims)


def test_a_logout_token_without_a_session_ends_all_of_the_person(new_site, new_browser):
    site = new_site(client={"backchannel_logout_session_required": False})
    own, second, tims = new_browser(), new_browser(), new_browser()
    for browser, person in ((own, ANNA), (second, ANNA), (tims, TIM)):
        site.join(browser, person)

    site.provider.sign_out_at_the_page(own)

    assert [(logout.username, logout.accepted) for logout in site.provider.logouts()] == [(ANNA.username, True)]
    site.assert_asked_for_a_password(own)
    # The provider still knows this browser and asks nothing; but the bridge has to ask the provider.
    seen = len(second.visited())
    second.open(site.bridge.room("comet"))
    assert site.at_provider(second, seen)
    site.assert_still_in(tims)


def test_an_administrator_signs_a_person_out_everywhere(new_site, new_browser):
    site = new_site()
    first, second, tims = new_browser(), new_browser(), new_browser()
    for browser, person in ((first, ANNA), (second, ANNA), (tims, TIM)):
        site.join(browser, person)

    site.provider.sign_out(ANNA)

    assert [(logout.username, logout.accepted) for logout in site.provider.logouts()] == [(ANNA.username, True)] * 2
    for browser in (first, second):
        site.assert_asked_for_a_password(browser)
    site.assert_still_in(tims)
