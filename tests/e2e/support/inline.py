"""A call at the stand-in for Jitsi, and the popup in which people sign in without leaving it."""

import json

from .jitsi import SSO_PAGE
from .waiting import wait_until

LOGIN = "#login"
OUTCOME = "#outcome"
# Its size on a screen.
POPUP = (500, 640)
# A page's request to the token service: status and error of the answer, or how fetch itself failed.
ASK = """
    const [tokenService, fields] = {arguments};
    return fetch(`${{tokenService}}/token`, {{ method: "POST", body: new URLSearchParams(fields) }}).then(
        async (answer) => [answer.status, (await answer.json()).error ?? null],
        (error) => ["fetch failed", error.name],
    );
"""


class Call:
    def __init__(self, browser, jitsi, path):
        """`path` as in the address bar: `room` or `tenant/room`."""
        self._browser, self._jitsi = browser, jitsi
        self._asked = len(jitsi.asked)
        self.url = f"{jitsi.url}/{path}"
        browser.open(self.url)
        self._tab = browser.tab()
        self._began = self._age()

    def _age(self):
        return self._browser.script("return performance.timeOrigin")

    # What one does.

    def log_in(self):
        """Presses the button that opens the popup, and stays in the call."""
        self._browser.press(LOGIN)

    def enter_popup(self):
        wait_until("the popup", lambda: len(self._browser.tabs()) == 2)
        (popup,) = set(self._browser.tabs()) - {self._tab}
        self._browser.switch_to(popup)
        # Without a screen, Chromium opens every popup in one size, whatever it was asked for.
        width, height = POPUP
        self._browser.cdp(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def leave_popup(self):
        self._browser.switch_to(self._tab)

    def close_popup(self):
        """Gives up, and waits until the call has seen it."""
        self._browser.close_tab()
        self.leave_popup()
        wait_until("the call's notice of it", lambda: self.outcome() != "signing in")

    # What came of it.

    def outcome(self):
        (outcome,) = self._browser.texts(OUTCOME)
        return outcome

    def tokens(self):
        """What the popup has sent, or None."""
        return self._browser.script("return call.tokens")

    def messages(self):
        """Where each message to the call came from, and of what type it was."""
        return [(message["origin"], message["type"]) for message in self._browser.script("return call.heard")]

    def nonce(self):
        return self._browser.script("return sessionStorage.getItem('oauth_nonce')")

    def wait_until_signed_in(self):
        """Waits for the popup's tokens and its end; gives the tokens."""
        self.leave_popup()
        wait_until("an end of the sign-in", lambda: self.outcome() != "signing in")
        assert self.outcome() == "signed in"
        wait_until("the popup's end", lambda: self._browser.tabs() == [self._tab])
        return self.tokens()

    def assert_undisturbed(self):
        """The call's page is the one that was opened: it went nowhere, and was not loaded again."""
        assert self._browser.url == self.url
        assert self._age() == self._began

    def arrivals(self):
        """With which queries popups have come to `sso.html` since the call began."""
        paths = [path for path, _ in self._jitsi.asked[self._asked :]]
        return [path.partition("?")[2] for path in paths if path.startswith(SSO_PAGE)]


def ask_for_tokens(browser, bridge, **fields):
    """What the page that the browser is at gets from the token service: status and error, or fetch's own failure."""
    return tuple(browser.script(ASK.format(arguments=json.dumps([bridge.url, fields]))))
