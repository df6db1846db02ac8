"""With oidc-provider, which is certified for what it does and has much switched on that Keycloak has not."""

import base64
import hashlib
import json
from itertools import count
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from support import http
from support.bridge import Bridge, new_url
from support.jitsi_rules import token_in
from support.meeting import arrive, assert_turned_away, role
from support.oidc_provider import CLIENT_ID, PASSWORD_ONLY, SECOND_FACTOR, OidcProvider, client_of
from support.people import ANNA, NORA, TIM
from support.tls import TlsFront
from support.waiting import wait_until

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
GROUPS = {ANNA: ["staff", "leads"], TIM: ["staff"], NORA: []}
CONFIG = """
strict = true

[jitsi]
app_id = "jitsi"
audience = "jitsi"
xmpp_domain = "meet.jitsi"

[provider]
client_id = "jitsi-oidc-bridge"
PROVIDER

[session]
SESSION

[policy]
default = "deny"

[[policy.rules]]
name = "Staff may join any meeting"
groups = ["staff"]
role = "participant"

[[policy.rules]]
name = "Leads run them"
groups = ["leads"]
role = "moderator"

[[policy.rules]]
name = "The vault is for those who showed a second factor"
groups = ["staff"]
rooms = ["vault"]
acr = ["urn:example:mfa"]
role = "moderator"
"""


class Site:
    """A provider and a bridge that know each other."""

    def __init__(self, provider, bridge, jitsi, secret):
        self.provider, self.bridge, self._jitsi, self._secret = provider, bridge, jitsi, secret
        self._numbers = count(1)

    def arrive(self, browser):
        """Waits for the meeting; gives the verified claims of its token."""
        return arrive(browser, self._jitsi, self._secret)

    def join(self, browser, person, room="rocket"):
        """Signs in for a meeting and comes into it; gives the claims of its token."""
        browser.open(self.bridge.room(room))
        self.provider.sign_in(browser, person)
        return self.arrive(browser)

    def assert_still_in(self, browser, room="comet"):
        """Comes into another meeting without the provider."""
        seen = len(browser.visited())
        browser.open(self.bridge.room(room))
        self.arrive(browser)
        assert not self.at_provider(browser, seen)

    def assert_asked_for_a_password(self, browser, room="comet"):
        browser.open(self.bridge.room(room))
        self.provider.wait_for_form(browser)

    def role_now(self, browser):
        """What one is in the next meeting: a role, "refused", or "asked" by the provider who one is."""
        # Each time another: who comes into the same room again and again is taken for somebody in a loop.
        browser.open(self.bridge.room(f"rocket-{next(self._numbers)}"))
        if browser.is_at(self.provider.url):
            return "asked"
        return "refused" if browser.is_at(self.bridge.url) else role(self.arrive(browser))

    def assert_turned_away(self, browser):
        assert_turned_away(browser, self.bridge, self._jitsi)

    def at_provider(self, browser, seen=0):
        """Which of the provider's addresses the browser has been at."""
        return [address for address in browser.visited()[seen:] if address.startswith(self.provider.url)]

    def callbacks(self, browser):
        """How the browser has come back from the provider."""
        return [request for request in browser.requests() if request.url.startswith(f"{self.bridge.url}/callback")]


@pytest.fixture
def new_site(request, settings, keys, jitsi, tmp_path):
    """Makes a provider and a bridge: `provider`, `session` and `rules` are further lines, `client` is metadata."""
    started = []

    def make(provider="", session="", rules="", client=None, variables=None, url=None, **options):
        name = request.node.name.partition("[")[0].removeprefix("test_")
        url = url or new_url()
        variables = variables or {}
        public_url = variables.get("BRIDGE_SERVER__PUBLIC_URL", url)
        oidc_provider = OidcProvider(
            settings.node,
            settings.node_modules,
            tmp_path / "oidc-provider",
            client_of(public_url, keys.client, **(client or {})),
            GROUPS,
            settings.logs / f"oidc-provider-{name}.log",
            **options,
        )
        config = tmp_path / "bridge.toml"
        config.write_text(CONFIG.replace("PROVIDER", provider).replace("SESSION", session) + rules)
        bridge = Bridge(
            settings.bridge,
            url,
            jitsi.url,
            oidc_provider.issuer,
            None,
            None,
            keys,
            settings.logs / f"bridge-{name}.log",
            config=config,
            **variables,
        )
        for server in (oidc_provider, bridge):
            server.start()
            started.append(server)
        return Site(oidc_provider, bridge, jitsi, keys.token)

    yield make
    codes = [server.stop() for server in reversed(started)]
    assert codes == [0] * len(started), "a server did not end cleanly"


