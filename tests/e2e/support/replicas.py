"""Several bridges behind one address, with one store; and a visitor who says which of them answers."""

import base64
import hashlib
import html
import json
import re
import secrets
import time
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from . import http
from .bridge import Bridge, new_url
from .jitsi import CLIENT_ID, SSO_PAGE
from .provider import Provider
from .visitor import NotLetIn, Visitor
from .waiting import wait_until

CONFIG = """
strict = true

# The visitors say where they come from, as a proxy would for them: only then is counted how often they sign in.
[server]
trusted_proxies = ["127.0.0.0/8", "::1"]

[jitsi]
app_id = "jitsi"
audience = "jitsi"
xmpp_domain = "meet.jitsi"

[provider]
client_id = "jitsi-oidc-bridge"

[session]
store = "redis"
SESSION

[policy]
default = "participant"

[[policy.rules]]
name = "Everybody may invite to the lounge"
rooms = ["lounge"]
role = "moderator"
may_invite = true
"""


class Replicas:
    """A provider that asks nothing, and bridges that differ in nothing but where they listen."""

    def __init__(self, settings, jitsi, keys, folder, name, redis_url, count=2, session=""):
        self.provider = Provider("jitsi-oidc-bridge")
        self.url = new_url()
        self.jitsi, self.keys = jitsi, keys
        config = folder / "bridge.toml"
        config.write_text(CONFIG.replace("SESSION", session))
        self.bridges = [
            Bridge(
                settings.bridge,
                self.url if number == 0 else new_url(),
                jitsi.url,
                self.provider.issuer,
                None,
                redis_url,
                keys,
                settings.logs / f"bridge-{name}-{number}.log",
                config=config,
                BRIDGE_SERVER__PUBLIC_URL=self.url,
            )
            for number in range(count)
        ]

    def start(self, ready_at="/readyz"):
        for bridge in self.bridges:
            bridge.start(ready_at)

    def stop(self):
        self.provider.stop()
        return [bridge.stop() for bridge in self.bridges]

    def wait_until_ready(self):
        for bridge in self.bridges:
            bridge.wait_until_ready()

    def wait_until_not_ready(self):
        for bridge in self.bridges:
            wait_until("the bridge's notice of it", lambda: bridge.status("/readyz") == 503)

    def visitor(self, **claims):
        """Somebody new, whom the provider vouches for when they come."""
        name = secrets.token_hex(4)
        return Roamer(self, {"sub": name, "name": f"Visitor {name}", "sid": secrets.token_hex(8)} | claims)

    def sign_out_at_provider(self, visitor, at):
        """The provider tells one of the bridges that a person has signed out everywhere; gives the answer."""
        return self.send_logout_token(self.provider.logout_token(sub=visitor.claims["sub"]), at)

    def send_logout_token(self, token, at):
        return http.send("POST", f"{at.own_url}/backchannel-logout", urlencode({"logout_token": token}))


class Roamer(Visitor):
    """A visitor whose next request goes to the bridge `at`."""

    def __init__(self, replicas, claims):
        super().__init__(replicas.bridges[0], replicas.jitsi)
        self._replicas = replicas
        self.claims = claims
        self.at = replicas.bridges[0]
        # How long the bridge took for the slowest answer, in seconds.
        self.longest = 0.0

    def _ask(self, url, form):
        public = self._replicas.url
        if url.startswith(f"{self._replicas.provider.issuer}/authorize?"):
            url += "&" + urlencode({"of": json.dumps(self.claims)})
        if not url.startswith(public):
            return super()._ask(url, form)
        began = time.monotonic()
        try:
            return super()._ask(self.at.own_url + url.removeprefix(public), form)
        finally:
            self.longest = max(self.longest, time.monotonic() - began)

    def copy(self):
        """The same browser once more: what one of them forgets, the other still has."""
        copy = Roamer(self._replicas, self.claims)
        for cookie in self._jar:
            copy._jar.set_cookie(cookie)
        return copy

    # A sign-in, step by step.

    def begin(self, path):
        """Goes to a meeting, and gives where the provider is to be asked."""
        location, page = self._ask(self._bridge.room(path), None)
        if location is None:
            raise NotLetIn(page)
        return location

    def come_back(self, url):
        """Asks the provider, and gives the address by which it sends the browser back."""
        location, _ = self._ask(url, None)
        return location

    def finish(self, callback):
        """Gives the meeting's address."""
        location, page = self._ask(callback, None)
        if location is None or not location.startswith(f"{self._jitsi.url}/"):
            raise NotLetIn(page)
        return location

    def is_remembered(self):
        """Whether the bridge lets one into a meeting without asking the provider."""
        # Each time another: who comes into the same room again and again is taken for somebody in a loop.
        location, page = self._ask(self._bridge.room(f"room-{secrets.token_hex(4)}"), None)
        if location is None:
            raise NotLetIn(page)
        return location.startswith(f"{self._jitsi.url}/")

    def page(self, path, form=None, follow_provider=False):
        """A page of the bridge, or of where it leads to there; with `follow_provider`, by way of the provider."""
        location, page = self._ask(f"{self._replicas.url}{path}", form)
        while location is not None:
            assert follow_provider or location.startswith(self._replicas.url), location
            location, page = self._ask(location, None)
        return page

    # Jitsi's inline sign-in.

    def code(self, room):
        """Signs in in a popup; gives the code, and what else is needed to redeem it."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        sso_page = f"{self._jitsi.url}{SSO_PAGE}"
        state = {"room": room, "roomSafe": room, "tenant": ""}
        query = {
            "client_id": CLIENT_ID,
            "redirect_uri": sso_page,
            "state": json.dumps(state),
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "nonce": secrets.token_hex(32),
        }
        url = f"{self._replicas.url}/authorize?{urlencode(query, quote_via=quote)}"
        while not url.startswith(sso_page):
            url, page = self._ask(url, None)
            if url is None:
                raise NotLetIn(page)
        code = parse_qs(urlsplit(url).query)["code"][0]
        form = {"code": code, "code_verifier": verifier, "redirect_uri": sso_page}
        return {"grant_type": "authorization_code", "client_id": CLIENT_ID} | form

    def tokens(self, form):
        """What the token service answers: its status, and what it says."""
        began = time.monotonic()
        answer = http.send("POST", f"{self.at.own_url}/token", urlencode(form))
        self.longest = max(self.longest, time.monotonic() - began)
        return answer.status, json.loads(answer.body)

    def renew(self, tokens):
        refresh = {"refresh_token": tokens["refresh_token"], "client_id": CLIENT_ID}
        return self.tokens({"grant_type": "refresh_token"} | refresh)

    # Guests.

    def invite(self, room):
        """Makes an invitation on the home page; gives the path of its link."""
        seal = hidden(self.page("/"), "form")
        link = re.search(r'value="([^"]+/invite/[^"]+)"', self.page("/invitations", {"form": seal, "to": room}))
        return html.unescape(link[1]).removeprefix(self._replicas.url)

    def withdraw(self):
        """Takes back the one invitation that the home page shows."""
        page = self.page("/")
        self.page("/invitations/withdraw", {name: hidden(page, name) for name in ("form", "invitation")})


def hidden(page, name):
    return html.unescape(re.search(rf'name="{name}" value="([^"]+)"', page)[1])
