"""Somebody opens more connections than the bridge may have files: the others get in as soon as that is over."""

import os
import resource
import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from support.jitsi_rules import verify
from support.many_requests import Connection
from support.waiting import wait_until

MOST_FILES = 64
# Without these, nothing new can be opened; what is open stays so.
TOO_FEW = 5
UNAVAILABLE = "The sign-in service cannot be reached"
FULL, FAILING = "as many connections are open as may be", "connections are not accepted"


@pytest.fixture
def site(new_site):
    return new_site(run=f'exec prlimit --nofile={MOST_FILES}:{MOST_FILES} "$bridge" "$@"')


def sign_in(site):
    return verify(site.somebody(patience=0).into(site.room("rocket")), site.secret)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        # The name before may hold spaces.
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def assert_is_at_rest(bridge):
    """It uses hardly any of a second's processor time."""
    before = cpu_seconds(bridge.pid)
    time.sleep(1)
    assert cpu_seconds(bridge.pid) - before < 0.2


def hold(site, stack, connections):
    """Opens connections and asks nothing; the system takes them in even when the bridge does not."""
    url = urlsplit(site.url)
    for _ in range(connections):
        stack.enter_context(socket.create_connection((url.hostname, url.port), timeout=5))


def test_more_connections_than_files_keep_the_others_out_only_while_they_last(site):
    sign_in(site)
    with Connection(site.url) as kept, ExitStack() as held:
        assert kept.get("/healthz") == 200
        hold(site, held, 2 * MOST_FILES)
        wait_until("word of it in the log", lambda: FULL in site.bridge.log())
        assert_is_at_rest(site.bridge)
        # Whoever was there before is still served, and there are files left to ask the provider and the store with.
        assert kept.get("/readyz") == 200
        assert site.bridge.log().count(FULL) <= 2, "it says so again and again"
        assert FAILING not in site.bridge.log()
    sign_in(site)


def test_a_bridge_that_can_open_nothing_says_so_to_people_and_goes_on_when_it_can(site):
    person = site.somebody(patience=0)
    callback = person.into(site.room("rocket"), at=f"{site.url}/callback")
    # Without the connections that the bridge keeps to it.
    site.provider.kill()
    site.provider.start()
    with Connection(site.url) as kept, ExitStack() as held:
        assert kept.get("/healthz") == 200
        limits = resource.prlimit(site.bridge.pid, resource.RLIMIT_NOFILE, (TOO_FEW, MOST_FILES))
        try:
            hold(site, held, 10)
            wait_until("word of it in the log", lambda: FAILING in site.bridge.log())
            assert_is_at_rest(site.bridge)
            assert kept.get("/healthz") == 200
            assert kept.get(callback.removeprefix(site.url), person.cookies_for(callback)) == 503
            assert UNAVAILABLE in kept.page and site.room("rocket") in kept.page
            assert site.bridge.log().count(FAILING) <= 2, "it says so again and again"
        finally:
            resource.prlimit(site.bridge.pid, resource.RLIMIT_NOFILE, limits)
    sign_in(site)
