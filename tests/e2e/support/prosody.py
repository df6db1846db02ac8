"""Prosody from Debian's package with Jitsi's plugins, and Jicofo's part: it opens the rooms."""

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from . import http
from .bosh import Bosh
from .prosody_config import AUTH_DOMAIN, FOCUS, FOCUS_PROXY, MUC_DOMAIN, render
from .process import Server, free_port

PLUGINS = "JITSI_PROSODY_PLUGINS"
# What the community calls the module for a Jitsi that has none of its own.
OTHER_NAMES = {"token_affiliation": "token_affiliation_legacy"}
PROSODY = Path("/usr/bin/prosody")
# Debian has some of the libraries, all in plain Lua, for versions other than the one that Prosody runs with.
LUA_PATH = ";;/usr/share/lua/5.3/?.lua;/usr/share/lua/5.2/?.lua"


@dataclass(frozen=True)
class Plugins:
    """Folders with Jitsi's plugins for Prosody, searched in that order."""

    folders: tuple[Path, ...]

    @classmethod
    def named(cls):
        """Those that JITSI_PROSODY_PLUGINS names (several with colons between), or None."""
        value = os.environ.get(PLUGINS)
        return cls(tuple(Path(part).resolve() for part in value.split(":"))) if value else None

    def missing(self):
        """What is wrong with them, in words, or None."""
        if not PROSODY.exists():
            return f"{PROSODY} is not there"
        if not self.has("token_verification"):
            return f"{PLUGINS} names no folder with mod_token_verification.lua"
        return None

    def has(self, module):
        return self._file(module) is not None

    def name_of(self, module):
        """The name of that module in these folders."""
        other = OTHER_NAMES.get(module)
        return other if other and not self.has(module) and self.has(other) else module

    def known(self, modules):
        """Those of the modules that there are: some are new, and some went."""
        own = ("bosh", "websocket", "smacks")
        return [module for module in modules if module in own or self.has(module)]

    def says(self, module, text):
        """Whether that text stands in a module's source: how the versions are told apart."""
        file = self._file(module)
        return file is not None and text in file.read_text()

    def know_jwks(self):
        """Whether `cache_keys_url` may be a JWKS; before 2026 it is a list of certificates."""
        return any((folder / "token" / "jwk.lib.lua").exists() for folder in self.folders)

    def _file(self, module):
        """Where Prosody looks for a module."""
        for folder in self.folders:
            for place in (folder, folder / f"mod_{module}", folder / module):
                if (file := place / f"mod_{module}.lua").exists():
                    return file
        return None


class Prosody:
    def __init__(self, plugins, variables, home, log):
        self.plugins = plugins
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/http-bind"
        (home / "certs").mkdir(parents=True)
        accounts = home / "data" / re.sub(r"\W", lambda sign: f"%{ord(sign[0]):02x}", AUTH_DOMAIN) / "accounts"
        accounts.mkdir(parents=True)
        self._focus_password = secrets.token_hex(16)
        (accounts / "focus.dat").write_text(f'return {{ ["password"] = "{self._focus_password}" }};\n')
        # What `prosodyctl mod_roster_command subscribe` does: the proxy at focus.meet.jitsi hears of Jicofo's coming.
        (accounts.parent / "roster").mkdir()
        roster = f'{{ ["{FOCUS_PROXY}"] = {{ ["subscription"] = "from"; ["groups"] = {{}} }} }}'
        (accounts.parent / "roster" / "focus.dat").write_text(f"return {roster};\n")
        self.config = home / "prosody.cfg.lua"
        self.config.write_text(render(variables, plugins, home, port))
        environment = {"LUA_PATH": LUA_PATH}
        self._server = Server("Prosody", [PROSODY, "--config", self.config], environment, log)
        self._already_said = len(self._server.said())
        self._focus = None
        # Whether a test means a plugin to fail.
        self.may_fail = False

    def start(self):
        self._server.start(self._is_ready, 20)
        self._focus = self.new_focus()

    def new_focus(self):
        """A connection as Jicofo."""
        focus = Bosh(self.url, AUTH_DOMAIN)
        focus.connect(user=FOCUS.split("@")[0], password=self._focus_password)
        return focus

    def stop(self):
        return self._server.stop()

    def said(self):
        """Its log, from this start on."""
        return self._server.said()[self._already_said :]

    def open_room(self, node, tenant=None):
        """What Jicofo does when the first of the people comes: nobody else may create a room."""
        room = f"[{tenant}]{node}" if tenant else node
        self._focus.join(f"{room}@{MUC_DOMAIN}", nick="focus")

    def _is_ready(self):
        answer = http.get(self.url)
        return answer is not None and answer.status == 200
