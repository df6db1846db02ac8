"""The tests' own idea of what Jitsi accepts: it must notice every fault, or the other tests prove nothing."""

import time

import jwt
import pytest

from support.jitsi_rules import room_joined, verify

SECRET = "s" * 32
NOW = int(time.time())
URL = "https://meet.example.org/weekly#jwt=%22{}%22"


def claims(**changes):
    user = {"id": "1", "name": "Anna", "affiliation": "member", "moderator": False} | changes.pop("user", {})
    times = {"iat": NOW, "nbf": NOW - 30, "exp": NOW + 3600}
    names = {"iss": "jitsi", "aud": "jitsi", "sub": "meet.jitsi", "room": "weekly", "jti": "1"}
    return names | times | {"moderator": False, "context": {"user": user}} | changes


def without(name):
    return {key: value for key, value in claims().items() if key != name}


def address(payload, secret=SECRET, algorithm="HS256", typ="JWT"):
    return URL.format(jwt.encode(payload, secret, algorithm, {"typ": typ}))


def test_a_token_in_order_passes():
    assert verify(address(claims()), SECRET)["room"] == "weekly"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://meet.example.org/weekly", id="no token"),
        pytest.param(address(claims(), secret="t" * 32), id="another secret"),
        pytest.param(address(claims(), secret="s" * 64, algorithm="HS512"), id="another algorithm"),
        pytest.param(address(claims(), secret=None, algorithm="none"), id="no signature"),
        pytest.param(address(claims(), typ="at+jwt"), id="another type"),
        pytest.param(address(claims(iss="other")), id="another issuer"),
        pytest.param(address(claims(aud="other")), id="another audience"),
        pytest.param(address(claims(aud=["jitsi"])), id="a list of audiences"),
        pytest.param(address(claims(sub="other")), id="another tenant"),
        pytest.param(address(claims(room="other")), id="another room"),
        pytest.param(address(claims(room="*")), id="every room"),
        pytest.param(address(claims(exp=NOW - 1)), id="expired"),
        pytest.param(address(claims(exp=NOW + 86400)), id="valid for too long"),
        pytest.param(address(claims(nbf=NOW + 60)), id="not valid yet"),
        pytest.param(address(without("exp")), id="no end"),
        pytest.param(address(without("jti")), id="no identifier"),
        pytest.param(address(claims(user={"avatar": None})), id="a null"),
        pytest.param(address(claims(user={"level": 42})), id="a number"),
        pytest.param(address(claims(user={"groups": ["a"]})), id="a list"),
        pytest.param(address(claims(user={"1st": "a"})), id="a name that is not one in XML"),
        pytest.param(address(claims(user={"name": "a\x07"})), id="a control character"),
        pytest.param(address(claims(user={"affiliation": "owner"})), id="two roles at once"),
        pytest.param(address(claims(moderator=True)), id="two roles at once, for the older module"),
        pytest.param(address(claims(context=claims()["context"] | {"room": {"regex": True}})), id="a pattern"),
        pytest.param(address(claims(context=claims()["context"] | {"features": {}})), id="not all features"),
    ],
)
def test_a_faulty_token_is_noticed(url):
    with pytest.raises((AssertionError, jwt.PyJWTError)):
        verify(url, SECRET)


def test_names_of_rooms_are_those_seen_at_a_real_prosody():
    expected = {
        "R%C3%A9union%20A": "r%c3%a9union%20a",
        "%C3%89cole": "%c3%a9cole",
        "it's": "its",
        "%EF%BC%A1%EF%BC%A2%EF%BC%A3": "abc",
        "%E2%84%96": "no",
    }
    assert {typed: room_joined(typed) for typed in expected} == expected
