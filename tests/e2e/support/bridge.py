"""The bridge as the compose file runs it: its own configuration file, addresses and secrets from the environment."""

import secrets
from dataclasses import dataclass, field

from . import http
from .checked import Checked
from .process import Server, free_port
from .settings import BRIDGE_CONFIG
from .waiting import wait_until

START_SECONDS = 20


@dataclass(frozen=True)
class Secrets:
    """What must never show up anywhere: new ones each run."""

    token: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    client: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    cookie_key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)


def new_url():
    """A public address for a bridge; Keycloak must know it before the bridge starts."""
    return f"http://localhost:{free_port()}/sso"


class Bridge:
    def __init__(
        self,
        binary,
        url,
        jitsi_url,
        issuer,
        keycloak_origin,
        redis_url,
        keys,
        log,
        config=BRIDGE_CONFIG,
        **variables,
    ):
        """`variables` go above the usual ones; None takes one away."""
        self.log_file = log
        self.origin = url.removesuffix("/sso")
        # Where it is reached from this machine, whatever browsers call it.
        self.own_url = url
        environment = {
            "BRIDGE_SERVER__LISTEN": self.origin.replace("http://localhost", "127.0.0.1"),
            "BRIDGE_SERVER__PUBLIC_URL": url,
            "BRIDGE_JITSI__URL": jitsi_url,
            "BRIDGE_TOKEN__SECRET": keys.token,
            "BRIDGE_PROVIDER__ISSUER": issuer,
            "BRIDGE_PROVIDER__INTERNAL_URL": keycloak_origin,
            "BRIDGE_PROVIDER__CLIENT_SECRET": keys.client,
            "BRIDGE_SESSION__REDIS_URL": redis_url,
            "BRIDGE_SESSION__COOKIE_KEYS": keys.cookie_key,
        } | variables
        environment = {name: value for name, value in environment.items() if value is not None}
        self.url = environment["BRIDGE_SERVER__PUBLIC_URL"]
        self._server = Server("the bridge", [binary, "serve", "--config", config], environment, log)
        self._check = [binary, "check", "--config", config]

    def start(self, ready_at="/readyz"):
        """Starts it; it is ready when that path answers 200."""
        self._server.start(lambda: self._answers(ready_at), START_SECONDS)

    def wait_until_ready(self):
        wait_until("the bridge's readiness", lambda: self._answers("/readyz"))

    def _answers(self, path):
        return self.status(path) == 200

    def status(self, path):
        """What a path is answered by; None when nobody answers."""
        answer = http.get(f"{self.own_url}{path}")
        return None if answer is None else answer.status

    def stop(self):
        return self._server.stop()

    @property
    def process(self):
        return self._server.process

    def hang_up(self):
        """Tells it to read its configuration again."""
        self._server.hang_up()

    def kill(self):
        """Ends it as a power cut does."""
        self._server.kill()

    def log(self):
        return self._server.said()

    def check(self, **others):
        """What `check` finds with the bridge's own settings and these others."""
        environment = self._server.environment | others
        return Checked.by(self._check, environment)

    def room(self, room, query=""):
        """The address of a room, whose name is encoded as it would stand in a link."""
        return f"{self.url}/room/{room}{query}"

    @property
    def pid(self):
        return self._server.process.pid