@pytest.fixture
def new_front(tmp_path):
    """Puts https in front of a bridge that is still to come; gives what its site has to know."""
    fronts = []

    def make():
        url = new_url()
        fronts.append(TlsFront(urlsplit(url).port, tmp_path))
        fronts[-1].start()
        return {"url": url, "variables": {"BRIDGE_SERVER__PUBLIC_URL": f"{fronts[-1].url}/sso"}}

    yield make
    for front in fronts:
        front.stop()


def query_of(url):
    return dict(parse_qs(urlsplit(url).query, strict_parsing=True))


# Signatures and roles.


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_sign_in_ends_in_the_meeting_whatever_the_provider_signs_with(new_site, browser, algorithm):
    site = new_site(client={"id_token_signed_response_alg": algorithm})
    claims = site.join(browser, ANNA)

    assert (claims["room"], role(claims)) == ("rocket", "moderator")
    user = claims["context"]["user"]
    assert (user["name"], user["email"]) == (ANNA.name, ANNA.email)
    site.assert_still_in(browser)
    assert [request.status for request in site.provider.requests("token")] == [200], "one code, asked for once"
    assert not site.provider.requests("userinfo"), "the ID token had said all"


def test_groups_decide_who_runs_a_meeting_who_joins_it_and_who_does_not(new_site, new_browser):
    site = new_site()
    assert [role(site.join(new_browser(), person)) for person in (ANNA, TIM)] == ["moderator", "participant"]

    refused = new_browser()
    refused.open(site.bridge.room("rocket"))
    site.provider.sign_in(refused, NORA)
    site.assert_turned_away(refused)
    assert NORA.name in refused.text()


