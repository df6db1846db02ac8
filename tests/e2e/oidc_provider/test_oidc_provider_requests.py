"""Requests that are pushed (RFC 9126), and answers by POST (OAuth 2.0 Form Post Response Mode)."""

import json
from urllib.parse import parse_qs

import pytest

from support.jitsi_rules import token_in
from support.meeting import role
from support.oidc_provider import CLIENT_ID
from support.people import TIM
from support.tokens import holds_a_token
from support.waiting import wait_until


@pytest.mark.parametrize(
    "provider, client",
    [
        ("", {}),
        ('pushed_authorization = "always"', {"require_pushed_authorization_requests": True}),
    ],
    ids=["because the provider offers it", "because both insist on it"],
)
def test_a_pushed_request_leaves_nothing_in_the_browser_but_its_address(new_site, browser, provider, client):
    site = new_site(provider=provider, client=client)
    site.join(browser, TIM)

    [pushed] = site.provider.requests("pushed_authorization_request")
    assert (pushed.status, pushed.authentication) == (201, "client_secret_basic")
    assert {"state", "nonce", "code_challenge", "redirect_uri", "scope"} <= set(pushed.sent)
    [asked] = site.provider.requests("authorization")
    assert set(asked.sent) == {"client_id", "request_uri"}
    assert asked.sent["client_id"] == CLIENT_ID
    assert asked.understood["state"] == pushed.sent["state"]
    for address in site.at_provider(browser):
        assert pushed.sent["state"] not in address and pushed.sent["nonce"] not in address


def test_nothing_is_pushed_where_the_setting_says_never(new_site, browser):
    site = new_site(provider='pushed_authorization = "never"')
    site.join(browser, TIM)
    assert not site.provider.requests("pushed_authorization_request")
    [asked] = site.provider.requests("authorization")
    assert {"state", "nonce", "code_challenge", "redirect_uri", "scope"} <= set(asked.sent)


# Answers by POST.


@pytest.mark.parametrize("cross_site", [False, True], ids=["same site", "another site"])
def test_by_form_post_no_code_stands_in_any_address(new_site, new_front, browser, cross_site):
    options = {"provider": 'response_mode = "form_post"'}
    if cross_site:
        # From another site's page only cookies come along that are marked for it, and those want https.
        browser.trust_every_certificate()
        site = new_site(**options, **new_front(), host="127.0.0.1")
    else:
        site = new_site(**options)
    assert role(site.join(browser, TIM)) == "participant"

    posted = [request for request in site.callbacks(browser) if request.method == "POST"]
    assert [request.url for request in posted] == [f"{site.bridge.url}/callback"]
    answer = parse_qs(posted[0].body, strict_parsing=True)
    assert answer["iss"] == [site.provider.issuer]
    [token] = site.provider.requests("token")
    assert answer["code"] == [token.sent["code"]]
    for address in browser.visited():
        assert token.sent["code"] not in address and "code=" not in address
    [asked] = site.provider.requests("authorization")
    assert asked.understood["response_mode"] == "form_post"
    # What lasts does not go to other sites.
    assert {cookie["sameSite"] for cookie in browser.cookies(site.bridge.url).values()} == {"Lax"}
    site.assert_still_in(browser)


POST_AGAIN = """
    const [action, fields] = [%s, %s];
    const form = Object.assign(document.createElement("form"), { method: "post", action });
    for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    document.body.append(form);
    form.submit();
"""


def test_a_code_that_was_posted_is_good_once(new_site, browser):
    site = new_site(provider='response_mode = "form_post"')
    site.join(browser, TIM)
    form = next(request.body for request in site.callbacks(browser) if request.method == "POST")

    fields = {name: value for name, [value] in parse_qs(form).items()}
    browser.script(POST_AGAIN % (json.dumps(f"{site.bridge.url}/callback"), json.dumps(fields)))
    wait_until("the answer", lambda: browser.title() == "This sign-in is no longer valid")
    assert not holds_a_token(browser.source()) and token_in(browser.url) is None
    assert len(site.provider.requests("token")) == 1
