"""A page of ours, looked at as different people see it."""

import re

from .meeting import TOKEN
from .reading import faults
from .screenshots import VIEWS
from .texts import LANGUAGES, in_every_language

# Titles in every language.
REFUSED = in_every_language("denied_title")
CANCELLED = in_every_language("cancelled_title")
BACKGROUND = "return [document.documentElement, document.body].map((e) => getComputedStyle(e).backgroundColor).join()"


def shoot_in_every_view(browser, camera, name, go, titles):
    """Goes to a page of the bridge once for each view; the page must be in order in all of them."""
    for view in shooting(browser, camera, name, go):
        assert browser.title() == dict(zip(LANGUAGES, titles))[view.language]
        assert browser.language() == view.language
        assert re.search(r"\b[0-9a-f]{6}-[0-9a-f]{6}\b", browser.text()), "no request id to tell the administrator"
        assert not TOKEN.search(browser.source())
        complaints = [entry["message"] for entry in browser.console() if "Security Policy" in entry["message"]]
        assert not complaints


def shooting(browser, camera, name, go, views=VIEWS):
    """Goes to a page once for each of these views, has the caller look at it, and takes the picture."""
    backgrounds = set()
    for view in views:
        camera.look_as(view)
        go()
        yield view
        assert browser.script("return document.styleSheets[0].cssRules.length") > 0, "its style was not let in"
        found = faults(browser)
        assert not found, f"{view.suffix}: {found}"
        backgrounds.add(browser.script(BACKGROUND))
        camera.shoot(f"{name}-{view.suffix}")
    assert len(backgrounds) == 2, "light and dark look the same"