def test_a_code_goes_with_a_nonce_a_state_and_a_verifier(new_site, browser):
    site = new_site()
    site.join(browser, TIM)
    [asked] = site.provider.requests("authorization")
    [token] = site.provider.requests("token")
    assert asked.understood["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= set(asked.understood)
    assert len(token.sent["code_verifier"]) >= 43
    assert asked.understood["code_challenge"] != token.sent["code_verifier"]
    assert token.authentication == "client_secret_basic"


# Whose answer it is (RFC 9207).


def test_the_answer_names_its_issuer(new_site, browser):
    site = new_site()
    site.join(browser, TIM)
    [callback] = site.callbacks(browser)
    assert (callback.method, query_of(callback.url)["iss"]) == ("GET", [site.provider.issuer])


@pytest.mark.parametrize("issuer", [["https://attacker.example"], []], ids=["another issuer", "no issuer"])
def test_a_code_that_comes_from_another_issuer_is_never_sent_anywhere(new_site, browser, issuer):
    site = new_site()
    browser.open(site.bridge.room("rocket"))
    site.provider.wait_for_form(browser)
    # The bridge is away while the provider sends the browser back, so that the code stays unused.
    assert site.bridge.stop() == 0
    try:
        site.provider.sign_in(browser, TIM)
        [callback] = wait_until("the way back", lambda: site.callbacks(browser) or None)
    finally:
        site.bridge.start()

    address, _, _ = callback.url.partition("?")
    browser.open(f"{address}?{urlencode(query_of(callback.url) | {'iss': issuer}, doseq=True)}")
    site.assert_turned_away(browser)
    assert not site.provider.requests("token"), "the code was sent to the token endpoint"


# Userinfo.


@pytest.mark.parametrize("algorithm", [None, *ALGORITHMS], ids=lambda algorithm: algorithm or "plain")
def test_groups_come_from_userinfo_plain_or_signed(new_site, browser, algorithm):
    site = new_site(client={"userinfo_signed_response_alg": algorithm}, id_token_claims=False)
    claims = site.join(browser, ANNA)
    assert (role(claims), claims["context"]["user"]["name"]) == ("moderator", ANNA.name)
    assert [request.status for request in site.provider.requests("userinfo")] == [200]


def test_signed_userinfo_that_was_altered_makes_nobody_a_moderator(new_site, browser):
    site = new_site(client={"userinfo_signed_response_alg": "ES256"}, id_token_claims=False)
    site.provider.forge_userinfo(groups=["staff", "leads"])
    browser.open(site.bridge.room("rocket"))
    site.provider.sign_in(browser, NORA)
    site.assert_turned_away(browser)
    assert [request.status for request in site.provider.requests("userinfo")] == [200]


# Signing out.


def test_signing_out_at_the_bridge_signs_out_at_the_provider_and_comes_back(new_site, browser):
    site = new_site()
    site.join(browser, ANNA)
    seen = len(browser.visited())

    browser.open(f"{site.bridge.url}/logout")
    browser.wait_to_be_at(f"{site.bridge.url}/logged-out")

    assert browser.texts("h1") == ["You are signed out"]
    [asked, _] = site.at_provider(browser, seen)
    query = query_of(asked)
    assert query["post_logout_redirect_uri"] == [f"{site.bridge.url}/logged-out"]
    assert jwt.decode(query["id_token_hint"][0], options={"verify_signature": False})["sub"] == ANNA.username
    # It has told the bridge as well, whose own session was gone by then.
    assert [(logout.username, logout.accepted) for logout in site.provider.logouts()] == [(ANNA.username, True)]
    site.assert_asked_for_a_password(browser)


def test_signing_out_at_the_provider_ends_that_session_at_the_bridge_and_no_other(new_site, new_browser):
    site = new_site()
    own, second, tims = new_browser(), new_browser(), new_browser()
    for browser, person in ((own, ANNA), (second, ANNA), (tims, TIM)):
        site.join(browser, person)

    site.provider.sign_out_at_the_page(own)

    [logout] = site.provider.logouts()
    assert (logout.username, logout.accepted) == (ANNA.username, True) and logout.sid
    site.assert_asked_for_a_password(own)
    site.assert_still_in(second)
    site.assert_still_in(tims)


def test_a_logout_token_without_a_session_ends_all_of_the_person(new_site, new_browser):
    site = new_site(client={"backchannel_logout_session_required": False})
    own, second, tims = new_browser(), new_browser(), new_browser()
    for browser, person in ((own, ANNA), (second, ANNA), (tims, TIM)):
        site.join(browser, person)

    site.provider.sign_out_at_the_page(own)

    assert [(logout.username, logout.accepted) for logout in site.provider.logouts()] == [(ANNA.username, True)]
    site.assert_asked_for_a_password(own)
    # The provider still knows this browser and asks nothing; but the bridge has to ask the provider.
    seen = len(second.visited())
    second.open(site.bridge.room("comet"))
    assert site.at_provider(second, seen)
    site.assert_still_in(tims)


def test_an_administrator_signs_a_person_out_everywhere(new_site, new_browser):
    site = new_site()
    first, second, tims = new_browser(), new_browser(), new_browser()
    for browser, person in ((first, ANNA), (second, ANNA), (tims, TIM)):
        site.join(browser, person)

    site.provider.sign_out(ANNA)

    assert [(logout.username, logout.accepted) for logout in site.provider.logouts()] == [(ANNA.username, True)] * 2
    for browser in (first, second):
        site.assert_asked_for_a_password(browser)
    site.assert_still_in(tims)


# Pushed authorization requests (RFC 9126).


@pytest.mark.parametrize(
    "provider, client",
    [
        ("", {}),
        ('pushed_authorization = "always"', {"require_pushed_authorization_requests": True}),
    ],
    ids=["because the provider offers it", "because both insist on it"],
)
def test_a_pushed_request_leaves_nothing_in_the_browser_but_its_address(new_site, browser, provider, client):
    site = new_site(provider=provider, client=client)
    site.join(browser, TIM)

    [pushed] = site.provider.requests("pushed_authorization_request")
    assert (pushed.status, pushed.authentication) == (201, "client_secret_basic")
    assert {"state", "nonce", "code_challenge", "redirect_uri", "scope"} <= set(pushed.sent)
    [asked] = site.provider.requests("authorization")
    assert set(asked.sent) == {"client_id", "request_uri"}
    assert asked.sent["client_id"] == CLIENT_ID
    assert asked.understood["state"] == pushed.sent["state"]
    for address in site.at_provider(browser):
        assert pushed.sent["state"] not in address and pushed.sent["nonce"] not in address


def test_nothing_is_pushed_where_the_setting_says_never(new_site, browser):
    site = new_site(provider='pushed_authorization = "never"')
    site.join(browser, TIM)
    assert not site.provider.requests("pushed_authorization_request")
    [asked] = site.provider.requests("authorization")
    assert {"state", "nonce", "code_challenge", "redirect_uri", "scope"} <= set(asked.sent)


# A key in place of a secret (RFC 7523).

KEYS = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}
WITH_A_KEY = {"BRIDGE_PROVIDER__CLIENT_SECRET": None}


