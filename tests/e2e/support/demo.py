"""The demo as a person has it: one command, and the address that it prints."""

import re
import signal

from .process import Server, free_port
from .waiting import wait_until

START_SECONDS = 20
ADDRESS = re.compile(r"^Open (http://\S+) in a browser\.", re.MULTILINE)
SIGN_IN = "Demo sign-in"


class Demo:
    def __init__(self, binary, log):
        self._listen = f"127.0.0.1:{free_port()}"
        # Ctrl-C, as the demo says.
        self._server = Server("the demo", [binary, "demo", "--listen", self._listen], {}, log, farewell=signal.SIGINT)

    def start(self):
        self._server.start(lambda: ADDRESS.search(self.said()) is not None, START_SECONDS)
        assert self.address == f"http://{self._listen}/"

    def stop(self):
        return self._server.stop()

    def said(self):
        return self._server.said()

    @property
    def address(self):
        return ADDRESS.search(self.said())[1]

    def room(self, room):
        return f"{self.address}{room}"


def wait_for_people(browser):
    """Until the demo's provider asks who one is."""
    wait_until("the demo's sign-in", lambda: browser.title() == SIGN_IN)


def choose(browser, person):
    """Signs in as that person at the demo's provider."""
    wait_for_people(browser)
    browser.press(f"button[value={person.username}]")


def cancel(browser):
    """Does not sign in at the demo's provider."""
    wait_for_people(browser)
    browser.press("button[value='']")


class Verdict:
    """What the stand-in for Jitsi's page says of a token."""

    def __init__(self, browser, demo, heading):
        """Waits for a verdict with that heading."""
        self._browser = browser

        def is_there():
            return browser.is_at(demo.address) and browser.has(".facts") and browser.texts("h1") == [heading]

        wait_until(f"the verdict {heading!r}", is_there)

    def fact(self, name):
        facts = dict(zip(self._browser.texts(".facts dt"), self._browser.texts(".facts dd"), strict=True))
        return facts[name].split("\n")

    def features(self):
        """Those that are allowed, and those that are not."""
        return self._flags("on"), self._flags("off")

    def _flags(self, kind):
        # "✓ recording: allowed"
        return {text.split()[1].rstrip(":") for text in self._browser.texts(f".flags .{kind}")}

    def checks(self, outcome):
        """Names of the checks that were passed ("yes") or failed ("no")."""
        return self._browser.texts(f".checks .{outcome} code")
