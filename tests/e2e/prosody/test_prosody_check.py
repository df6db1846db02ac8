"""The command `check` against a real Prosody, set right and set wrong: docs/jitsi.md, "Try it: `check`"."""

import json
import re
import subprocess

import pytest

import support.prosody
from support import prosody_config
from support.jicofo import Jicofo, Owners

CONFIG = """
[server]
public_url = "http://localhost:1/sso"

[jitsi]
url = "{jitsi}"
{further}

[token]
secret = "{secret}"

[provider]
issuer = "http://localhost:1/issuer"
client_id = "jitsi-oidc-bridge"
client_secret = "none"

[policy]
default = "participant"
{rules}
"""
NAME = "bridge-check-[0-9a-f]{16}"
ROOM = re.compile(rf"{NAME}@muc\.({NAME}\.)?meet\.jitsi")
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+")


class Checked:
    """What `check` found in Jitsi's meetings."""

    def __init__(self, text):
        assert not TOKEN.search(text), "a token was printed"
        areas = {area["area"]: area["findings"] for area in json.loads(text)["areas"]}
        self.findings = {finding["id"]: finding for finding in areas["jitsi-meetings"]}

    def verdict(self, id):
        return self.findings[id]["verdict"]

    def bad(self):
        return {id: f for id, f in self.findings.items() if f["verdict"] != "good"}

    def says(self, id, verdict, said, mend=""):
        finding = self.findings[id]
        assert finding["verdict"] == verdict, self.findings
        assert said in finding["said"] and mend in finding.get("mend", ""), finding
        return True


@pytest.fixture
def check(settings, keys, tmp_path):
    """Runs the program against a Prosody; with further settings of [jitsi], another secret, or a rule."""

    def run(prosody, further="", secret=keys.token, rule=None):
        file = tmp_path / "check.toml"
        jitsi = prosody.url.removesuffix("/http-bind")
        rules = f"[[policy.rules]]\n{rule}" if rule else ""
        file.write_text(CONFIG.format(jitsi=jitsi, further=further, secret=secret, rules=rules))
        command = [settings.bridge, "check", "--json", "--config", file]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={})
        assert "panicked" not in done.stderr and secret not in done.stdout + done.stderr
        return Checked(done.stdout)

    return run


@pytest.fixture
def jitsi(new_prosody):
    """Starts a Prosody with a Jicofo; variables as for docker-jitsi-meet."""
    started = []

    def start(owners=Owners.NOBODY, **variables):
        prosody = new_prosody(**variables)
        jicofo = Jicofo(prosody, owners)
        jicofo.start()
        started.append(jicofo)
        prosody.jicofo = jicofo
        return prosody

    yield start
    for jicofo in started:
        jicofo.stop()


@pytest.fixture
def badly_written(jitsi, monkeypatch):
    """Starts a Prosody whose configuration has been changed by hand: each text, and what it is replaced by."""

    def start(replaced, owners=Owners.NOBODY, **variables):
        def render(*arguments):
            text = prosody_config.render(*arguments)
            for before, after in replaced.items():
                assert before in text
                text = text.replace(before, after)
            return text

        monkeypatch.setattr(support.prosody, "render", render)
        return jitsi(owners, **variables)

    return start


def test_a_jitsi_as_shipped_has_nothing_to_mend_and_is_left_as_it_was(jitsi, check):
    prosody = jitsi()
    found = check(prosody)
    assert not found.bad()
    assert found.says("meetings-guests", "good", "guests are allowed")
    assert found.says("meetings-guests-start", "good", "waits in the lobby")
    # Rooms of random names, and nobody is left in any.
    rooms = prosody.jicofo.rooms
    assert rooms and all(ROOM.match(room) for room in rooms), rooms
    assert all(prosody.jicofo.is_alone_in(room) for room in rooms)


def test_without_guests_it_says_so(jitsi, check):
    found = check(jitsi(ENABLE_GUESTS="0"))
    assert not found.bad()
    assert found.says("meetings-guests", "good", "guests are not allowed")


def test_another_secret_is_told(jitsi, check):
    found = check(jitsi(), secret="s" * 64)
    assert found.says("meetings-token", "fault", "Invalid signature", "JWT_APP_SECRET")
    assert set(found.bad()) == {"meetings-token"}


def test_a_secret_with_quotes_around_it_is_told(jitsi, check, keys):
    found = check(jitsi(), secret=f"'{keys.token}'")
    assert found.says("meetings-token", "fault", "quotes around the bridge's", "without quotes")


@pytest.mark.parametrize(
    "further, variables, said, mend",
    [
        pytest.param('app_id = "other"', {}, 'It accepts "jitsi"', 'jitsi.app_id = "jitsi"', id="issuer"),
        pytest.param('audience = "other"', {}, 'It accepts "jitsi"', 'jitsi.audience = "jitsi"', id="audience"),
        pytest.param("", {"JWT_SIGN_TYPE": "HS512"}, "It wants HS512", 'token.algorithm = "HS512"', id="algorithm"),
        pytest.param("", {"JWT_APP_SECRET": None, "JWT_ASAP_KEYSERVER": "http://127.0.0.1:1", "JWT_SIGN_TYPE": "RS256"},
                     "signs with a secret", "Keys instead of a secret", id="keys"),
    ],
)
def test_the_setting_that_differs_is_told(jitsi, check, further, variables, said, mend):
    found = check(jitsi(**variables), further)
    assert found.says("meetings-token", "fault", said, mend)
    assert set(found.bad()) == {"meetings-token"}


