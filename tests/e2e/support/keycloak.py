"""Keycloak in development mode, with the realm of the compose file."""

import json
import secrets
import shutil

from . import http
from .keycloak_admin import ADMIN, Administrator, Realm
from .people import EVERYBODY
from .process import Server, free_port
from .settings import REALM_FILE

# The first start builds Keycloak for its options.
START_SECONDS = 240


class Keycloak:
    def __init__(self, distribution, home, bridge_url, client_secret, log):
        admin_password = secrets.token_urlsafe(16)
        # A copy: Keycloak writes into its own folder.
        self._home = home
        shutil.copytree(distribution, home, symlinks=True)
        imports = home / "data" / "import"
        imports.mkdir(parents=True)
        shutil.copy(REALM_FILE, imports)
        port = free_port()
        self.origin = f"http://localhost:{port}"
        # Below /auth, as docker-compose.yml has it.
        self.url = f"{self.origin}/auth"
        self.administrator = Administrator(self.url, admin_password)
        self._realm = Realm(self.administrator, "jitsi")
        self.issuer = self._realm.issuer
        passwords = {f"{person.username.upper()}_PASSWORD": person.password for person in EVERYBODY}
        environment = {
            "KC_HOSTNAME": self.url,
            "KC_HTTP_RELATIVE_PATH": "/auth",
            "KC_HTTP_HOST": "127.0.0.1",
            "KC_HTTP_PORT": str(port),
            "KC_DB": "dev-mem",
            "KC_CACHE": "local",
            "KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN,
            "KC_BOOTSTRAP_ADMIN_PASSWORD": admin_password,
            # The realm file's placeholders.
            "BRIDGE_URL": bridge_url,
            "BRIDGE_INTERNAL_URL": bridge_url,
            "OIDC_CLIENT_SECRET": client_secret,
            **passwords,
        }
        command = [home / "bin" / "kc.sh", "start-dev", "--import-realm"]
        self._server = Server("Keycloak", command, environment, log, cwd=home)

    def start(self):
        self._server.start(self._is_ready, START_SECONDS)

    def stop(self):
        code = self._server.stop()
        shutil.rmtree(self._home, ignore_errors=True)
        return code

    def _is_ready(self):
        answer = http.get(f"{self.issuer}/.well-known/openid-configuration")
        return answer is not None and answer.status == 200 and json.loads(answer.body)["issuer"] == self.issuer

    # What an administrator does in the realm of the compose file.

    def sessions(self, person):
        """The ids of a person's sessions."""
        return self._realm.sessions(person)

    def end_session(self, session):
        """Ends one session."""
        self._realm.end_session(session)

    def sign_out(self, person):
        """Ends all sessions of a person."""
        self._realm.sign_out(person)
