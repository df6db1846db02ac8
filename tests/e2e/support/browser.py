"""Chromium with a profile of its own, and what a person does in it."""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from .settings import CHROMEDRIVER, CHROMIUM
from .waiting import wait_until

SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--no-first-run",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--window-size=1280,800",
    # This machine is the whole world: a redirect to anywhere else goes nowhere.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


@dataclass(frozen=True)
class Request:
    """What a document was asked for with."""

    method: str
    url: str
    body: str


class Browser:
    def __init__(self, profile):
        options = ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for switch in (*SWITCHES, f"--user-data-dir={profile}"):
            options.add_argument(switch)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        self.driver = Chrome(options=options, service=Service(str(CHROMEDRIVER)))
        self.driver.set_page_load_timeout(30)
        self._requests = []

    def quit(self):
        self.driver.quit()

    # Where it is.

    @property
    def url(self):
        return self.driver.current_url

    def is_at(self, url):
        """Whether the page is of that server, and below that path."""
        here, there = urlsplit(self.url), urlsplit(url)
        return here[:2] == there[:2] and here.path.startswith(there.path)

    def wait_to_be_at(self, url):
        wait_until(f"coming to {url}", lambda: self.is_at(url) and self._is_loaded())

    def _is_loaded(self):
        return self.driver.execute_script("return document.readyState") == "complete"

    # What it shows.

    def text(self):
        """What can be read on the page, in one step: between two, another page may come."""
        return self.driver.execute_script("return document.body?.innerText ?? ''")

    def texts(self, selector):
        """What can be read in each of those elements."""
        return [element.text for element in self.driver.find_elements(By.CSS_SELECTOR, selector)]

    def source(self):
        return self.driver.page_source

    def title(self):
        return self.driver.title

    def language(self):
        return self.driver.find_element(By.TAG_NAME, "html").get_attribute("lang")

    def script(self, script):
        return self.driver.execute_script(script)

    def has(self, selector):
        return bool(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def links(self):
        """Text and address of every link on the page."""
        found = self.driver.find_elements(By.TAG_NAME, "a")
        return {link.text: link.get_attribute("href") for link in found}

    # What one does.

    def open(self, url):
        self.driver.get(url)

    def open_anyway(self, url):
        """Opens an address that may lead nowhere."""
        try:
            self.driver.get(url)
        except WebDriverException as error:
            if "net::ERR_" not in (error.msg or ""):
                raise

    def open_tab(self, url):
        """Opens a tab beside the others, and gives its handle."""
        self.driver.switch_to.new_window("tab")
        self.driver.get(url)
        return self.driver.current_window_handle

    def tab(self):
        return self.driver.current_window_handle

    def switch_to(self, tab):
        self.driver.switch_to.window(tab)

    def tabs(self):
        """All tabs and popups."""
        return self.driver.window_handles

    def close_tab(self):
        """Closes the tab one is in; one is in none afterwards."""
        self.driver.close()

    def follow(self, link_text):
        self.driver.find_element(By.LINK_TEXT, link_text).click()

    def fill(self, selector, text):
        field = self.driver.find_element(By.CSS_SELECTOR, selector)
        field.clear()
        field.send_keys(text)

    def press(self, selector):
        self.driver.find_element(By.CSS_SELECTOR, selector).click()

    def trust_every_certificate(self):
        self.cdp("Security.setIgnoreCertificateErrors", ignore=True)

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def cookies(self, url):
        """What it would send to that address, by name."""
        found = self.cdp("Network.getCookies", urls=[url])["cookies"]
        return {cookie["name"]: cookie for cookie in found}

    def forget(self, url):
        """Deletes what it would send to that address and the paths below that it knows of."""
        for cookie in self.cdp("Storage.getCookies")["cookies"]:
            if cookie["path"].startswith(urlsplit(url).path):
                self.cdp("Network.deleteCookies", name=cookie["name"], domain=cookie["domain"], path=cookie["path"])

    # What happened.

    def console(self):
        """What the console has said since it was last asked."""
        return self.driver.get_log("browser")

    def requests(self):
        """Every request for a document, redirects included, since the browser began."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent" and message["params"].get("type") == "Document":
                request = message["params"]["request"]
                self._requests.append(Request(request["method"], request["url"], request.get("postData", "")))
        return list(self._requests)

    def visited(self):
        """Every address that a document was asked for from."""
        return [request.url for request in self.requests()]
