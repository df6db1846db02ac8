"""RS256: how Prosody gets public keys, and what that asks of whoever publishes them.

The keys and the tokens are made here: this pins Prosody's part, not the bridge's.
"""

import time

import pytest

from support.bosh import Refused
from support.client import Client
from support.keys import KeyServer, SigningKey
from support.people import SARA
from support.tokens import claims
from support.waiting import wait_until


@pytest.fixture
def new_key_server():
    started = []

    def start(**options):
        started.append(KeyServer(**options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def by_asap(server):
    """Settings with which Prosody asks for each key by name."""
    return {"JWT_APP_SECRET": None, "JWT_SIGN_TYPE": "RS256", "JWT_ASAP_KEYSERVER": server.url}


def by_jwks(server):
    """Settings with which Prosody fetches all keys now and then; docker-jitsi-meet has no variable for it."""
    return {
        "JWT_APP_SECRET": None,
        "JWT_SIGN_TYPE": "RS256",
        "XMPP_CONFIGURATION": f'cache_keys_url = "{server.jwks_url}"',
    }


@pytest.fixture
def needs_jwks(plugins):
    if not plugins.know_jwks():
        pytest.skip("these plugins do not read a JWKS")


@pytest.fixture
def payload(visitors):
    """What the bridge says of Sara."""
    return claims(visitors[SARA].token("weekly"))


def wait_for_fetch(server, times=1):
    wait_until(f"Prosody's fetch number {times} of the keys", lambda: server.asked.count("/jwks.json") >= times)


def test_a_key_is_asked_for_by_the_hash_of_its_kid_once(new_prosody, new_key_server, payload):
    server, key = new_key_server(), SigningKey("2026-08")
    server.published = [key]
    prosody = new_prosody(**by_asap(server))
    prosody.open_room("weekly")
    for _ in range(3):
        assert Client(prosody, "weekly", key.sign(payload)).join().role == "participant"
    assert server.asked == [key.asap_path()]


def test_with_a_key_server_a_new_key_works_at_once_and_the_old_one_still_does(new_prosody, new_key_server, payload):
    server, old, new = new_key_server(), SigningKey("old"), SigningKey("new")
    server.published = [old]
    prosody = new_prosody(**by_asap(server))
    prosody.open_room("weekly")
    Client(prosody, "weekly", old.sign(payload)).join()

    server.published = [new]

    assert Client(prosody, "weekly", new.sign(payload)).join().role == "participant"
    # Kept without an end: a kid must never be used again for another key.
    assert Client(prosody, "weekly", old.sign(payload)).join().role == "participant"
    with pytest.raises(Refused, match="Invalid signature"):
        Client(prosody, "weekly", SigningKey("old").sign(payload)).connect()


def test_a_key_that_nobody_publishes_is_refused(new_prosody, new_key_server, payload):
    server = new_key_server()
    prosody = new_prosody(**by_asap(server))
    with pytest.raises(Refused, match="could not obtain public key"):
        Client(prosody, "weekly", SigningKey("unknown").sign(payload)).connect()


def test_with_a_key_server_a_token_without_kid_or_by_secret_is_refused(new_prosody, new_key_server, visitors):
    prosody = new_prosody(**by_asap(new_key_server()) | {"JWT_APP_SECRET": "s" * 32})
    with pytest.raises(Refused, match="'kid' claim is missing"):
        Client(prosody, "weekly", visitors[SARA].token("weekly")).connect()


@pytest.mark.parametrize("algorithm", ["RS384", "RS512"])
def test_other_rsa_algorithms_work_where_they_are_named_and_nowhere_else(
    new_prosody, new_key_server, payload, algorithm
):
    server, key = new_key_server(), SigningKey("2026-08")
    server.published = [key]
    prosody = new_prosody(**by_asap(server) | {"JWT_SIGN_TYPE": algorithm})
    prosody.open_room("weekly")
    assert Client(prosody, "weekly", key.sign(payload, algorithm)).join().role == "participant"
    with pytest.raises(Refused, match="Invalid or incorrect alg"):
        Client(prosody, "weekly", key.sign(payload)).connect()


@pytest.mark.usefixtures("needs_jwks")
def test_keys_of_a_jwks_verify_tokens_and_are_fetched_ahead(new_prosody, new_key_server, payload):
    server, key, next_key = new_key_server(), SigningKey("2026-08"), SigningKey("2026-09")
    server.published = [key, next_key]
    prosody = new_prosody(**by_jwks(server))
    prosody.open_room("weekly")
    wait_for_fetch(server)
    before = len(server.asked)
    for signer in (key, next_key):
        assert Client(prosody, "weekly", signer.sign(payload)).join().role == "participant"
    assert len(server.asked) == before, "a login made Prosody ask for keys"
    with pytest.raises(Refused, match="Invalid signature"):
        Client(prosody, "weekly", SigningKey("2026-08").sign(payload)).connect()


@pytest.mark.usefixtures("needs_jwks")
def test_a_rotation_by_max_age_loses_nobody(new_prosody, new_key_server, payload):
    """A new key is published; it signs once Prosody has fetched it; the old one goes. All the while, people come."""
    server, old, new = new_key_server(max_age=2), SigningKey("old"), SigningKey("new")
    server.published = [old]
    prosody = new_prosody(**by_jwks(server))
    prosody.open_room("weekly")
    wait_for_fetch(server)

    def come(signer):
        token = signer.sign(payload | {"exp": int(time.time()) + 60})
        assert Client(prosody, "weekly", token).join().role == "participant"

    def people_come_until_fetched_again(*signers):
        seen = server.asked.count("/jwks.json")
        # One that began before may hold the list of before: the second is one that certainly does not.
        while server.asked.count("/jwks.json") < seen + 2:
            for signer in signers:
                come(signer)

    server.published = [old, new]
    people_come_until_fetched_again(old)
    server.published = [new]
    people_come_until_fetched_again(old, new)
    come(new)


@pytest.mark.usefixtures("needs_jwks")
def test_max_age_is_obeyed_and_never_zero_or_prosody_asks_without_end(new_prosody, new_key_server):
    """Why whoever publishes keys must name a max-age, and not zero."""
    patient, hurried = new_key_server(max_age=3600), new_key_server(max_age=0)
    for server in (patient, hurried):
        new_prosody(**by_jwks(server))
    wait_for_fetch(hurried, times=50)
    # One for each module that verifies tokens.
    assert len(patient.asked) <= 2


@pytest.mark.usefixtures("needs_jwks")
def test_a_key_that_signs_before_prosody_has_fetched_it_leaves_people_without_an_answer(
    new_prosody, new_key_server, payload
):
    """Why a key has to be published at least one max-age before it signs."""
    server, key, early = new_key_server(), SigningKey("2026-08"), SigningKey("2026-09")
    server.published = [key]
    prosody = new_prosody(**by_jwks(server))
    prosody.may_fail = True
    wait_for_fetch(server)
    server.published = [key, early]
    with pytest.raises(AssertionError, match="an answer to signing in did not come"):
        Client(prosody, "weekly", early.sign(payload), patience=3).connect()
    assert "Traceback" in prosody.said()
