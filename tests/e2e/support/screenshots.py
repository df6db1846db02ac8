"""Pictures of pages, as different people see them; kept as output of CI."""

import base64
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True)
class View:
    """Somebody's screen, language and taste."""

    language: str
    screen: str
    scheme: str

    @property
    def suffix(self):
        return f"{self.language}-{self.screen}-{self.scheme}"


SCREENS = {"phone": (390, 844), "desktop": (1280, 800)}
# Of the languages that came later, the narrowest and the widest.
VIEWS = tuple(View(*view) for view in product(("en", "de"), SCREENS, ("light", "dark"))) + tuple(
    View(language, *view) for language, view in product(("fr", "es", "it"), (("phone", "light"), ("desktop", "dark")))
)


class Camera:
    def __init__(self, browser, folder):
        self._browser = browser
        self._folder = folder

    def look_as(self, view):
        """From the next page on."""
        width, height = SCREENS[view.screen]
        cdp = self._browser.cdp
        phone = view.screen == "phone"
        cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": view.scheme}])
        cdp("Network.enable")
        cdp("Network.setExtraHTTPHeaders", headers={"Accept-Language": view.language})

    def shoot(self, name):
        """Takes a picture of the page, to its end."""
        self._folder.mkdir(parents=True, exist_ok=True)
        size = self._browser.cdp("Page.getLayoutMetrics")["cssContentSize"]
        picture = self._browser.cdp(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=size | {"scale": 1}
        )
        (self._folder / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))
