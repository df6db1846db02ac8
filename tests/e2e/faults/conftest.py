"""An oidc-provider and bridges for each test: alone, or two of them behind nginx."""

import shlex
from urllib.parse import urlsplit

import pytest

from support.bridge import Bridge, new_url
from support.nginx import Nginx
from support.oidc_provider import OidcProvider, client_of
from support.oidc_site import CONFIG, GROUPS
from support.people import ANNA
from support.stream import Walk
from support.tokens import holds_a_token


class Site:
    """What people come to: `url`, below which a bridge answers."""

    def __init__(self, url, provider, bridges, jitsi, secret):
        self.url, self.provider, self.bridges, self.jitsi, self.secret = url, provider, bridges, jitsi, secret
        self.bridge = bridges[0]

    def room(self, room):
        return f"{self.url}/room/{room}"

    def somebody(self, **options):
        """Somebody in a new browser."""
        return Walk(self.jitsi, ANNA, **options)


@pytest.fixture
def new_site(request, settings, keys, jitsi, redis, tmp_path):
    """Makes a provider and so many bridges, more than one behind nginx.

    `run` is a line of shell by which the bridge is run instead of `exec bridge "$@"`; `variables` are the bridges' own.
    """
    name = request.node.name.partition("[")[0].removeprefix("test_")
    started = []

    def log(of):
        return settings.logs / f"{of}-{name}.log"

    def start(server, *arguments):
        server.start(*arguments)
        started.append(server)

    def make(replicas=1, run=None, variables=None, **options):
        urls = [new_url() for _ in range(replicas)]
        front = Nginx(tmp_path / "nginx", log("nginx")) if replicas > 1 else None
        url = f"{front.url}/sso" if front else urls[0]
        provider = OidcProvider(
            settings.node,
            settings.node_modules,
            tmp_path / "oidc-provider",
            client_of(url, keys.client),
            GROUPS,
            log("oidc-provider"),
            **options,
        )
        config = tmp_path / "bridge.toml"
        config.write_text(CONFIG.replace("PROVIDER", "").replace("SESSION", 'store = "redis"'))
        binary = settings.bridge
        if run is not None:
            binary = tmp_path / "bridge.sh"
            binary.write_text(f"#!/bin/sh\nbridge={shlex.quote(str(settings.bridge))}\n{run}\n")
            binary.chmod(0o755)
        bridges = [
            Bridge(
                binary,
                own,
                jitsi.url,
                provider.issuer,
                None,
                redis.url,
                keys,
                log(f"bridge-{number}"),
                config=config,
                **{"BRIDGE_SERVER__PUBLIC_URL": url} | (variables or {}),
            )
            for number, own in enumerate(urls)
        ]
        for server in (provider, *bridges):
            start(server)
        if front:
            start(front, [urlsplit(own).port for own in urls])
        return Site(url, provider, bridges, jitsi, keys.token)

    yield make
    codes = [server.stop() for server in reversed(started)]
    # A test that failed may have left one that does not run.
    assert set(codes) <= {0, None}, "a server did not end cleanly"
    for bridge in started:
        if isinstance(bridge, Bridge):
            said = bridge.log()
            assert not holds_a_token(said) and "panicked" not in said, f"see {bridge.log_file}"
