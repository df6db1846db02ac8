"""Keycloak in development mode, with the realm of the compose file."""

import json
import secrets
import shutil
from urllib.parse import urlencode

from . import http
from .people import EVERYBODY
from .process import Server, free_port
from .settings import REALM_FILE

# The first start builds Keycloak for its options.
START_SECONDS = 240
ADMIN = "admin"


class Keycloak:
    def __init__(self, distribution, home, bridge_url, client_secret, log):
        self._admin_password = secrets.token_urlsafe(16)
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
        self.issuer = f"{self.url}/realms/jitsi"
        passwords = {f"{person.username.upper()}_PASSWORD": person.password for person in EVERYBODY}
        environment = {
            "KC_HOSTNAME": self.url,
            "KC_HTTP_RELATIVE_PATH": "/auth",
            "KC_HTTP_HOST": "127.0.0.1",
            "KC_HTTP_PORT": str(port),
            "KC_DB": "dev-mem",
            "KC_CACHE": "local",
            "KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN,
            "KC_BOOTSTRAP_ADMIN_PASSWORD": self._admin_password,
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

    # What an administrator does.

    def sessions(self, person):
        """The ids of a person's sessions."""
        user = self._user(person)
        return {session["id"] for session in self._administer("GET", f"/users/{user}/sessions")}

    def end_session(self, session):
        """Ends one session."""
        self._administer("DELETE", f"/sessions/{session}")

    def sign_out(self, person):
        """Ends all sessions of a person."""
        self._administer("POST", f"/users/{self._user(person)}/logout")

    def _user(self, person):
        query = urlencode({"username": person.username, "exact": "true"})
        (user,) = self._administer("GET", f"/users?{query}")
        return user["id"]

    def _administer(self, method, path):
        url = f"{self.url}/admin/realms/jitsi{path}"
        answer = http.send(method, url, headers={"Authorization": f"Bearer {self._admin_token()}"})
        assert answer.status in (200, 204), f"{method} {path}: {answer.status}"
        return json.loads(answer.body) if answer.body else None

    def _admin_token(self):
        form = {
            "grant_type": "password",
            "client_id": "admin-cli",
            "username": ADMIN,
            "password": self._admin_password,
        }
        answer = http.send("POST", f"{self.url}/realms/master/protocol/openid-connect/token", urlencode(form))
        assert answer.status == 200, f"Keycloak does not know its administrator: {answer.status}"
        return json.loads(answer.body)["access_token"]
