"""An oidc-provider and a bridge for each test, set up as it needs them."""

from urllib.parse import urlsplit

import pytest

from support.bridge import Bridge, new_url
from support.oidc_provider import OidcProvider, client_of
from support.oidc_site import CONFIG, GROUPS, Site
from support.tls import TlsFront


@pytest.fixture
def new_site(request, settings, keys, jitsi, tmp_path):
    """Makes a provider and a bridge: `provider`, `session` and `rules` are further lines, `client` is metadata."""
    started = []

    def make(provider="", session="", rules="", client=None, variables=None, url=None, **options):
        name = request.node.name.partition("[")[0].removeprefix("test_")
        url = url or new_url()
        variables = variables or {}
        public_url = variables.get("BRIDGE_SERVER__PUBLIC_URL", url)
        oidc_provider = OidcProvider(
            settings.node,
            settings.node_modules,
            tmp_path / "oidc-provider",
            client_of(public_url, keys.client, **(client or {})),
            GROUPS,
            settings.logs / f"oidc-provider-{name}.log",
            **options,
        )
        config = tmp_path / "bridge.toml"
        config.write_text(CONFIG.replace("PROVIDER", provider).replace("SESSION", session) + rules)
        bridge = Bridge(
            settings.bridge,
            url,
            jitsi.url,
            oidc_provider.issuer,
            None,
            None,
            keys,
            settings.logs / f"bridge-{name}.log",
            config=config,
            **variables,
        )
        for server in (oidc_provider, bridge):
            server.start()
            started.append(server)
        return Site(oidc_provider, bridge, jitsi, keys.token)

    yield make
    codes = [server.stop() for server in reversed(started)]
    assert codes == [0] * len(started), "a server did not end cleanly"


@pytest.fixture
def new_front(tmp_path):
    """Puts https in front of a bridge that is still to come; gives what its site has to know."""
    fronts = []

    def make():
        url = new_url()
        fronts.append(TlsFront(urlsplit(url).port, tmp_path))
        fronts[-1].start()
        return {"url": url, "variables": {"BRIDGE_SERVER__PUBLIC_URL": f"{fronts[-1].url}/sso"}}

    yield make
    for front in fronts:
        front.stop()
