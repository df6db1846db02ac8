"""Where a person comes to rest: in a meeting with a token, or on a page of the bridge without one."""

import re

from .jitsi_rules import token_in, verify

TOKEN = re.compile(r"eyJ[\w-]*")


def arrive(browser, jitsi, secret):
    """Waits for the meeting; gives the verified claims of the token that the browser brings along."""
    browser.wait_to_be_at(jitsi.url)
    return verify(browser.url, secret)


def assert_turned_away(browser, bridge, jitsi):
    """On a page of the bridge, and no token anywhere."""
    browser.wait_to_be_at(bridge.url)
    assert token_in(browser.url) is None
    assert not TOKEN.search(browser.url) and not TOKEN.search(browser.source())
    assert not any(address.startswith(jitsi.url) for address in browser.visited()), "it has been at Jitsi"


def role(claims):
    return "moderator" if claims["moderator"] else "participant"
