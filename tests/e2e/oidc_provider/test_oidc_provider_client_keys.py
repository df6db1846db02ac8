"""A key in place of a secret (RFC 7523)."""

import base64
import hashlib
import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from support import http
from support.bridge import new_url
from support.meeting import role
from support.oidc_provider import CLIENT_ID
from support.people import TIM

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
