"""Where things are, as tests/e2e/run says."""

import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
COMPOSE = REPOSITORY / "config" / "compose"
REALM_FILE = COMPOSE / "keycloak" / "jitsi-realm.json"
BRIDGE_CONFIG = COMPOSE / "bridge" / "bridge.toml"
OIDC_PROVIDER = REPOSITORY / "tests" / "e2e" / "oidc_provider" / "server"
CHROMIUM = Path("/usr/bin/chromium")
CHROMEDRIVER = Path("/usr/bin/chromedriver")


class Missing(Exception):
    """Something without which nothing can be tested."""


@dataclass(frozen=True)
class Settings:
    bridge: Path
    keycloak: Path
    node: Path
    node_modules: Path
    screenshots: Path
    logs: Path

    @classmethod
    def read(cls):
        def path(variable):
            if not (value := os.environ.get(variable)):
                raise Missing(f"{variable} is not set: start the tests with tests/e2e/run")
            return Path(value)

        settings = cls(
            path("E2E_BRIDGE"),
            path("E2E_KEYCLOAK"),
            path("E2E_NODE"),
            path("E2E_NODE_MODULES"),
            path("E2E_OUTPUT"),
            path("E2E_LOGS"),
        )
        programs = (settings.bridge, settings.keycloak, settings.node, settings.node_modules, CHROMIUM, CHROMEDRIVER)
        for needed in (*programs, REALM_FILE, BRIDGE_CONFIG):
            if not needed.exists():
                raise Missing(f"{needed} is not there")
        return settings
