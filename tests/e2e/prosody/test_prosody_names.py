"""Whatever a provider says of a person, they get into the room, and what the others are told of them is XML."""

import pytest

from support.bridge import Bridge, new_url
from support.client import Client
from support.people import SARA
from support.provider import Provider
from support.tokens import claims
from support.visitor import Visitor

NAMES = {
    "control characters": "Al\x00i\x07ce\x1b[31m\x7f",
    "line breaks": "Alice\r\nBob\tCarl",
    "emoji": "Zoë 👩‍🚀 🏳️‍🌈",
    "bidi marks": "\u202egnp.ecilA\u202c \u2066x\u2069\u200f",
    "markup": "<b>Alice</b> & \"Bob\" 'Carl' ]]> <!--",
    "not in XML": "Alice\ufffe\uffff",
    "lua": "]]; os.exit() --[[ %s {{name}}",
    "long": "A" * 5000,
    "nothing but what goes": "\u200b\x00\u202e",
}


@pytest.fixture(scope="module")
def provider():
    provider = Provider("jitsi-oidc-bridge")
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def gullible_bridge(settings, keys, jitsi, redis, provider):
    """A bridge whose provider says anything."""
    log = settings.logs / "bridge-with-any-provider.log"
    bridge = Bridge(settings.bridge, new_url(), jitsi.url, provider.issuer, provider.issuer, redis.url, keys, log)
    bridge.start()
    yield bridge
    assert bridge.stop() == 0


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_of_any_kind_breaks_nobodys_meeting(new_prosody, visitors, gullible_bridge, provider, jitsi, kind):
    prosody = new_prosody(XMPP_MODULES="persistent_lobby,presence_identity")
    prosody.open_room("weekly")
    provider.claims = {
        "sub": "42",
        "name": NAMES[kind],
        "preferred_username": "alice",
        "email": "alice@example.org",
        "picture": f"https://example.org/{NAMES[kind]}",
        "groups": ["/staff"],
    }
    token = Visitor(gullible_bridge, jitsi).token("weekly")
    sara, alice = Client(prosody, "weekly", visitors[SARA].token("weekly")), Client(prosody, "weekly", token)
    sara.join()

    assert alice.join().role == "participant"

    told = sara.sees(alice.nick).identity()
    assert told["name"] == claims(token)["context"]["user"]["name"]
    assert told["name"].strip() and not any(ord(sign) < 32 for sign in told["name"])
    assert told["id"] == claims(token)["context"]["user"]["id"]
    # Nothing that came with it has thrown either of them out.
    late = Client(prosody, "weekly")
    late.join()
    assert sara.sees(late.nick) and alice.sees(late.nick)
