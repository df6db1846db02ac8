"""A bridge between two providers: the realms of a company's own people and of its partners, at one Keycloak."""

import pytest

from support.bridge import new_url
from support.meeting import arrive, role
from support.pages import shoot_in_every_view
from support.people import ANNA, CARL, TIM
from support.sign_in import NAME, sign_in, submit, wait_for_form
from support.texts import in_every_language
from support.tokens import holds_a_token
from support.waiting import wait_until

PROVIDER = """
[providers.{name}]
label = "{label}"
issuer = "{issuer}"
internal_url = "{origin}"
client_id = "jitsi-oidc-bridge"
client_secret = "{secret}"
{more}
"""
SESSION_AND_RULES = """
[session]
store = "redis"

[policy]
default = "deny"

[[policy.rules]]
name = "Staff may join any meeting"
providers = ["staff"]
role = "participant"

[[policy.rules]]
name = "The board runs the board's rooms"
providers = ["staff"]
groups = ["/board"]
rooms = ["board"]
role = "moderator"

[[policy.rules]]
name = "Partners run the meetings of their tenant, and join the others"
providers = ["partners"]
role = "participant"

[[policy.rules]]
name = "… with their leads as moderators"
providers = ["partners"]
tenants = ["acme"]
groups = ["partners:/teams/*/leads"]
role = "moderator"
"""
CHOOSE = in_every_language("choose_title")
COMPANY = "Example Company"
PARTNERS = "Acme & Partners"
EMAIL = "input[name=email]"
CONTINUE = "form button"


class Between:
    """The bridge and its two realms."""

    def __init__(self, name, new_realm, new_bridge, keycloak, keys, of_partners):
        url = new_url()
        self.staff = new_realm(f"{name}-staff", url, callback="/callback/staff")
        self.partners = new_realm(f"{name}-partners", url, callback="/callback/partners")

        def provider(name, label, issuer, more):
            here = {"origin": keycloak.origin, "secret": keys.client}
            return PROVIDER.format(name=name, label=label, issuer=issuer, more=more, **here)

        config = [
            "strict = true",
            provider("staff", COMPANY, self.staff.issuer, 'email_domains = ["company.example"]'),
            provider("partners", PARTNERS, self.partners.issuer, f'claims.groups_prefix = "partners:"\n{of_partners}'),
            SESSION_AND_RULES,
        ]
        # There is no [provider] that these would go with.
        none = dict.fromkeys(f"BRIDGE_PROVIDER__{key}" for key in ("ISSUER", "INTERNAL_URL", "CLIENT_SECRET"))
        self.bridge = new_bridge(name, url, config="\n".join(config), **none)

    def been_at(self, browser, seen=0):
        """At which of the two the browser has been since then, and at which of their addresses."""
        pages = {}
        for name, realm in (("staff", self.staff), ("partners", self.partners)):
            there = [address for address in browser.visited()[seen:] if address.startswith(realm.url)]
            pages[name] = [address.removeprefix(realm.url).partition("?")[0] for address in there]
        return pages


@pytest.fixture(scope="module")
def by_tenant(new_realm, new_bridge, keycloak, keys):
    """The partners have a tenant to themselves; everything else is for the company's own people."""
    return Between("by-tenant", new_realm, new_bridge, keycloak, keys, 'tenants = ["acme"]')


@pytest.fixture(scope="module")
def side_by_side(new_realm, new_bridge, keycloak, keys):
    """Every meeting is for both."""
    return Between("side-by-side", new_realm, new_bridge, keycloak, keys, 'email_domains = ["*.acme.example"]')


def assert_asked_where(browser, between):
    """On the page on which to choose, and no token anywhere."""
    browser.wait_to_be_at(between.bridge.url)
    assert browser.title() == CHOOSE[0]
    assert not holds_a_token(browser.url) and not holds_a_token(browser.source())


def user(claims):
    return claims["context"]["user"]


