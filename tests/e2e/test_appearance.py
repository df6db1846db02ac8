"""An operator's own look, and the page of what is known about oneself, as people see them in every view."""

from urllib.parse import urlsplit

import pytest

from support.bridge import Bridge, new_url
from support.configured import asking_nothing
from support.pages import shoot_in_every_view
from support.screenshots import View
from support.texts import in_every_language

DESK = View("en", "desktop", "light")
LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40" width="120" height="40">
<rect width="120" height="40" rx="8" fill="#7a1f6b"/><circle cx="24" cy="20" r="10" style="fill:#ffd166"/></svg>"""
CONFIG = """
[provider]
client_id = "jitsi-oidc-bridge"

[pages]
whoami = true
name = "Universität Musterstadt"
logo_file = "{logo}"
accent = "#7a1f6b"
support_url = "mailto:help@example.org"

[[policy.rules]]
name = "Staff may join any meeting"
groups = ["/staff"]
role = "participant"
features = ["recording", "transcription"]

[[policy.rules]]
name = "The board's rooms are for the board"
rooms = ["board"]
unless_groups = ["/board"]
deny = "This room is for the board."

[[policy.rules]]
name = "The vault is for those who showed a second factor"
rooms = ["vault"]
acr = ["urn:example:mfa"]
claims = {{ department = ["finance"] }}
role = "moderator"
"""
ALICE = {
    "sub": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "name": "Alice Wonderland-Llanfairpwllgwyngyll",
    "preferred_username": "alice",
    "email": "alice.wonderland-llanfairpwllgwyngyll@department.example.org",
    "groups": ["/staff", "/departments/a-very-long-name-of-a-department-without-any-blank"],
    "department": "finance",
}


@pytest.fixture(scope="module")
def bridge(settings, keys, jitsi, tmp_path_factory):
    folder = tmp_path_factory.mktemp("appearance")
    (folder / "logo.svg").write_text(LOGO)
    config = folder / "bridge.toml"
    config.write_text(CONFIG.format(logo=folder / "logo.svg"))
    log = settings.logs / "bridge-appearance.log"
    with asking_nothing() as provider:
        provider.claims = ALICE
        bridge = Bridge(
            settings.bridge, new_url(), jitsi.url, provider.issuer, None, None, keys, log, config=config
        )
        bridge.start()
        yield bridge
        assert bridge.stop() == 0


def named(title):
    return tuple(f"{title} – Universität Musterstadt" for title in in_every_language(title))


def shows_the_logo(browser):
    return browser.script("const logo = document.querySelector('.brand img'); return logo.complete && logo.naturalWidth > 0")


def test_a_page_looks_as_the_operator_wants_it_in_every_view(bridge, browser, camera):
    def go():
        browser.open(f"{bridge.url}/nowhere")
        assert shows_the_logo(browser)

    shoot_in_every_view(browser, camera, "own-look", go, named("not_found_title"))
    assert "mailto:help@example.org" in browser.links().values()


# Where the pages with much to read are found by somebody who is signed in, and the names of their titles.
LONG = {
    "refused": ("/room/board", "denied_title"),
    "too-weak": ("/room/vault", "denied_title"),
    "bad-room": ("/room/*", "bad_room_title"),
    "broken-link": ("/join?room=a&room=b", "bad_request_title"),
    "expired": ("/callback?state=old&code=old", "login_expired_title"),
}


@pytest.mark.parametrize("name", LONG)
def test_a_page_with_much_to_read_is_in_order_in_every_view(bridge, browser, camera, name):
    path, title = LONG[name]
    browser.open(f"{bridge.url}/sign-in")
    shoot_in_every_view(browser, camera, f"own-{name}", lambda: browser.open(f"{bridge.url}{path}"), named(title))


def test_the_page_for_a_jitsi_that_sends_people_back_is_in_order_in_every_view(bridge, browser, camera):
    browser.open(f"{bridge.url}/sign-in")

    def go():
        for _ in range(4):
            browser.open(bridge.room("refusing"))

    shoot_in_every_view(browser, camera, "own-in-circles", go, named("in_circles_title"))


def test_the_home_page_looks_as_the_operator_wants_it_in_every_view(bridge, browser, camera):
    browser.open(f"{bridge.url}/sign-in")
    shoot_in_every_view(
        browser, camera, "own-home", lambda: browser.open(f"{bridge.url}/"), named("welcome_title")
    )


@pytest.mark.parametrize("room", ["", "rocket", "board", "vault", "*"], ids=["none", "in", "out", "later", "impossible"])
def test_what_is_known_about_oneself_can_be_read_in_every_view(bridge, browser, camera, request, room):
    browser.open(f"{bridge.url}/sign-in?to=whoami")
    address = f"{bridge.url}/whoami{f'?room={room}' if room else ''}"
    name = f"whoami-{request.node.callspec.id}"
    shoot_in_every_view(browser, camera, name, lambda: browser.open(address), named("whoami_title"))


def test_nobody_is_known_without_a_sign_in(bridge, browser, camera):
    address = f"{bridge.url}/whoami"
    shoot_in_every_view(browser, camera, "whoami-nobody", lambda: browser.open(address), named("whoami_title"))


def test_a_refusal_leads_to_the_page_about_oneself_and_a_room_can_be_typed_there(bridge, browser, camera):
    camera.look_as(DESK)
    browser.open(bridge.room("board"))
    browser.follow(in_every_language("whoami_link")[0])
    assert browser.url.endswith("/whoami?room=board#more")
    assert "This room is for the board." in browser.text()
    browser.fill("#room", "Rocket Weekly")
    browser.press("form button")
    browser.wait_to_be_at(f"{bridge.url}/whoami")
    assert urlsplit(browser.url).query == "room=Rocket+Weekly"
    assert "rocket weekly" in browser.text() and "You may join." in browser.text()


def test_the_logo_by_itself_runs_nothing_and_is_nobodys_page(bridge, browser):
    browser.open(f"{bridge.url}/nowhere")
    browser.open(browser.script("return document.querySelector('.brand img').src"))
    assert browser.script("return self.origin") == "null"
