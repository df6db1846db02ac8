"""What Prosody refuses, in its own words: docs/jitsi.md explains them to administrators."""

import time

import pytest

from support.bosh import Refused
from support.client import Client
from support.people import SARA
from support.prosody_config import DOMAIN
from support.tokens import altered

# What is wrong with the token; Prosody's words.
FAULTS = [
    pytest.param({"secret": "t" * 64}, "Invalid signature", id="another secret"),
    pytest.param({"iss": "other"}, "invalid 'iss' claim", id="another issuer"),
    pytest.param({"aud": "other"}, "invalid 'aud' claim", id="another audience"),
    pytest.param({"aud": ["jitsi"]}, "invalid 'aud' claim", id="a list of audiences"),
    pytest.param({"without": ["aud"]}, "'aud' claim is missing", id="no audience"),
    pytest.param({"exp": int(time.time()) - 1}, "Not acceptable by exp", id="expired"),
    pytest.param({"nbf": int(time.time()) + 3600}, "Not acceptable by nbf", id="not valid yet"),
]


@pytest.mark.parametrize("fault, words", FAULTS)
def test_a_faulty_token_is_refused_with_the_reason(prosody, visitors, keys, fault, words):
    prosody.open_room("weekly")
    token = altered(visitors[SARA].token("weekly"), **({"secret": keys.token} | fault))
    with pytest.raises(Refused, match=words):
        Client(prosody, "weekly", token).connect()
    assert f"reason:{words}" in prosody.said()


def test_what_is_no_token_is_refused(prosody):
    with pytest.raises(Refused, match="Invalid token"):
        Client(prosody, "weekly", "garbage").connect()


def test_another_algorithm_is_refused(new_prosody, bring):
    prosody = new_prosody(JWT_SIGN_TYPE="HS512")
    with pytest.raises(Refused, match="Invalid or incorrect alg"):
        bring(SARA, "weekly", prosody).connect()


def test_a_token_for_one_room_does_not_open_another(prosody, visitors):
    for room in ("weekly", "monthly"):
        prosody.open_room(room)
    token = visitors[SARA].token("weekly")
    Client(prosody, "weekly", token).join()
    stranger = Client(prosody, "monthly", token)
    with pytest.raises(Refused) as refused:
        stranger.join()
    assert refused.value.condition == "not-allowed" and refused.value.lobby is None
    assert "not allowed to join: monthly@muc.meet.jitsi" in prosody.said()


def test_nobody_enters_the_members_domain_without_a_token(prosody):
    prosody.open_room("weekly")
    with pytest.raises(Refused, match="token required"):
        Client(prosody, "weekly", domain=DOMAIN).connect()


def test_with_empty_tokens_allowed_anybody_enters_the_members_domain(new_prosody):
    """Why docker-compose.yml says JWT_ALLOW_EMPTY=0: there, nobody waits for anybody."""
    prosody = new_prosody(JWT_ALLOW_EMPTY="1")
    prosody.open_room("weekly")
    assert Client(prosody, "weekly", domain=DOMAIN).join().role == "participant"