def test_each_meeting_goes_to_the_realm_that_it_is_for(by_tenant, jitsi, keys, new_browser):
    browser = new_browser()
    browser.open(by_tenant.bridge.room("acme/standup"))
    sign_in(browser, by_tenant.partners, TIM)
    claims = arrive(browser, jitsi, keys.token)
    assert (claims["sub"], claims["room"], role(claims)) == ("acme", "standup", "moderator")
    assert not by_tenant.been_at(browser)["staff"]

    browser = new_browser()
    browser.open(by_tenant.bridge.room("board"))
    sign_in(browser, by_tenant.staff, ANNA)
    claims = arrive(browser, jitsi, keys.token)
    assert ("tenant" in claims["context"], claims["room"], role(claims)) == (False, "board", "moderator")
    assert not by_tenant.been_at(browser)["partners"]


def test_who_goes_on_to_a_meeting_of_the_other_realm_signs_in_there(by_tenant, jitsi, keys, browser):
    browser.open(by_tenant.bridge.room("standup"))
    sign_in(browser, by_tenant.staff, TIM)
    ours = user(arrive(browser, jitsi, keys.token))
    meetings = len(jitsi.asked)

    browser.open(by_tenant.bridge.room("acme/standup"))
    wait_for_form(browser, by_tenant.partners)
    assert len(jitsi.asked) == meetings, "a token was given away"
    sign_in(browser, by_tenant.partners, TIM)
    theirs = user(arrive(browser, jitsi, keys.token))
    # The same name, at the same Keycloak, and somebody else.
    assert ours["name"] == theirs["name"] == TIM.name
    assert ours["id"] != theirs["id"]


def test_a_link_cannot_ask_for_a_realm_that_the_meeting_is_not_for(by_tenant, jitsi, browser):
    browser.open(by_tenant.bridge.room("acme/standup", "?idp=staff"))
    wait_for_form(browser, by_tenant.partners)
    browser.open(by_tenant.bridge.room("standup", "?idp=partners"))
    wait_for_form(browser, by_tenant.staff)
    assert not any(address.startswith(jitsi.url) for address in browser.visited()), "it has been at Jitsi"


def test_groups_of_the_other_realm_are_other_groups(side_by_side, jitsi, keys, new_browser):
    for realm, name, expected in (
        (side_by_side.staff, "staff", "moderator"),
        (side_by_side.partners, "partners", "participant"),
    ):
        browser = new_browser()
        browser.open(side_by_side.bridge.room("board", f"?idp={name}"))
        sign_in(browser, realm, ANNA)
        assert role(arrive(browser, jitsi, keys.token)) == expected


def test_a_link_can_ask_for_one_of_both(side_by_side, jitsi, keys, browser):
    ids = set()
    for name in ("staff", "partners"):
        seen = len(browser.visited())
        browser.open(side_by_side.bridge.room("standup", f"?idp={name}"))
        sign_in(browser, getattr(side_by_side, name), CARL)
        ids.add(user(arrive(browser, jitsi, keys.token))["id"])
        assert [where for where, pages in side_by_side.been_at(browser, seen).items() if pages] == [name]
    assert len(ids) == 2, "the same person in both realms"
    # Without the wish, one goes on as whoever one is.
    seen = len(browser.visited())
    browser.open(side_by_side.bridge.room("standup-2"))
    assert user(arrive(browser, jitsi, keys.token))["id"] in ids
    assert not any(side_by_side.been_at(browser, seen).values())


def test_the_page_on_which_to_choose_is_in_order_in_every_view(side_by_side, browser, camera):
    address = side_by_side.bridge.room("standup")
    shoot_in_every_view(browser, camera, "choose", lambda: browser.open(address), CHOOSE)
    assert {COMPANY, PARTNERS} <= set(browser.links())
    # Nothing has begun.
    assert not any(side_by_side.been_at(browser).values())
    assert not browser.cookies(side_by_side.bridge.url)


@pytest.mark.parametrize("label, name", [(COMPANY, "staff"), (PARTNERS, "partners")], ids=["staff", "partners"])
def test_where_both_are_for_the_meeting_people_choose(side_by_side, jitsi, keys, browser, label, name):
    browser.open(side_by_side.bridge.room("standup"))
    browser.follow(label)
    sign_in(browser, getattr(side_by_side, name), TIM)
    claims = arrive(browser, jitsi, keys.token)
    assert (claims["room"], user(claims)["name"]) == ("standup", TIM.name)
    assert [where for where, pages in side_by_side.been_at(browser).items() if pages] == [name]


