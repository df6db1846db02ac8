"""A bridge whose configuration is written anew while it runs."""

import secrets
from contextlib import contextmanager

from .bridge import Bridge, Secrets, new_url
from .provider import Provider
from .waiting import wait_until

CLIENT_ID = "jitsi-oidc-bridge"
CONFIG = """
[token]
secret_file = "{secret_file}"
lifetime = "{hours}h"

[provider]
client_id = "jitsi-oidc-bridge"

[policy]
default = "participant"

[pages]
name = "{name}"

[log]
level = "{level}"
"""


class Configured:
    """It keeps all in memory, and has a provider that asks nothing."""

    def __init__(self, settings, jitsi, provider, folder, log, remark=""):
        self.keys = Secrets()
        self.secret = folder / "secret"
        self.name = f"Example {secrets.token_hex(8)}"
        self._file = folder / "bridge.toml"
        self.secret.write_text(self.keys.token)
        self.write(hours=1, remark=remark)
        # Nothing but addresses and the client's secret stands in the environment, which stays as it was at the start.
        without = ["TOKEN__SECRET", "PROVIDER__INTERNAL_URL", "SESSION__REDIS_URL", "SESSION__COOKIE_KEYS"]
        self.bridge = Bridge(
            settings.bridge,
            new_url(),
            jitsi.url,
            provider.issuer,
            None,
            None,
            self.keys,
            log,
            config=self._file,
            **{f"BRIDGE_{name}": None for name in without},
        )

    def write(self, hours, level="info", remark=""):
        text = CONFIG.format(secret_file=self.secret, name=self.name, hours=hours, level=level)
        self._file.write_text(f"# {remark}\n{text}")

    def spoil(self):
        """Leaves out the end of it, as somebody does who is not yet done."""
        text = self._file.read_text()
        self._file.write_text(text[: text.index("client_id") + 12])

    def told(self, what):
        return self.bridge.log().count(what)

    def tells(self, what, times=1):
        wait_until(f"{what!r} in the log", lambda: self.told(what) >= times)


@contextmanager
def asking_nothing():
    """A provider that signs everybody in as the same person."""
    provider = Provider(CLIENT_ID)
    provider.claims = {"sub": "42", "name": "Alice", "preferred_username": "alice"}
    yield provider
    provider.stop()


@contextmanager
def configured(settings, jitsi, provider, folder, name, remark=""):
    """A bridge that runs until the end of the block."""
    it = Configured(settings, jitsi, provider, folder, settings.logs / f"bridge-{name}.log", remark)
    it.bridge.start()
    yield it
    assert it.bridge.stop() == 0
    log = it.bridge.log()
    # With the full stop: by chance, the rest stands in one of so many random names.
    assert ".eyJ" not in log and "panicked" not in log
