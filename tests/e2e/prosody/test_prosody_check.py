"""The command `check` against a real Prosody, set right and set wrong: docs/jitsi.md, "Try it: `check`"."""

import json
import re
import subprocess

import pytest

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
"""
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
    """Runs the program against a Prosody; with another secret, or further settings of [jitsi]."""

    def run(prosody, further="", secret=keys.token):
        file = tmp_path / "check.toml"
        jitsi = prosody.url.removesuffix("/http-bind")
        file.write_text(CONFIG.format(jitsi=jitsi, further=further, secret=secret))
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


def without(prosody, module):
    """Takes a module out of Prosody's configuration, as a template of one's own does, and starts it anew."""
    text = prosody.config.read_text()
    assert f'"{module}"' in text
    prosody.config.write_text(text.replace(f'"{module}"; ', "").replace(f'; "{module}"', ""))


def test_a_jitsi_as_shipped_has_nothing_to_mend(jitsi, check):
    found = check(jitsi())
    print(json.dumps(found.findings, indent=1))
    assert not found.bad()
