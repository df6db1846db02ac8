"""A person whose browser is a few lines of Python: signs in at Keycloak once, and walks into rooms."""

import html
import re
import urllib.error
import urllib.request
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from .jitsi_rules import token_in

FORM = re.compile(r'<form id="kc-form-login"[^>]* action="([^"]+)"')
# More than any sign-in takes.
MOST_HOPS = 12


class NotLetIn(Exception):
    """The walk ended on a page; its text is the message."""

    def __init__(self, page):
        super().__init__(re.sub(r"(?s).*<main|<[^>]*>|\s+", " ", page))


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Visitor:
    def __init__(self, bridge, jitsi, person=None):
        """Without a person, the provider is one that asks nothing."""
        self._bridge, self._jitsi, self._person = bridge, jitsi, person
        # Browsers send `Secure` cookies to http://localhost as well.
        self._jar = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), _StayHere, urllib.request.HTTPCookieProcessor(self._jar)
        )
        self._opener.addheaders.append(("X-Forwarded-For", "203.0.113.7"))

    def walk(self, path):
        """The meeting's address, token and all, that `path` (as in a link: room, or tenant/room) leads to."""
        self._let_a_minute_pass()
        url, form = self._bridge.room(path), None
        for _ in range(MOST_HOPS):
            if url.startswith(f"{self._jitsi.url}/"):
                return url
            location, page = self._ask(url, form)
            if location is not None:
                url, form = urljoin(url, location), None
            elif self._person is not None and (found := FORM.search(page)):
                url = html.unescape(found[1])
                form = {"username": self._person.username, "password": self._person.password}
            else:
                raise NotLetIn(page)
        raise NotLetIn(f"still on the way after {MOST_HOPS} steps: {url}")

    def token(self, path):
        return token_in(self.walk(path))

    def sign_out_hint(self):
        """Signs out at the bridge, and gives the ID token that it hands on to the provider."""
        location, page = self._ask(f"{self._bridge.url}/logout", None)
        if location is None:
            raise NotLetIn(page)
        return parse_qs(urlsplit(location).query)["id_token_hint"][0]

    def _let_a_minute_pass(self):
        """Forgets the visits: tests go to a room more often than a person whom Jitsi does not send back."""
        for cookie in list(self._jar):
            if cookie.name.endswith("jitsi-visits"):
                self._jar.clear(cookie.domain, cookie.path, cookie.name)

    def _ask(self, url, form):
        """Where it leads, or the page."""
        request = urllib.request.Request(url.partition("#")[0], urlencode(form).encode() if form else None)
        try:
            with self._opener.open(request, timeout=20) as response:
                return None, response.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.headers.get("Location"), answer.read().decode()
