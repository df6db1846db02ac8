"""An oidc-provider and a bridge that know each other."""

from itertools import count
from urllib.parse import parse_qs, urlsplit

from support.meeting import arrive, assert_turned_away, role
from support.people import ANNA, NORA, TIM

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
GROUPS = {ANNA: ["staff", "leads"], TIM: ["staff"], NORA: []}
CONFIG = """
strict = true

[jitsi]
app_id = "jitsi"
audience = "jitsi"
xmpp_domain = "meet.jitsi"

[provider]
client_id = "jitsi-oidc-bridge"
PROVIDER

[session]
SESSION

[policy]
default = "deny"

[[policy.rules]]
name = "Staff may join any meeting"
groups = ["staff"]
role = "participant"

[[policy.rules]]
name = "Leads run them"
groups = ["leads"]
role = "moderator"

[[policy.rules]]
name = "The vault is for those who showed a second factor"
groups = ["staff"]
rooms = ["vault"]
acr = ["urn:example:mfa"]
role = "moderator"
"""


class Site:
    """A provider and a bridge that know each other."""

    def __init__(self, provider, bridge, jitsi, secret):
        self.provider, self.bridge, self._jitsi, self._secret = provider, bridge, jitsi, secret
        self._numbers = count(1)

    def arrive(self, browser):
        """Waits for the meeting; gives the verified claims of its token."""
        return arrive(browser, self._jitsi, self._secret)

    def join(self, browser, person, room="rocket"):
        """Signs in for a meeting and comes into it; gives the claims of its token."""
        browser.open(self.bridge.room(room))
        self.provider.sign_in(browser, person)
        return self.arrive(browser)

    def assert_still_in(self, browser, room="comet"):
        """Comes into another meeting without the provider."""
        seen = len(browser.visited())
        browser.open(self.bridge.room(room))
        self.arrive(browser)
        assert not self.at_provider(browser, seen)

    def assert_asked_for_a_password(self, browser, room="comet"):
        browser.open(self.bridge.room(room))
        self.provider.wait_for_form(browser)

    def role_now(self, browser):
        """What one is in the next meeting: a role, "refused", or "asked" by the provider who one is."""
        # Each time another: who comes into the same room again and again is taken for somebody in a loop.
        browser.open(self.bridge.room(f"rocket-{next(self._numbers)}"))
        if browser.is_at(self.provider.url):
            return "asked"
        return "refused" if browser.is_at(self.bridge.url) else role(self.arrive(browser))

    def assert_turned_away(self, browser):
        assert_turned_away(browser, self.bridge, self._jitsi)

    def at_provider(self, browser, seen=0):
        """Which of the provider's addresses the browser has been at."""
        return [address for address in browser.visited()[seen:] if address.startswith(self.provider.url)]

    def callbacks(self, browser):
        """How the browser has come back from the provider."""
        return [request for request in browser.requests() if request.url.startswith(f"{self.bridge.url}/callback")]


def query_of(url):
    return dict(parse_qs(urlsplit(url).query, strict_parsing=True))
