"""A Prosody of its own for each test: no test finds a room that another one opened."""

from pathlib import Path

import pytest

from support import compose
from support.client import Client
from support.people import EVERYBODY
from support.prosody import PLUGINS, Plugins, Prosody
from support.visitor import Visitor

HERE = Path(__file__).parent
SKIPPED = f"{PLUGINS} is not set: whether Jitsi's Prosody believes the tokens is NOT tested"
HOW = f"Set {PLUGINS} to a folder with Jitsi's plugins (/usr/share/jitsi-meet/prosody-plugins of a Jitsi server)."


def pytest_collection_modifyitems(items):
    if Plugins.named() is None:
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=SKIPPED))


def pytest_terminal_summary(terminalreporter):
    skipped = [report for report in terminalreporter.getreports("skipped") if SKIPPED in str(report.longrepr)]
    if skipped:
        terminalreporter.section(f"SKIPPED: {len(skipped)} TESTS WITH A REAL PROSODY", sep="!", red=True, bold=True)
        terminalreporter.line(f"{SKIPPED}. {HOW}", red=True, bold=True)


@pytest.fixture(scope="session")
def plugins():
    plugins = Plugins.named()
    if reason := plugins.missing():
        pytest.exit(reason, returncode=2)
    return plugins


@pytest.fixture
def new_prosody(plugins, settings, keys, tmp_path):
    """Starts a Prosody with the variables of docker-compose.yml, and others given by name; None takes one away."""
    started = []

    def start(**variables):
        variables = compose.environment("prosody") | {"JWT_APP_SECRET": keys.token} | variables
        wanted = {name: value for name, value in variables.items() if value is not None}
        home = tmp_path / f"prosody-{len(started)}"
        prosody = Prosody(plugins, wanted, home, settings.logs / "prosody.log")
        prosody.start()
        started.append(prosody)
        return prosody

    yield start
    for prosody in started:
        prosody.stop()
        if not prosody.may_fail:
            assert "Traceback" not in prosody.said(), f"a plugin failed: see {settings.logs / 'prosody.log'}"


@pytest.fixture
def prosody(new_prosody):
    return new_prosody()


@pytest.fixture(scope="session")
def visitors(bridge, keycloak, jitsi):
    """The five people, each with a browser in which they sign in once."""
    return {person: Visitor(bridge, jitsi, person) for person in EVERYBODY}


@pytest.fixture
def bring(visitors):
    """Brings a person to a room by the bridge; Jitsi's page is then connected, and ready to join."""

    def come(person, path, prosody):
        return Client.at(prosody, visitors[person].walk(path))

    return come


@pytest.fixture(scope="session")
def role_taker(plugins):
    """Skips a test of roles where no module takes them from the token."""
    if not plugins.has(plugins.name_of("token_affiliation")):
        pytest.skip("these plugins have no token_affiliation: nobody's role comes from the token")
