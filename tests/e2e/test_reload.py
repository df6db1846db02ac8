"""The configuration of a running bridge is changed, while people come without a pause."""

import threading
from contextlib import contextmanager

import jwt
import pytest

from support.bridge import Secrets
from support.configured import asking_nothing
from support.configured import configured as a_configured
from support.visitor import NotLetIn, Visitor


@pytest.fixture(scope="module")
def provider():
    with asking_nothing() as provider:
        yield provider


@pytest.fixture
def configured(request, settings, jitsi, provider, tmp_path):
    with a_configured(settings, jitsi, provider, tmp_path, request.node.name) as configured:
        yield configured


@contextmanager
def people_come(bridge, jitsi):
    """Lets people sign in one after the other, and others come again and again in one session, until the end of the
    block; gives how many have come. Whoever was not let in fails the test in the end."""
    over, came, failed = threading.Event(), [], []

    def come(new):
        visitor = Visitor(bridge, jitsi)
        while not over.is_set():
            try:
                visitor = Visitor(bridge, jitsi) if new else visitor
                came.append(visitor.token("standup"))
            except (NotLetIn, OSError, AssertionError) as error:
                failed.append(repr(error)[:500])
            over.wait(0.05)

    threads = [threading.Thread(target=come, args=(new,)) for new in (True, True, False)]
    for thread in threads:
        thread.start()
    try:
        yield lambda: len(came)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not failed, failed[:3]
    assert all(came), "somebody came without a token"


def hours_of(token, key):
    claims = jwt.decode(token, key, ["HS256"], audience="jitsi")
    return round((claims["exp"] - claims["iat"]) / 3600)


def test_sighup_takes_over_what_is_written_and_nobody_who_signs_in_meanwhile_notices(configured, jitsi):
    bridge = configured.bridge
    resident = Visitor(bridge, jitsi)
    with people_come(bridge, jitsi) as count:
        for round_ in range(1, 11):
            hours = round_ % 3 + 1
            configured.write(hours)
            bridge.hang_up()
            configured.tells("configuration reloaded: ", times=round_)
            assert hours_of(resident.token("standup"), configured.keys.token) == hours
        assert count() > 20
    assert configured.told('"level":"ERROR"') == 0


def test_a_changed_file_is_taken_by_itself_and_a_spoilt_one_changes_nothing(configured, jitsi, provider):
    bridge = configured.bridge
    resident = Visitor(bridge, jitsi)
    assert hours_of(resident.token("standup"), configured.keys.token) == 1
    with people_come(bridge, jitsi):
        configured.write(hours=2)
        configured.tells("configuration reloaded: token")
        assert hours_of(resident.token("standup"), configured.keys.token) == 2

        configured.spoil()
        configured.tells("the old one stays in force")
        assert configured.told("bridge.toml:8: not valid TOML") == 1
        assert hours_of(resident.token("standup"), configured.keys.token) == 2

        configured.write(hours=3, level="warn")
        configured.tells("configuration reloaded: log, token")
        assert configured.told("the old one stays in force") == 1, "it is told again at every look"
        # Who is known is not asked to sign in again: the provider would name somebody else now.
        provider.claims = provider.claims | {"name": "Somebody else"}
        token = resident.token("standup")
        assert jwt.decode(token, options={"verify_signature": False})["context"]["user"]["name"] == "Alice"
    lines = configured.told("GET /sso/room/standup 303")
    resident.token("standup")
    assert configured.told("GET /sso/room/standup 303") == lines, "requests that went well are told at warn"


def test_a_changed_secret_file_signs_from_then_on(configured, jitsi):
    bridge = configured.bridge
    visitor = Visitor(bridge, jitsi)
    other = Secrets().token
    configured.secret.write_text(other)
    configured.tells("configuration reloaded: token")
    assert hours_of(visitor.token("standup"), other) == 1
    assert other not in bridge.log() and configured.keys.token not in bridge.log()
