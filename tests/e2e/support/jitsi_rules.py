"""What Jitsi accepts, written down independently of the bridge: the token (docs/jitsi.md) and the room's name."""

import json
import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes, urlsplit

import jwt

APP_ID = "jitsi"
AUDIENCE = "jitsi"
XMPP_DOMAIN = "meet.jitsi"
LONGEST_TOKEN = 7 * 1024
LONGEST_LIFETIME = 3 * 60 * 60
REQUIRED = ["iss", "aud", "sub", "room", "iat", "nbf", "exp", "jti"]
FEATURES = set(
    "branding calendar create-polls file-upload flip inbound-call livestreaming live-translation live-translation-subscribe"
    " lobby moderation outbound-call recording room screen-sharing send-groupchat send-private-message list-visitors sip-inbound-call"
    " sip-outbound-call transcription".split()
)
# Jitsi's client drops these from a name in the address bar …
_DROPPED = dict.fromkeys(map(ord, ":?#[]@!$&'()*+,;=><\"/"))
# … and JavaScript's encodeURIComponent leaves these alone.
_PLAIN = "-_.!~*'()"


def room_joined(path_part):
    """The room (MUC node) that Jitsi's client joins for the last part of an address's path."""
    name = path_part.translate(_DROPPED)
    try:
        name = unquote_to_bytes(name).decode()
    except UnicodeDecodeError:
        pass
    return quote(unicodedata.normalize("NFKC", name).lower(), safe=_PLAIN).lower()


def token_in(url):
    """The token in a meeting's address, or None: a JSON string in the fragment."""
    for setting in urlsplit(url).fragment.split("&"):
        key, _, value = setting.partition("=")
        if key == "jwt":
            return json.loads(unquote_to_bytes(value).decode())
    return None


def verify(url, secret):
    """The claims of the token in a meeting's address, once everything is as Prosody and its modules want it."""
    token = token_in(url)
    assert isinstance(token, str), f"no token in {url}"
    return verify_token(token, url, secret)


def verify_token(token, url, secret):
    """The same for a token that came another way, for the meeting at that address."""
    assert len(token) < LONGEST_TOKEN
    header = jwt.get_unverified_header(token)
    assert header["typ"] == "JWT" and header["alg"] == "HS256", header
    claims = jwt.decode(
        token,
        secret,
        algorithms=["HS256"],
        issuer=APP_ID,
        audience=AUDIENCE,
        leeway=0,
        options={"require": REQUIRED, "strict_aud": True},
    )
    assert claims["nbf"] < claims["iat"], "no allowance for a clock that is behind"
    assert 0 < claims["exp"] - claims["iat"] <= LONGEST_LIFETIME
    _check_values(claims, "token")
    _check_room(claims, url)
    _check_user(claims)
    _check_features(claims["context"])
    return claims


def _check_values(value, where):
    """A null crashes Prosody's plugins; a control character ends up as ill-formed XML in front of everybody."""
    assert value is not None, f"{where} is null"
    if isinstance(value, dict):
        for key, member in value.items():
            _check_values(member, f"{where}.{key}")
    elif isinstance(value, list):
        raise AssertionError(f"{where} is a list")
    elif isinstance(value, str):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]", value), f"{where}: {value!r}"


def _check_room(claims, url):
    *tenant, room = urlsplit(url).path.removeprefix("/").split("/")
    assert len(tenant) <= 1, url
    assert claims["room"] == room_joined(room), "the token is not for the room that the browser joins"
    assert claims["sub"] == (tenant[0] if tenant else XMPP_DOMAIN)
    assert claims["context"].get("tenant") == (tenant[0] if tenant else None)


def _check_user(claims):
    user = claims["context"]["user"]
    for key, value in user.items():
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", key), key
        assert isinstance(value, (str, bool)), f"{key}: {value!r}"
    assert isinstance(user["id"], str) and user["id"]
    # Either makes a moderator of somebody: they must say the same.
    moderator = claims.get("moderator")
    assert moderator in (True, False) and user["moderator"] is moderator
    assert user["affiliation"] == ("owner" if moderator else "member")


def _check_features(context):
    assert set(context) <= {"user", "features", "group", "tenant"}, "what else is in there may be a pattern or a password"
    if (features := context.get("features")) is not None:
        # One that is left out counts as denied: all or none.
        assert FEATURES <= set(features), FEATURES - set(features)
        assert all(isinstance(value, bool) for value in features.values()), features
