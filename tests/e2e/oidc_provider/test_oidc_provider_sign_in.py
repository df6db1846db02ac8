"""Signing in with oidc-provider, which is certified for what it does and has much switched on that Keycloak has not."""

from urllib.parse import urlencode

import pytest

from support.meeting import role
from support.oidc_site import ALGORITHMS, query_of
from support.people import ANNA, NORA, TIM
from support.waiting import wait_until


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_sign_in_ends_in_the_meeting_whatever_the_provider_signs_with(new_site, browser, algorithm):
    site = new_site(client={"id_token_signed_response_alg": algorithm})
    claims = site.join(browser, ANNA)

    assert (claims["room"], role(claims)) == ("rocket", "moderator")
    user = claims["context"]["user"]
    assert (user["name"], user["email"]) == (ANNA.name, ANNA.email)
    site.assert_still_in(browser)
    assert [request.status for request in site.provider.requests("token")] == [200], "one code, asked for once"
    assert not site.provider.requests("userinfo"), "the ID token had said all"


def test_groups_decide_who_runs_a_meeting_who_joins_it_and_who_does_not(new_site, new_browser):
    site = new_site()
    assert [role(site.join(new_browser(), person)) for person in (ANNA, TIM)] == ["moderator", "participant"]

    refused = new_browser()
    refused.open(site.bridge.room("rocket"))
    site.provider.sign_in(refused, NORA)
    site.assert_turned_away(refused)
    assert NORA.name in refused.text()


def test_a_code_goes_with_a_nonce_a_state_and_a_verifier(new_site, browser):
    site = new_site()
    site.join(browser, TIM)
    [asked] = site.provider.requests("authorization")
    [token] = site.provider.requests("token")
    assert asked.understood["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= set(asked.understood)
    assert len(token.sent["code_verifier"]) >= 43
    assert asked.understood["code_challenge"] != token.sent["code_verifier"]
    assert token.authentication == "client_secret_basic"


# Whose answer it is (RFC 9207).


def test_the_answer_names_its_issuer(new_site, browser):
    site = new_site()
    site.join(browser, TIM)
    [callback] = site.callbacks(browser)
    assert (callback.method, query_of(callback.url)["iss"]) == ("GET", [site.provider.issuer])


@pytest.mark.parametrize("issuer", [["https://attacker.example"], []], ids=["another issuer", "no issuer"])
def test_a_code_that_comes_from_another_issuer_is_never_sent_anywhere(new_site, browser, issuer):
    site = new_site()
    browser.open(site.bridge.room("rocket"))
    site.provider.wait_for_form(browser)
    # The bridge is away while the provider sends the browser back, so that the code stays unused.
    assert site.bridge.stop() == 0
    try:
        site.provider.sign_in(browser, TIM)
        [callback] = wait_until("the way back", lambda: site.callbacks(browser) or None)
    finally:
        site.bridge.start()

    address, _, _ = callback.url.partition("?")
    browser.open(f"{address}?{urlencode(query_of(callback.url) | {'iss': issuer}, doseq=True)}")
    site.assert_turned_away(browser)
    assert not site.provider.requests("token"), "the code was sent to the token endpoint"


# Userinfo.


@pytest.mark.parametrize("algorithm", [None, *ALGORITHMS], ids=lambda algorithm: algorithm or "plain")
def test_groups_come_from_userinfo_plain_or_signed(new_site, browser, algorithm):
    site = new_site(client={"userinfo_signed_response_alg": algorithm}, id_token_claims=False)
    claims = site.join(browser, ANNA)
    assert (role(claims), claims["context"]["user"]["name"]) == ("moderator", ANNA.name)
    assert [request.status for request in site.provider.requests("userinfo")] == [200]


def test_signed_userinfo_that_was_altered_makes_nobody_a_moderator(new_site, browser):
    site = new_site(client={"userinfo_signed_response_alg": "ES256"}, id_token_claims=False)
    site.provider.forge_userinfo(groups=["staff", "leads"])
    browser.open(site.bridge.room("rocket"))
    site.provider.sign_in(browser, NORA)
    site.assert_turned_away(browser)
    assert [request.status for request in site.provider.requests("userinfo")] == [200]
