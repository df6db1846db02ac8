"""One Keycloak, one Redis, one Jitsi and one bridge for all tests; a fresh browser for each."""

import re
import signal

import pytest

from support.bridge import Bridge, Secrets, new_url
from support.browser import Browser
from support.demo import Demo
from support.jitsi import Jitsi
from support.keycloak import Keycloak
from support.keycloak_admin import Realm
from support.process import free_port
from support.redis import Redis
from support.replicas import Replicas
from support.screenshots import Camera
from support.settings import BRIDGE_CONFIG, Missing, Settings
from support.tokens import holds_a_token


def pytest_sessionstart():
    # Whoever ends the tests early ends the servers as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def settings():
    try:
        found = Settings.read()
    except Missing as missing:
        pytest.exit(str(missing), returncode=2)
    for log in found.logs.glob("*.log"):
        log.unlink()
    for screenshot in found.screenshots.glob("*.png"):
        screenshot.unlink()
    return found


@pytest.fixture(scope="session")
def keys():
    return Secrets()


def running(server):
    """Starts a server, and stops it in the end."""
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def bridge_url():
    return new_url()


@pytest.fixture(scope="session")
def jitsi(bridge_url):
    yield from running(Jitsi(bridge_url))


@pytest.fixture
def foreign_jitsi(bridge_url):
    """Another origin, whose pages speak to the same bridge as if they were Jitsi's."""
    yield from running(Jitsi(bridge_url))


@pytest.fixture(scope="session")
def keycloak(settings, keys, bridge_url, tmp_path_factory):
    home = tmp_path_factory.mktemp("keycloak") / "home"
    yield from running(Keycloak(settings.keycloak, home, bridge_url, keys.client, settings.logs / "keycloak.log"))


@pytest.fixture(scope="session")
def redis(settings, tmp_path_factory):
    yield from running(Redis(tmp_path_factory.mktemp("redis") / "home", settings.logs / "redis.log"))


@pytest.fixture(scope="session")
def bridge(settings, keys, bridge_url, jitsi, keycloak, redis):
    log = settings.logs / "bridge.log"
    bridge = Bridge(
        settings.bridge, bridge_url, jitsi.url, keycloak.issuer, keycloak.origin, redis.url, keys, log
    )
    bridge.start()
    yield bridge
    assert_ended_well(bridge)


def assert_ended_well(bridge):
    assert bridge.stop() == 0, "the bridge did not end cleanly"
    log = bridge.log()
    assert not holds_a_token(log) and "panicked" not in log, f"see the bridge's log: {bridge.log_file}"


@pytest.fixture(scope="module")
def new_bridge(settings, keys, jitsi, keycloak, redis, tmp_path_factory):
    """Starts bridges beside the one for all: at that address, with those providers, rules and variables."""
    bridges = []

    def start(name, url, issuer=None, config=BRIDGE_CONFIG.read_text(), **variables):
        file = tmp_path_factory.mktemp("bridge") / "bridge.toml"
        file.write_text(config)
        log = settings.logs / f"bridge-{name}.log"
        of_keycloak = (issuer, keycloak.origin, redis.url, keys, log)
        bridges.append(Bridge(settings.bridge, url, jitsi.url, *of_keycloak, config=file, **variables))
        bridges[-1].start()
        return bridges[-1]

    yield start
    for bridge in bridges:
        assert_ended_well(bridge)


@pytest.fixture(scope="module")
def new_realm(keycloak, keys):
    """Makes realms at Keycloak as the compose file's, each for a bridge at that address."""
    realms = []

    def make(name, bridge_url, **options):
        realms.append(Realm.made(keycloak.administrator, name, bridge_url, keys.client, **options))
        return realms[-1]

    yield make
    for realm in realms:
        realm.remove()


@pytest.fixture(scope="session")
def bridge_without_provider(settings, keys, jitsi, redis):
    """A bridge whose identity provider is not there."""
    nobody = f"http://localhost:{free_port()}"
    log = settings.logs / "bridge-without-provider.log"
    issuer = f"{nobody}/auth/realms/jitsi"
    bridge = Bridge(settings.bridge, new_url(), jitsi.url, issuer, nobody, redis.url, keys, log)
    bridge.start(ready_at="/healthz")
    yield bridge
    assert_ended_well(bridge)


@pytest.fixture
def new_replicas(request, settings, keys, jitsi, tmp_path):
    """Starts bridges with one store at that address, and a provider that asks nothing."""
    started = []

    def start(redis_url, ready_at="/readyz", **options):
        name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_"))[-60:]
        folder = tmp_path / f"replicas-{len(started)}"
        folder.mkdir()
        replicas = Replicas(settings, jitsi, keys, folder, f"{name}-{len(started)}", redis_url, **options)
        started.append(replicas)
        replicas.start(ready_at)
        return replicas

    yield start
    for replicas in started:
        # None: killed by the test.
        assert set(replicas.stop()) <= {0, None}, "a bridge did not end cleanly"
        for bridge in replicas.bridges:
            log = bridge.log()
            assert not holds_a_token(log) and "panicked" not in log, f"see the bridge's log: {bridge.log_file}"


@pytest.fixture
def new_store(request, settings, tmp_path):
    """Starts a Redis of that kind; what a test has killed is up to it."""
    started = []

    def start(kind=Redis, **options):
        name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_"))[-60:]
        store = kind(tmp_path / f"store-{len(started)}", settings.logs / f"store-{name}.log", **options)
        started.append(store)
        store.start()
        return store

    yield start
    for store in started:
        store.stop()


@pytest.fixture(scope="session")
def demo(settings):
    demo = Demo(settings.bridge, settings.logs / "demo.log")
    demo.start()
    yield demo
    assert demo.stop() == 0, "Ctrl-C did not end the demo cleanly"
    assert "panicked" not in demo.said()


@pytest.fixture
def new_browser(request, settings, tmp_path):
    """Makes browsers, each with a profile of its own. When the test fails, a picture of each is kept."""
    browsers = []

    def make():
        browsers.append(Browser(tmp_path / f"profile-{len(browsers)}"))
        return browsers[-1]

    yield make
    failed = getattr(request.node, "failed", False)
    for number, browser in enumerate(browsers):
        try:
            if failed:
                name = re.sub(r"\W+", "-", request.node.name)
                Camera(browser, settings.screenshots).shoot(f"failed-{name}-{number}")
        finally:
            browser.quit()


@pytest.fixture
def browser(new_browser):
    return new_browser()


@pytest.fixture
def camera(browser, settings):
    return Camera(browser, settings.screenshots)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    item.failed = getattr(item, "failed", False) or report.failed
    return report


def pytest_collection_finish(session):
    if not session.items:
        pytest.exit("no tests", returncode=2)
