"""A steady stream of people who sign in, each in a new browser, and help themselves as people do."""

import html
import http.client
import re
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from itertools import count
from urllib.parse import urlencode, urljoin

from .jitsi_rules import verify
from .waiting import wait_until

FORM = re.compile(r'<form id="login"[^>]* action="([^"]+)"')
HEADING = re.compile(r"<h1>(.*?)</h1>")
LINK = re.compile(r'<a [^>]*href="([^"]+)"')
# More than any sign-in takes.
MOST_HOPS = 16
# What a person answers by the button that loads the page once more, or by the page's own link.
FAILURES = (502, 503, 504)
NO_ANSWER = 0
# People who do something at the same time.
AT_ONCE = 4


class Lost(Exception):
    """Somebody did not come to the meeting; they are left with this page."""

    def __init__(self, url, status, page, helped):
        said = HEADING.search(page)
        said = said[1] if said else page[:500]
        super().__init__(f"{url.partition('?')[0]} answered {status} (before: {helped}): {said}")
        self.url, self.status, self.page = url, status, page

    def link(self):
        """Where the page leads to."""
        return html.unescape(LINK.search(self.page)[1])


@dataclass
class Walk:
    """A person's way into a meeting. `helped` has what failed on the way, each with what was done about it."""

    jitsi: object
    person: object
    helped: list = field(default_factory=list)
    # A person tries it once more, and then complains.
    patience: int = 1

    def __post_init__(self):
        # Browsers send `Secure` cookies to http://localhost as well.
        self._jar = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), _StayHere, urllib.request.HTTPCookieProcessor(self._jar)
        )

    def into(self, url, at=None):
        """The meeting's address, token and all, to which a link leads; or the first address on the way that begins so."""
        form = None
        for _ in range(MOST_HOPS):
            if url.startswith(at or f"{self.jitsi.url}/"):
                return url
            status, location, page = self.ask(url, form)
            if location is not None:
                url, form = urljoin(url, location), None
            elif status == 200 and (found := FORM.search(page)):
                url = urljoin(url, html.unescape(found[1]))
                form = {"username": self.person.username, "password": self.person.password}
            elif form is None and len(self.helped) < self.patience and (status in FAILURES or status == NO_ANSWER):
                link = LINK.search(page)
                self.helped.append(f"{url.partition('?')[0]} {status}: {'its link' if link else 'once more'}")
                url = urljoin(url, html.unescape(link[1])) if link else url
            else:
                raise Lost(url, status, page, self.helped)
        raise Lost(url, NO_ANSWER, f"still on the way after {MOST_HOPS} steps", self.helped)

    def ask(self, url, form=None):
        """The answer's status, where it leads, and the page."""
        request = urllib.request.Request(url.partition("#")[0], urlencode(form).encode() if form else None)
        try:
            with self._opener.open(request, timeout=30) as response:
                return response.status, None, response.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers.get("Location"), answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return NO_ANSWER, None, f"no answer: {error!r}"


    def cookies_for(self, url):
        """The header with which the browser would go there."""
        request = urllib.request.Request(url)
        self._jar.add_cookie_header(request)
        return {"Cookie": request.get_header("Cookie")}


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def sign_in(site, number):
    """Somebody new signs in, and comes into a meeting of their own; gives what they had to do about failures."""
    room = f"room-{number}"
    walk = site.somebody()
    claims = verify(walk.into(site.room(room)), site.secret)
    assert claims["room"] == room and claims["context"]["user"]["name"] == walk.person.name
    return walk.helped


def send_a_form(site, number):
    """A form comes to the bridge, as from a provider that answers so. No proxy sends one a second time by itself."""
    form = {"state": f"state-{number}", "code": "code"}
    status, location, page = site.somebody().ask(f"{site.url}/callback", form)
    if status != 303 or not location.startswith(f"{site.url}/callback?posted="):
        raise Lost(f"{site.url}/callback", status, page, location)
    return []


class Stream:
    """People who do something one after the other, several at once, while something happens in a `with` block."""

    def __init__(self, site, does=sign_in, at_once=AT_ONCE):
        self._site, self._does = site, does
        self._numbers = count(1)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.done, self.helped, self.lost = 0, [], []
        self._threads = [threading.Thread(target=self._people, name=f"{does.__name__}-{n}") for n in range(at_once)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def more(self, times):
        """Waits until that many further people are through."""
        enough = self.done + times
        self.until(f"{times} more times {self._does.__name__}", lambda: self.done >= enough, 60)

    def until(self, what, condition, patience=20):
        wait_until(what, lambda: self.lost or condition(), patience)
        assert not self.lost, self.lost[0]

    def _people(self):
        while not self._over.is_set() and not self.lost:
            try:
                helped = self._does(self._site, next(self._numbers))
            except Exception as error:
                self.lost.append(error)
                return
            with self._lock:
                self.done += 1
                self.helped += helped