def test_an_address_finds_the_realm(side_by_side, jitsi, keys, browser, camera):
    browser.open(side_by_side.bridge.room("standup"))
    browser.fill(EMAIL, "tim@nobodys.example")
    browser.press(CONTINUE)
    wait_until("the page again", lambda: "No sign-in service is known" in browser.text())
    camera.shoot("choose-unknown")

    browser.fill(EMAIL, "Tim@Berlin.Acme.example")
    browser.press(CONTINUE)
    wait_for_form(browser, side_by_side.partners)
    # The address has only found it, and is not passed on.
    assert browser.script(f"return document.querySelector('{NAME}').value") == ""
    assert not any("acme.example" in address.lower() for address in browser.visited())
    submit(browser, TIM)
    assert arrive(browser, jitsi, keys.token)["room"] == "standup"
    assert not side_by_side.been_at(browser)["staff"]


def test_silently_only_the_realm_that_the_link_names_is_asked(side_by_side, jitsi, keys, browser):
    browser.open(side_by_side.bridge.room("standup", "?prompt=none"))
    assert_asked_where(browser, side_by_side)
    assert not any(side_by_side.been_at(browser).values())

    address = side_by_side.bridge.room("standup", "?prompt=none&idp=partners")
    browser.open(address)
    sign_in(browser, side_by_side.partners, CARL)
    arrive(browser, jitsi, keys.token)
    back = f"{side_by_side.bridge.url}/callback/partners?"
    first, second = [visited for visited in browser.visited() if visited.startswith(back)]
    assert "error=login_required" in first and "error=" not in second
    # Now it knows the browser.
    browser.forget(side_by_side.bridge.url)
    browser.open(address)
    arrive(browser, jitsi, keys.token)
    assert not side_by_side.been_at(browser)["staff"]


@pytest.mark.parametrize("name, other", [("staff", "partners"), ("partners", "staff")])
def test_signing_out_signs_out_of_the_realm_that_one_is_signed_in_at(
    side_by_side, jitsi, keys, browser, name, other
):
    # Signed in at both, as at Keycloak one may be; here the later counts.
    for at in (other, name):
        browser.open(side_by_side.bridge.room("standup", f"?idp={at}"))
        sign_in(browser, getattr(side_by_side, at), CARL)
        arrive(browser, jitsi, keys.token)
    here, there = getattr(side_by_side, name), getattr(side_by_side, other)
    before = here.sessions(CARL), there.sessions(CARL)
    seen = len(browser.visited())

    browser.open(f"{side_by_side.bridge.url}/logout")
    browser.wait_to_be_at(f"{side_by_side.bridge.url}/logged-out")
    assert browser.texts("h1") == ["You are signed out"]
    assert side_by_side.been_at(browser, seen) == {name: ["/protocol/openid-connect/logout"], other: []}
    assert len(before[0] - here.sessions(CARL)) == 1
    assert there.sessions(CARL) == before[1]
    meetings = len(jitsi.asked)
    browser.open(side_by_side.bridge.room("standup-2"))
    assert_asked_where(browser, side_by_side)
    assert len(jitsi.asked) == meetings, "a token was given away"


def test_a_realm_signs_out_its_own_people_alone(side_by_side, jitsi, keys, new_browser):
    browsers = {}
    for name in ("staff", "partners"):
        browsers[name] = new_browser()
        browsers[name].open(side_by_side.bridge.room("standup", f"?idp={name}"))
        sign_in(browsers[name], getattr(side_by_side, name), ANNA)
        arrive(browsers[name], jitsi, keys.token)
    side_by_side.partners.sign_out(ANNA)

    browsers["partners"].open(side_by_side.bridge.room("standup-2"))
    assert_asked_where(browsers["partners"], side_by_side)
    browsers["staff"].open(side_by_side.bridge.room("standup-2"))
    arrive(browsers["staff"], jitsi, keys.token)
