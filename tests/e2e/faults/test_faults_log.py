"""Nobody reads the log, or nothing more fits under it: people sign in all the same, and the log says later what it lacks."""

import json
import os
import subprocess

import pytest

from support.jitsi_rules import verify
from support.log_pipe import LogPipe
from support.many_requests import Connection
from support.stream import Stream
from support.waiting import wait_until

SOME = 8
LOST = "log lines were lost"
# More than the bridge keeps for a reader that may come back, in bytes.
MORE_THAN_IS_KEPT = 5 * 1024 * 1024
# Nothing is there; the log has it twice in a line of so many bytes at least.
LONG_PATH = "/" + "x" * 300
LONG_LINE = 2 * 300


def sign_in(site):
    return verify(site.somebody(patience=0).into(site.room("rocket")), site.secret)


def say_much(site, requests):
    """Makes the bridge say a long line for each request."""
    with Connection(site.url) as connection:
        for _ in range(0, requests, 20):
            assert connection.get(LONG_PATH, times=20) == 404


@pytest.fixture
def pipe(tmp_path):
    pipe = LogPipe(tmp_path / "log")
    yield pipe
    pipe.close()


def test_a_full_disk_under_the_log_stops_nobody(new_site):
    site = new_site(run='exec "$bridge" "$@" 2>/dev/full')
    with Stream(site) as people:
        people.more(SOME)
    assert not people.helped, "somebody has seen an error"
    assert site.bridge.stop() == 0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, of a few pages."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may have a disk of its own, and not everywhere")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_when_the_disk_has_room_again_the_log_goes_on_and_says_how_much_it_lacks(new_site, small_disk):
    log = small_disk / "bridge.log"
    site = new_site(run=f'exec "$bridge" "$@" 2>>{log}')
    sign_in(site)
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    # What is left of the last page is soon written full.
    say_much(site, 20)
    wait_until("a full disk", lambda: log.stat().st_size % os.sysconf("SC_PAGE_SIZE") == 0)
    people = 3
    for _ in range(people):
        sign_in(site)
    say_much(site, 20)

    filler.unlink()
    wait_until("word of what was lost", lambda: lost(log))
    sign_in(site)
    wait_until("further lines", lambda: lines(log)[-1]["message"].startswith("GET /sso/callback"))
    written = [line for line in lines(log) if line["target"] == "audit"]
    assert 0 < lost(log) == 1 + people + 1 - len(written), "not every audit line is accounted for"


def lost(log):
    """How many audit lines a log says it lacks; nothing where it does not say so."""
    return sum(line["log.lost_audit"] for line in lines(log) if LOST in line["message"]) or None


def lines(log):
    """The lines of a log, but for one that broke off where the disk ended, or is being written."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]


def test_a_reader_that_stands_still_stops_nobody_and_reads_later_how_much_was_lost(new_site, pipe):
    site = new_site(run=f'exec "$bridge" "$@" 2>{pipe.file}')
    say_much(site, MORE_THAN_IS_KEPT // LONG_LINE)
    people = 3
    for _ in range(people):
        sign_in(site)

    *before, told = pipe.read_until(lambda line: LOST in line["message"])
    written = [line for line in before if line["target"] == "audit"]
    assert 0 < told["log.lost_audit"] == people - len(written), "not every audit line is accounted for"
    assert told["log.lost"] > 1000
    sign_in(site)
    *_, audit = pipe.read_until(lambda line: line["target"] == "audit")
    assert audit["message"] == "admitted"


def test_a_reader_that_goes_away_stops_nobody_and_the_next_one_reads_on(new_site, pipe):
    site = new_site(run=f'exec "$bridge" "$@" 2>{pipe.file}')
    sign_in(site)
    pipe.read_until(lambda line: line["target"] == "audit")
    pipe.close()
    sign_in(site)
    sign_in(site)
    pipe.open()
    *_, told = pipe.read_until(lambda line: LOST in line["message"])
    assert told["log.lost_audit"] >= 1
    sign_in(site)
    pipe.read_until(lambda line: line["target"] == "audit")