def test_another_domain_is_told(jitsi, check):
    found = check(jitsi(), 'xmpp_domain = "meet.example.org"')
    assert found.says("meetings-domain", "fault", "meet.example.org", "jitsi.xmpp_domain")


def test_without_token_verification_a_token_opens_every_room(badly_written, check):
    prosody = badly_written({'"token_verification"; ': ""})
    found = check(prosody)
    assert found.says("meetings-other-room", "fault", "token_verification is not loaded", "token_verification")


def test_without_token_affiliation_nobody_is_a_moderator(jitsi, check, role_taker):
    found = check(jitsi(XMPP_MUC_MODULES="muc_wait_for_host"))
    assert found.says("meetings-moderator", "fault", "token_affiliation", "XMPP_MUC_MODULES=token_affiliation")
    assert set(found.bad()) == {"meetings-moderator"}


def test_automatic_owners_of_prosody_are_told(jitsi, check):
    found = check(jitsi(WAIT_FOR_HOST_DISABLE_AUTO_OWNERS=None))
    told = ("it is Prosody that makes them one", "WAIT_FOR_HOST_DISABLE_AUTO_OWNERS=true")
    assert found.says("meetings-participant", "fault", *told)
    assert set(found.bad()) == {"meetings-participant"}


@pytest.mark.parametrize(
    "owners, said, mend",
    [
        (Owners.THE_FIRST, "auto-owner", "ENABLE_AUTO_OWNER=false"),
        (Owners.EVERYBODY, "its own authentication is on", "JICOFO_ENABLE_AUTH=0"),
    ],
)
def test_automatic_owners_of_jicofo_are_told(jitsi, check, owners, said, mend):
    found = check(jitsi(owners))
    assert found.says("meetings-participant", "fault", said, mend)


def test_guests_who_start_meetings_are_told(jitsi, check, role_taker):
    found = check(jitsi(XMPP_MUC_MODULES="token_affiliation"))
    assert found.says("meetings-guests-start", "warning", "a guest can start a meeting", "muc_wait_for_host")
    assert set(found.bad()) == {"meetings-guests-start"}


def test_a_members_domain_without_a_guard_is_told(jitsi, check):
    found = check(jitsi(JWT_ALLOW_EMPTY="1", ENABLE_GUESTS="0"))
    assert found.says("meetings-no-token", "fault", "without a token", "JWT_ALLOW_EMPTY=0")
    assert found.says("meetings-no-token-start", "fault", "can start a meeting", "JWT_ALLOW_EMPTY=0")


def test_a_prosody_that_looks_at_no_token_is_told(badly_written, check):
    prosody = badly_written({'authentication = "token"': 'authentication = "jitsi-anonymous"'})
    found = check(prosody)
    assert found.says("meetings-authentication", "fault", "looks at no token", "AUTH_TYPE=jwt")


def test_a_prosody_that_asks_for_passwords_is_told(badly_written, check):
    prosody = badly_written({'authentication = "token"': 'authentication = "internal_hashed"'})
    found = check(prosody)
    assert found.says("meetings-authentication", "fault", "does not ask for tokens", "AUTH_TYPE=jwt")


def test_domain_verification_keeps_tenants_apart(jitsi, check):
    found = check(jitsi(JWT_ENABLE_DOMAIN_VERIFICATION="true", ENABLE_GUESTS="0"))
    assert not found.bad()
    assert found.says("meetings-tenants", "good", "does not open another tenant's")


def test_with_domain_verification_the_tokens_must_name_the_domain(jitsi, check):
    prosody = jitsi(JWT_ENABLE_DOMAIN_VERIFICATION="true")
    # Prosody has a domain of that name as well, but rooms of the other one.
    found = check(prosody, 'xmpp_domain = "auth.meet.jitsi"')
    assert found.bad()


def test_a_tenant_bound_twice_is_told(jitsi, check):
    found = check(jitsi(JWT_ENABLE_DOMAIN_VERIFICATION="true"), "bind_tenant = true")
    assert found.says("meetings-bind-tenant", "fault", "domain verification is on", "jitsi.bind_tenant = false")


def test_tenants_that_keep_nobody_apart_are_told(jitsi, check):
    prosody = jitsi()
    found = check(prosody, rule='name = "acme"\ntenants = ["acme"]\nrole = "participant"')
    told = ("keeps nobody out", "JWT_ENABLE_DOMAIN_VERIFICATION=true")
    assert found.says("meetings-tenants", "warning", *told)
    assert set(found.bad()) == {"meetings-tenants"}
    assert found.says("meetings-rooms", "good", "muc.meet.jitsi")


def test_a_tenant_in_the_rooms_name_keeps_them_apart(jitsi, check):
    found = check(jitsi(), "bind_tenant = true")
    assert not found.bad()
    assert found.says("meetings-tenants", "good", "does not open another tenant's")


def test_without_jicofo_it_says_what_cannot_be_told(new_prosody, check):
    found = check(new_prosody())
    assert found.says("meetings-jicofo", "warning", "opens no room", "Is Jicofo running")
    assert found.says("meetings-closed", "warning", "cannot be told")
    assert found.says("meetings-token", "good", "is believed")