def key_file(folder, key):
    file = folder / "client-key.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    file.chmod(0o600)
    return file


def registration_of_a_key(algorithm, **metadata):
    registered = {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": algorithm}
    return {"client_secret": None} | registered | metadata


@pytest.fixture
def new_site_with_key(new_site, tmp_path):
    """Makes a site whose bridge has a key; the provider finds its public half where the bridge publishes it."""

    def make(algorithm, provider="", **metadata):
        url = new_url()
        published = {} if "jwks" in metadata else {"jwks_uri": f"{url}/.well-known/client-jwks.json"}
        file = key_file(tmp_path, KEYS[algorithm]())
        lines = f'client_authentication = "private_key_jwt"\nclient_key_file = "{file}"\n{provider}'
        client = registration_of_a_key(algorithm, **published, **metadata)
        return new_site(provider=lines, client=client, variables=WITH_A_KEY, url=url)

    return make


def thumbprint(jwk):
    """RFC 7638."""
    members = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}[jwk["kty"]]
    text = json.dumps({member: jwk[member] for member in members}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def assert_assertions(requests, algorithm, audience, bridge):
    """Each has shown a fresh assertion, as RFC 7523 wants it, and no secret."""
    assert {request.authentication for request in requests} == {"private_key_jwt"}
    [published] = json.loads(http.get(f"{bridge.url}/.well-known/client-jwks.json").body)["keys"]
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(published), "the private half is published"
    key = jwt.PyJWK(published)
    seen = set()
    for request in requests:
        assertion = request.sent["client_assertion"]
        assert request.sent["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        header = jwt.get_unverified_header(assertion)
        assert (header["alg"], header["kid"]) == (algorithm, thumbprint(published))
        claims = jwt.decode(assertion, key, [algorithm], audience=audience, issuer=CLIENT_ID)
        assert (claims["sub"], claims["aud"]) == (CLIENT_ID, audience)
        assert 0 < claims["exp"] - claims["iat"] <= 600
        seen.add(claims["jti"])
    assert len(seen) == len(requests), "an assertion was used twice"


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_client_with_a_key_shows_an_assertion_and_no_secret(new_site_with_key, browser, algorithm):
    site = new_site_with_key(algorithm)
    assert role(site.join(browser, TIM)) == "participant"

    requests = site.provider.client_requests()
    assert [request.endpoint for request in requests] == ["pushed_authorization_request", "token"]
    assert_assertions(requests, algorithm, site.provider.issuer, site.bridge)
    assert "client_assertion" not in "".join(browser.visited())


def test_an_assertion_is_for_the_token_endpoint_where_the_setting_says_so(new_site_with_key, browser):
    site = new_site_with_key("ES256", 'client_assertion_audience = "token_endpoint"')
    site.join(browser, TIM)
    assert_assertions(site.provider.client_requests(), "ES256", f"{site.provider.issuer}/token", site.bridge)


def test_a_client_whose_key_the_provider_does_not_know_gets_nobody_in(new_site_with_key, browser):
    other = jwt.algorithms.ECAlgorithm.to_jwk(KEYS["ES256"]().public_key(), as_dict=True)
    site = new_site_with_key("ES256", 'pushed_authorization = "never"', jwks={"keys": [other]})
    browser.open(site.bridge.room("rocket"))
    site.provider.sign_in(browser, TIM)

    site.assert_turned_away(browser)
    [token] = site.provider.requests("token")
    assert (token.authentication, token.status, token.error) == ("private_key_jwt", 401, "invalid_client")


# Answers by POST (OAuth 2.0 Form Post Response Mode).


@pytest.mark.parametrize("cross_site", [False, True], ids=["same site", "another site"])
def test_by_form_post_no_code_stands_in_any_address(new_site, new_front, browser, cross_site):
    options = {"provider": 'response_mode = "form_post"'}
    if cross_site:
        # From another site's page only cookies come along that are marked for it, and those want https.
        browser.trust_every_certificate()
        site = new_site(**options, **new_front(), host="127.0.0.1")
    else:
        site = new_site(**options)
    assert role(site.join(browser, TIM)) == "participant"

    posted = [request for request in site.callbacks(browser) if request.method == "POST"]
    assert [request.url for request in posted] == [f"{site.bridge.url}/callback"]
    answer = parse_qs(posted[0].body, strict_parsing=True)
    assert answer["iss"] == [site.provider.issuer]
    [token] = site.provider.requests("token")
    assert answer["code"] == [token.sent["code"]]
    for address in browser.visited():
        assert token.sent["code"] not in address and "code=" not in address
    [asked] = site.provider.requests("authorization")
    assert asked.understood["response_mode"] == "form_post"
    # What lasts does not go to other sites.
    assert {cookie["sameSite"] for cookie in browser.cookies(site.bridge.url).values()} == {"Lax"}
    site.assert_still_in(browser)


POST_AGAIN = """
    const [action, fields] = [%s, %s];
    const form = Object.assign(document.createElement("form"), { method: "post", action });
    for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    document.body.append(form);
    form.submit();
"""


def test_a_code_that_was_posted_is_good_once(new_site, browser):
    site = new_site(provider='response_mode = "form_post"')
    site.join(browser, TIM)
    form = next(request.body for request in site.callbacks(browser) if request.method == "POST")

    fields = {name: value for name, [value] in parse_qs(form).items()}
    browser.script(POST_AGAIN % (json.dumps(f"{site.bridge.url}/callback"), json.dumps(fields)))
    wait_until("the answer", lambda: browser.title() == "This sign-in is no longer valid")
    assert "eyJ" not in browser.source() and token_in(browser.url) is None
    assert len(site.provider.requests("token")) == 1


# A stronger sign-in.

ACR_REQUESTS = pytest.mark.parametrize("how", ["acr_values", "claims"])


def acr_asked_for(request):
    """By which of the two ways a sign-in has asked for which contexts."""
    claims = json.loads(request.understood.get("claims", "{}"))
    acr = claims.get("id_token", {}).get("acr") or {}
    values = acr.get("values") or [value for value in [acr.get("value")] if value]
    asked = {"acr_values": request.understood.get("acr_values", "").split(), "claims": values}
    return {way: values for way, values in asked.items() if values}


FRESH = """
[[policy.rules]]
name = "This room is for those who have just signed in"
groups = ["staff"]
rooms = ["fresh"]
max_auth_age = "1min"
role = "moderator"
"""


@ACR_REQUESTS
def test_a_room_that_asks_for_a_second_factor_sends_the_person_back_for_it_once(new_site, browser, how):
    site = new_site(provider=f'acr_request = "{how}"')
    assert role(site.join(browser, TIM)) == "participant"

    browser.open(site.bridge.room("vault"))
    site.provider.sign_in(browser, TIM, code="123456")
    claims = site.arrive(browser)

    assert (claims["room"], role(claims)) == ("vault", "moderator")
    [plain, stronger] = site.provider.requests("authorization")
    assert (acr_asked_for(plain), acr_asked_for(stronger)) == ({}, {how: [SECOND_FACTOR]})
    # The session has it from now on.
    seen = len(browser.visited())
    browser.open(site.bridge.room("vault"))
    site.arrive(browser)
    assert not site.at_provider(browser, seen)


def test_who_signs_in_for_such_a_room_first_is_sent_back_as_well(new_site, browser):
    site = new_site()
    browser.open(site.bridge.room("vault"))
    site.provider.sign_in(browser, TIM)
    site.provider.sign_in(browser, TIM, code="123456")
    assert role(site.arrive(browser)) == "moderator"
    assert len(site.provider.requests("authorization")) == 2


def test_who_comes_back_without_the_second_factor_is_refused_and_not_sent_round_again(new_site, browser):
    site = new_site()
    browser.open(site.bridge.room("vault"))
    site.provider.sign_in(browser, TIM)
    site.provider.sign_in(browser, TIM)

    site.assert_turned_away(browser)
    [plain, stronger] = site.provider.requests("authorization")
    assert (acr_asked_for(plain), acr_asked_for(stronger)) == ({}, {"acr_values": [SECOND_FACTOR]})
    assert "second factor" in browser.text() and TIM.name in browser.text()
    # What asks for no more than a password stays open.
    seen = len(browser.visited())
    browser.open(site.bridge.room("rocket"))
    assert role(site.arrive(browser)) == "participant"
    assert not site.at_provider(browser, seen)


def test_who_may_not_join_anyway_is_not_asked_for_a_second_factor(new_site, browser):
    site = new_site()
    browser.open(site.bridge.room("vault"))
    site.provider.sign_in(browser, NORA)
    site.assert_turned_away(browser)
    assert len(site.provider.requests("authorization")) == 1


def test_a_room_that_asks_for_a_fresh_sign_in_asks_for_the_password_again(new_site, browser):
    site = new_site(rules=FRESH)
    assert role(site.join(browser, TIM)) == "participant"
    site.provider.age(TIM, seconds=120)

    browser.open(site.bridge.room("fresh"))
    site.provider.sign_in(browser, TIM)
    assert role(site.arrive(browser)) == "moderator"

    [first, second] = site.provider.requests("authorization")
    assert ("max_age" in first.understood, second.understood["max_age"]) == (False, "60")
    site.assert_still_in(browser, "fresh")
    site.assert_still_in(browser, "rocket")


def test_who_has_just_signed_in_is_not_asked_for_the_password_again(new_site, browser):
    site = new_site(rules=FRESH)
    site.join(browser, TIM)
    # The bridge does not know when that was: the provider had no reason to tell.
    browser.open(site.bridge.room("fresh"))
    assert role(site.arrive(browser)) == "moderator"
    assert len(site.provider.requests("authorization")) == 2


def test_contexts_that_are_asked_for_of_everybody_must_have_been_reached(new_site, new_browser):
    site = new_site(provider=f'acr_values = ["{SECOND_FACTOR}"]')
    weak, strong = new_browser(), new_browser()
    for browser, code in ((weak, None), (strong, "123456")):
        browser.open(site.bridge.room("rocket"))
        site.provider.sign_in(browser, TIM, code)
    site.assert_turned_away(weak)
    assert role(site.arrive(strong)) == "participant"


# Signing in without a word.

SILENTLY = "?prompt=none"


def prompts(site):
    return [request.understood.get("prompt") for request in site.provider.requests("authorization")]


def test_whom_the_provider_knows_comes_in_silently(new_site, browser):
    site = new_site()
    site.join(browser, ANNA)
    browser.forget(site.bridge.url)
    seen = len(browser.visited())

    browser.open(site.bridge.room("rocket", SILENTLY))
    claims = site.arrive(browser)

    assert (role(claims), claims["context"]["user"]["name"]) == ("moderator", ANNA.name)
    assert prompts(site) == [None, "none"]
    assert not any("/interaction/" in address for address in site.at_provider(browser, seen)), "it was asked something"


def test_whom_the_provider_does_not_know_signs_in_after_all(new_site, browser):
    site = new_site()
    browser.open(site.bridge.room("rocket", SILENTLY))
    site.provider.sign_in(browser, TIM)
    assert role(site.arrive(browser)) == "participant"
    assert prompts(site) == ["none", None]


def test_whom_the_provider_does_not_know_comes_as_a_guest_where_the_setting_says_so(new_site, jitsi, browser):
    site = new_site(variables={"BRIDGE_JITSI__NOT_SIGNED_IN": "guest"})
    browser.open(site.bridge.room("rocket", SILENTLY))
    browser.wait_to_be_at(f"{jitsi.url}/rocket")
    assert token_in(browser.url) is None and "jwt" not in browser.url
    assert prompts(site) == ["none"]
    assert not site.provider.requests("token")

    # Whom Jitsi sends straight back has no other way in.
    browser.open(site.bridge.room("rocket", SILENTLY))
    site.provider.sign_in(browser, TIM)
    assert role(site.arrive(browser)) == "participant"


# Groups that change during a session.

OFFLINE = 'scopes = ["openid", "profile", "email", "offline_access"]\nprompt = "consent"'
AT_ONCE = 'refresh_groups_after = "1s"'


def refreshes(site):
    return [request for request in site.provider.requests("token") if request.sent["grant_type"] == "refresh_token"]


@pytest.mark.parametrize(
    "provider, refresh_tokens", [("", "always"), (OFFLINE, "offline_access")], ids=["always", "offline_access"]
)
def test_new_groups_count_without_a_new_sign_in(new_site, browser, provider, refresh_tokens):
    site = new_site(provider=provider, session=AT_ONCE, refresh_tokens=refresh_tokens)
    assert role(site.join(browser, TIM)) == "participant"
    seen = len(browser.visited())

    site.provider.change(TIM, groups=["staff", "leads"])
    wait_until("the new role", lambda: site.role_now(browser) == "moderator")
    site.provider.change(TIM, groups=["staff"])
    wait_until("the old role", lambda: site.role_now(browser) == "participant")
    site.provider.change(TIM, groups=[])
    wait_until("the refusal", lambda: site.role_now(browser) == "refused")

    assert not site.at_provider(browser, seen), "the person had to go to the provider"
    asked = refreshes(site)
    assert {(request.status, request.authentication) for request in asked} == {(200, "client_secret_basic")}
    tokens = [request.sent["refresh_token"] for request in asked]
    assert len(set(tokens)) == len(tokens) >= 3, "a refresh token was used twice"


def test_new_groups_come_from_userinfo_as_well(new_site, browser):
    site = new_site(session=AT_ONCE, id_token_claims=False)
    assert role(site.join(browser, TIM)) == "participant"
    seen = len(browser.visited())
    site.provider.change(TIM, groups=["staff", "leads"])
    wait_until("the new role", lambda: site.role_now(browser) == "moderator")
    assert not site.at_provider(browser, seen)
    assert len(site.provider.requests("userinfo")) == 1 + len(refreshes(site))


def test_whose_refresh_token_was_revoked_signs_in_again(new_site, new_browser):
    site = new_site(session=AT_ONCE)
    own, annas = new_browser(), new_browser()
    site.join(own, TIM)
    site.join(annas, ANNA)

    site.provider.revoke(TIM)

    wait_until("the provider's question", lambda: site.role_now(own) == "asked")
    assert site.role_now(annas) == "moderator"
    assert [request.error for request in refreshes(site) if request.status != 200] == ["invalid_grant"], "asked twice"
    assert not site.provider.logouts(), "nobody told the bridge"


def test_groups_are_not_asked_for_before_their_time(new_site, browser):
    site = new_site(session='refresh_groups_after = "1h"')
    site.join(browser, TIM)
    site.provider.change(TIM, groups=["staff", "leads"])
    assert [site.role_now(browser) for _ in range(3)] == ["participant"] * 3
    assert not refreshes(site)


def test_without_the_setting_groups_are_those_of_the_sign_in(new_site, browser):
    site = new_site()
    site.join(browser, TIM)
    site.provider.change(TIM, groups=["staff", "leads"])
    assert site.role_now(browser) == "participant"
    assert not refreshes(site)
