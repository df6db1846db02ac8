"""What administrators' own tools make of the bridge: promtool of its metrics and alerts, jq of its audit."""

import json
import os
import re
import stat
import subprocess
import time

import pytest

from support import http
from support.bridge import Bridge, Secrets, new_url
from support.configured import asking_nothing
from support.process import free_port
from support.settings import REPOSITORY
from support.visitor import Visitor
from support.waiting import wait_until

CONFIG = """
[provider]
client_id = "jitsi-oidc-bridge"

[[policy.rules]]
name = "The board runs the board's rooms"
groups = ["/board"]
rooms = ["board"]
role = "moderator"

[[policy.rules]]
name = "Everybody may join"
role = "participant"
"""
WITHOUT = ["PROVIDER__INTERNAL_URL", "SESSION__REDIS_URL", "SESSION__COOKIE_KEYS"]


class Watched:
    """A bridge with metrics and an audit, and a provider that signs everybody in as Anna, of the board."""

    def __init__(self, settings, jitsi, provider, folder, log):
        config = folder / "bridge.toml"
        config.write_text(CONFIG)
        self.audit = folder / "audit.jsonl"
        listen = f"127.0.0.1:{free_port()}"
        self.metrics_url = f"http://{listen}/metrics"
        variables = {f"BRIDGE_{name}": None for name in WITHOUT}
        variables |= {"BRIDGE_METRICS__LISTEN": listen, "BRIDGE_AUDIT__FILE": str(self.audit)}
        self.bridge = Bridge(
            settings.bridge, new_url(), jitsi.url, provider.issuer, None, None, Secrets(), log, config, **variables
        )
        self._jitsi = jitsi

    def somebody_comes(self, room):
        assert Visitor(self.bridge, self._jitsi).token(room)

    def has_told(self, event, file=None):
        """Waits until such an event stands in the audit."""
        file = file or self.audit
        wait_until(f"{event} in the audit", lambda: file.exists() and f'"event":"{event}"' in file.read_text())


@pytest.fixture
def watched(request, settings, jitsi, tmp_path):
    with asking_nothing() as provider:
        provider.claims |= {"name": "Anna Adler", "groups": ["/board"]}
        watched = Watched(settings, jitsi, provider, tmp_path, settings.logs / f"bridge-{request.node.name}.log")
        watched.bridge.start()
        yield watched
        watched.bridge.stop()


def promtool(*arguments, text=None):
    said = subprocess.run([os.environ["E2E_PROMTOOL"], *arguments], input=text, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout + said.stderr


def test_promtool_finds_nothing_to_say_of_the_metrics(watched):
    watched.somebody_comes("board")
    metrics = http.get(watched.metrics_url)
    assert metrics.status == 200 and "jitsi_oidc_bridge_tokens_minted_total" in metrics.body
    assert promtool("check", "metrics", text=metrics.body) == ""


def test_the_alerts_fire_when_they_should_and_not_otherwise():
    promtool("check", "rules", str(REPOSITORY / "config" / "prometheus-alerts.yml"))
    promtool("test", "rules", str(REPOSITORY / "tests" / "e2e" / "prometheus" / "alerts-test.yml"))


def test_who_could_moderate_the_board_meeting_and_why(watched):
    watched.somebody_comes("board")
    watched.somebody_comes("standup")
    watched.has_told("token")
    page = (REPOSITORY / "docs" / "audit.md").read_text()
    [by_decision, by_token] = re.findall(r"jq -r '([^']+)' audit\.jsonl", page)
    today = time.strftime("%Y-%m-%d", time.gmtime())

    [line] = asked(by_decision.replace("2026-11-24", today), watched.audit)
    assert line[2:] == ["Anna Adler", "Everybody may join | The board runs the board's rooms"]
    in_an_hour = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    [line] = asked(by_token.replace("2026-11-24T09:00:00Z", in_an_hour), watched.audit)
    assert line[3:] == ["Anna Adler"]
    assert asked(by_decision.replace("2026-11-24", "2000-01-01"), watched.audit) == []


def asked(program, file):
    said = subprocess.run(["jq", "-r", program, file], capture_output=True, text=True, check=True)
    return [line.split("\t") for line in said.stdout.splitlines()]


def test_the_audit_is_rotated_by_a_move_and_a_signal_and_tells_of_start_and_stop(watched):
    watched.somebody_comes("board")
    watched.has_told("token")
    assert stat.S_IMODE(watched.audit.stat().st_mode) == 0o600
    old = watched.audit.rename(watched.audit.with_suffix(".1"))
    watched.bridge.hang_up()
    watched.has_told("configuration")
    assert watched.bridge.stop() == 0
    events = [json.loads(line)["event"] for file in (old, watched.audit) for line in file.read_text().splitlines()]
    assert events == ["started", "sign_in", "decision", "token", "configuration", "stopped"]
