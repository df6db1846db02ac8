"""oidc-provider, which is certified for OpenID Connect, and has options switched on that Keycloak has not."""

import json
import secrets
import shutil
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from . import http
from .process import Server, free_port
from .settings import OIDC_PROVIDER
from .waiting import wait_until

START_SECONDS = 30
CLIENT_ID = "jitsi-oidc-bridge"
PASSWORD_ONLY = "urn:example:password"
SECOND_FACTOR = "urn:example:mfa"

FORM = "#login"
NAME = "[name=username]"
PASSWORD = "[name=password]"
CODE = "[name=code]"
SUBMIT = "#login button"
SIGN_OUT = "#sign-out"
GOODBYE = "#goodbye"


@dataclass(frozen=True)
class Request:
    """What the provider was asked for."""

    # oidc-provider's names: authorization, pushed_authorization_request, token, userinfo, end_session, …
    endpoint: str
    method: str
    sent: dict
    # The same, but with the content of a pushed request in place of its address.
    understood: dict
    # How the client has shown who it is: "none", or one or several methods.
    authentication: str
    status: int
    error: str | None


@dataclass(frozen=True)
class Logout:
    """A logout token that was sent, and whether it was accepted."""

    username: str
    sid: str
    accepted: bool


def client_of(bridge_url, secret, **metadata):
    """A client's registration; `metadata` go above the usual ones, None takes one away."""
    client = {
        "client_id": CLIENT_ID,
        "client_secret": secret,
        "redirect_uris": [f"{bridge_url}/callback"],
        "post_logout_redirect_uris": [f"{bridge_url}/logged-out"],
        "backchannel_logout_uri": f"{bridge_url}/backchannel-logout",
        "backchannel_logout_session_required": True,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    } | metadata
    return {name: value for name, value in client.items() if value is not None}


class OidcProvider:
    def __init__(
        self,
        node,
        node_modules,
        home,
        client,
        groups,
        log,
        host="localhost",
        id_token_claims=True,
        refresh_tokens="always",
        id_token_seconds=600,
    ):
        """`groups` has a list for each person. Without `id_token_claims`, only userinfo says more than a subject."""
        # Node.js looks for packages beside the program.
        shutil.copytree(OIDC_PROVIDER, home)
        (home / "node_modules").symlink_to(node_modules)
        self.issuer = self.url = f"http://{host}:{free_port()}"
        # Nobody else on this machine is to play the administrator.
        control_key = secrets.token_urlsafe(16)
        self._control = f"{self.url}/control/{control_key}"
        settings = {
            "controlKey": control_key,
            "issuer": self.issuer,
            "keys": _new_keys(),
            "client": client,
            "people": [_described(person, names) for person, names in groups.items()],
            "idTokenClaims": id_token_claims,
            "refreshTokens": refresh_tokens,
            "idTokenSeconds": id_token_seconds,
        }
        self._settings = settings
        self._server = Server("oidc-provider", [node, home / "server.mjs"], {}, log, cwd=home)

    def start(self):
        self._server.environment["OIDC_PROVIDER_SETTINGS"] = json.dumps(self._settings)
        self._server.start(self._is_ready, START_SECONDS)

    def stop(self):
        return self._server.stop()

    def kill(self):
        """Ends it as a power cut does: whatever it remembers of people is gone."""
        self._server.kill()

    def change_keys(self):
        """Signs with keys that nobody knows from its next start on."""
        self._settings["keys"] = _new_keys()

    def _is_ready(self):
        answer = http.get(f"{self.issuer}/.well-known/openid-configuration")
        return answer is not None and answer.status == 200

    # What happened.

    def requests(self, endpoint):
        """What came to one of the endpoints, in order."""
        return [request for request in self._requests() if request.endpoint == endpoint]

    def client_requests(self):
        """What the client asked for by itself, with its credentials."""
        endpoints = ("pushed_authorization_request", "token")
        return [request for request in self._requests() if request.endpoint in endpoints]

    def _requests(self):
        return [Request(**request) for request in self._ask("GET", "requests")]

    def logouts(self):
        return [Logout(**logout) for logout in self._ask("GET", "logouts")]

    # What an administrator does.

    def change(self, person, **claims):
        """Changes what is known of a person."""
        self._ask("POST", "claims", username=person.username, claims=claims)

    def age(self, person, seconds):
        """Makes the sign-ins of a person older."""
        self._ask("POST", "age", username=person.username, seconds=seconds)

    def sign_out(self, person):
        """Ends all sessions of a person and their refresh tokens, and tells the client."""
        self._ask("POST", "sign-out", username=person.username)

    def revoke(self, person):
        """Does the same, and tells nobody."""
        self._ask("POST", "revoke", username=person.username)

    def forge_userinfo(self, **claims):
        """From now on, signed answers of the userinfo endpoint hold these claims, which nobody signed."""
        self._ask("POST", "forge-userinfo", claims=claims)

    def _ask(self, method, command, **arguments):
        body = json.dumps(arguments) if method == "POST" else None
        answer = http.send(method, f"{self._control}/{command}", body)
        assert answer is not None and answer.status == 200, f"{command}: {answer}"
        return json.loads(answer.body)

    # What people do at its pages.

    def wait_for_form(self, browser):
        wait_until("the provider's form", lambda: browser.is_at(self.url) and browser.has(FORM))

    def sign_in(self, browser, person, code=None):
        """Fills in the form; with a code, by a second factor."""
        self.wait_for_form(browser)
        form = browser.url
        browser.fill(NAME, person.username)
        browser.fill(PASSWORD, person.password)
        if code is not None:
            browser.fill(CODE, code)
        browser.press(SUBMIT)
        wait_until("the way on from the form", lambda: browser.url != form)

    def sign_out_at_the_page(self, browser):
        """Where no client has sent the browser."""
        browser.open(f"{self.url}/session/end")
        wait_until("the provider's question", lambda: browser.has(SIGN_OUT))
        browser.press(SIGN_OUT)
        wait_until("the provider's goodbye", lambda: browser.has(GOODBYE))


def _new_keys():
    """One of each kind. Made here, since Node.js 20 now and then hung while it made them."""
    made = (
        (RSAAlgorithm, rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        (ECAlgorithm, ec.generate_private_key(ec.SECP256R1())),
        (OKPAlgorithm, ed25519.Ed25519PrivateKey.generate()),
    )
    keys = [algorithm.to_jwk(key, as_dict=True) for algorithm, key in made]
    return [{name: value for name, value in key.items() if name != "key_ops"} | {"use": "sig"} for key in keys]


def _described(person, groups):
    claims = {
        "name": person.name,
        "preferred_username": person.username,
        "email": person.email,
        "email_verified": True,
        "groups": list(groups),
    }
    return {"username": person.username, "password": person.password, "claims": claims}
