"""What operators may read in the bridge's log and after a crash, and what nobody may."""

import os
import signal
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest

from support.jitsi_rules import token_in
from support.meeting import arrive
from support.people import EVERYBODY, TIM
from support.process import free_port
from support.sign_in import sign_in


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
    assert "eyJ" not in log
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
