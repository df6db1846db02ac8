"""The bridge signs with keys, and a real Prosody fetches them from it: by name, as a set, and while they change."""

import subprocess
import time

import jwt
import pytest

from support import http
from support.bridge import Bridge, new_url
from support.client import Client
from support.provider import Provider
from support.visitor import Visitor
from support.waiting import wait_until

ALICE = {"sub": "42", "name": "Alice", "preferred_username": "alice", "groups": ["/staff"]}


@pytest.fixture
def provider():
    provider = Provider("jitsi-oidc-bridge")
    provider.claims = ALICE
    yield provider
    provider.stop()


@pytest.fixture
def new_signing_bridge(settings, keys, jitsi, redis, provider, tmp_path):
    """Starts a bridge that signs with a keyring of its own; gives the bridge and a way to run `keys` on the keyring."""
    started = []

    def start(algorithm="RS256", max_age="1h"):
        keyring = tmp_path / f"ring-{len(started)}" / "keys.toml"
        keyring.parent.mkdir()

        def on_keyring(command, *arguments):
            line = [settings.bridge, "keys", command, "--keyring", keyring, *arguments]
            return subprocess.run(line, check=True, capture_output=True, text=True).stdout

        on_keyring("generate")
        log = settings.logs / "bridge-with-keys.log"
        bridge = Bridge(
            settings.bridge, new_url(), jitsi.url, provider.issuer, provider.issuer, redis.url, keys, log,
            BRIDGE_TOKEN__SECRET=None,
            BRIDGE_TOKEN__ALGORITHM=algorithm,
            BRIDGE_TOKEN__KEYRING=str(keyring),
            BRIDGE_TOKEN__KEYS_MAX_AGE=max_age,
        )
        bridge.start()
        started.append(bridge)
        return bridge, on_keyring

    yield start
    for bridge in started:
        assert bridge.stop() == 0


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_prosody_believes_the_bridges_keys_by_name(new_prosody, new_signing_bridge, jitsi, algorithm):
    bridge, on_keyring = new_signing_bridge(algorithm)
    prosody = new_prosody(JWT_APP_SECRET=None, JWT_SIGN_TYPE=algorithm, JWT_ASAP_KEYSERVER=f"{bridge.url}/asap")
    prosody.open_room("weekly")
    visitor = Visitor(bridge, jitsi)
    assert Client(prosody, "weekly", visitor.token("weekly")).join().role == "participant"
    # A key that signs at once, without having been published before: asked for by its name.
    on_keyring("generate", "--publish-ahead", "0s")
    first = jwt.get_unverified_header(visitor.token("weekly"))["kid"]
    wait_until("the new key's first token", lambda: jwt.get_unverified_header(visitor.token("weekly"))["kid"] != first)
    assert Client(prosody, "weekly", visitor.token("weekly")).join().role == "participant"


def test_prosody_follows_a_rotation_by_the_published_age_and_nobody_is_refused(
    plugins, new_prosody, new_signing_bridge, jitsi
):
    if not plugins.know_jwks():
        pytest.skip("these plugins do not read a JWKS")
    # Asked again 60 seconds before the end: every second.
    bridge, on_keyring = new_signing_bridge(max_age="61s")
    url = f"{bridge.url}/.well-known/jwks.json"
    prosody = new_prosody(JWT_APP_SECRET=None, JWT_SIGN_TYPE="RS256", XMPP_CONFIGURATION=f'cache_keys_url = "{url}"')
    prosody.open_room("weekly")
    visitor = Visitor(bridge, jitsi)
    wait_until("Prosody's first look at the keys", lambda: "/.well-known/jwks.json" in bridge.log())
    signers, tokens = [], []
    on_keyring("generate", "--publish-ahead", "8s", "--retire-after", "8s")
    end = time.monotonic() + 26
    while time.monotonic() < end:
        token = visitor.token("weekly")
        assert Client(prosody, "weekly", token).join().role == "participant"
        signer = jwt.get_unverified_header(token)["kid"]
        if signer not in signers:
            signers.append(signer)
            tokens.append(token)
    # Who got a token by the old key still comes back with it: Prosody keeps a removed key for another while.
    assert Client(prosody, "weekly", tokens[0]).join().role == "participant"
    assert len(signers) == 2
    published = http.get(url)
    assert signers[0] not in published.body and signers[1] in published.body
