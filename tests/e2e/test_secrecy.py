"""What operators may read in the bridge's log and after a crash, and what nobody may."""

import base64
import os
import secrets
import signal
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest

from support.configured import asking_nothing, configured
from support.jitsi_rules import token_in
from support.meeting import arrive
from support.people import EVERYBODY, TIM
from support.process import free_port
from support.sign_in import sign_in
from support.tokens import holds_a_token
from support.visitor import Visitor


def test_the_log_tells_of_the_decision_but_not_of_token_code_state_cookie_or_secret(
    bridge, keycloak, jitsi, keys, redis, browser
):
    browser.open(bridge.room("rocket-weekly"))
    sign_in(browser, keycloak, TIM)
    claims = arrive(browser, jitsi, keys.token)
    token = token_in(browser.url)
    [callback] = [address for address in browser.visited() if address.startswith(f"{bridge.url}/callback?")]
    browser.open(callback)
    query = parse_qs(urlsplit(callback).query)
    cookies = browser.cookies(bridge.url)
    assert "jitsi-session" in cookies

    log = bridge.log()
    assert claims["jti"] in log and "Team leads run their team's rooms" in log, "the decision is not in the log"
    assert not holds_a_token(log)
    hidden = {
        "token": token,
        "signature": token.rpartition(".")[2],
        "code": query["code"][0],
        "state": query["state"][0],
        **{f"cookie {name}": cookie["value"] for name, cookie in cookies.items()},
        "token secret": keys.token,
        "client secret": keys.client,
        "cookie key": keys.cookie_key,
        "Redis's password": redis.password,
        **{f"password of {person.username}": person.password for person in EVERYBODY},
    }
    assert not [name for name, value in hidden.items() if value in log]


def test_at_the_level_trace_a_changed_configuration_shows_none_of_its_secrets(settings, jitsi, tmp_path):
    spoilt = secrets.token_hex(32)
    with asking_nothing() as provider, configured(settings, jitsi, provider, tmp_path, "at-trace") as it:
        it.write(hours=1, level="trace")
        it.bridge.hang_up()
        it.tells("configuration reloaded: log")
        token = Visitor(it.bridge, jitsi).token("standup")
        it.write(hours=1, level=f'trace"\nsecret = "{spoilt}')
        it.bridge.hang_up()
        it.tells("the old one stays in force")
        it.secret.write_text("")
        it.write(hours=1, level="trace")
        it.bridge.hang_up()
        it.tells("a secret must have a value")
        log = it.bridge.log()
    hidden = [it.keys.token, it.keys.client, spoilt, token.rpartition(".")[2]]
    basic = f"jitsi-oidc-bridge:{it.keys.client}".encode()
    hidden += [base64.b64encode(basic).decode().rstrip("="), base64.b64encode(it.keys.token.encode()).decode()]
    assert "admitted" in log and not [value for value in hidden if value in log]


def test_what_was_read_is_overwritten_and_changes_leave_nothing_behind(settings, jitsi, tmp_path):
    remark = secrets.token_hex(32)
    with asking_nothing() as provider, configured(settings, jitsi, provider, tmp_path, "in-memory", remark) as it:
        process = it.bridge.process
        found = {"remark": remark, "token secret": it.keys.token, "name": it.name}
        if (before := in_memory(process, found)) is None:
            pytest.skip("nobody may read the memory of the bridge here")
        assert before["name"] >= 1, "what is needed is not found, so nothing is said by what is not"
        assert before["remark"] == 0, "the text of the configuration is still there"
        # What signs is a state made of the secret (RFC 2104, section 4), and needs the secret itself no more.
        assert before["token secret"] == 0, "the token secret is still there"
        for changes in range(1, 10):
            it.write(hours=changes % 3 + 1, remark=remark)
            it.bridge.hang_up()
            it.tells("configuration reloaded: token", times=changes)
        after = in_memory(process, found)
        assert after["remark"] == 0
        assert after["token secret"] == 0, "copies are left behind"


def in_memory(process, texts):
    """How often each of these texts stands in a process's memory; None where it may not be read. That it forbids core
    dumps keeps others of its user out, but not root."""
    counts = dict.fromkeys(texts, 0)
    try:
        with open(f"/proc/{process.pid}/maps") as maps, open(f"/proc/{process.pid}/mem", "rb", 0) as memory:
            for line in maps:
                span, rights = line.split()[:2]
                # What can be written: neither the program nor the kernel's own pages.
                if not rights.startswith("rw"):
                    continue
                begin, end = (int(at, 16) for at in span.split("-"))
                memory.seek(begin)
                content = memory.read(end - begin)
                for name, text in texts.items():
                    counts[name] += content.count(text.encode())
    except PermissionError:
        return None
    return counts


def test_a_crash_leaves_no_core_dump(settings, tmp_path):
    # Without another program that does leave one here, the bridge's having none would say nothing.
    if how_it_crashes(["sh", "-c", "echo started; read forever"], tmp_path) != os.CLD_DUMPED:
        pytest.skip("no program leaves a core dump on this machine")
    demo = [settings.bridge, "demo", "--listen", f"127.0.0.1:{free_port()}"]
    assert how_it_crashes(demo, tmp_path) == os.CLD_KILLED


def how_it_crashes(command, folder):
    """Aborts a program that has said its first line, where core dumps are of any size; gives `waitid`'s `si_code`."""
    with_core_dumps = ["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh", *command]
    pipe = subprocess.PIPE
    with subprocess.Popen(with_core_dumps, cwd=folder, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        assert process.stdout.readline()
        process.send_signal(signal.SIGABRT)
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT).si_code
