"""What an administrator of Keycloak does, over its admin REST API."""

import json
import string
from urllib.parse import quote, urlencode

from . import http
from .people import EVERYBODY
from .settings import REALM_FILE

ADMIN = "admin"


class Administrator:
    def __init__(self, keycloak_url, password):
        self.keycloak_url = keycloak_url
        self._password = password

    def ask(self, method, path, body=None):
        """What it answers; `path` is below that of all realms."""
        url = f"{self.keycloak_url}/admin/realms{path}"
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        answer = http.send(method, url, None if body is None else json.dumps(body), headers)
        assert answer is not None, f"{method} {path}: no answer"
        assert answer.status in (200, 201, 202, 204), f"{method} {path}: {answer.status} {answer.body}"
        return json.loads(answer.body) if answer.body else None

    def _token(self):
        form = {"grant_type": "password", "client_id": "admin-cli", "username": ADMIN, "password": self._password}
        url = f"{self.keycloak_url}/realms/master/protocol/openid-connect/token"
        answer = http.send("POST", url, urlencode(form))
        assert answer.status == 200, f"Keycloak does not know its administrator: {answer.status}"
        return json.loads(answer.body)["access_token"]


class Realm:
    def __init__(self, administrator, name):
        self._administrator = administrator
        self.name = name
        # Where its pages are: what Keycloak itself is called elsewhere, for what people do at its forms.
        self.url = self.issuer = f"{administrator.keycloak_url}/realms/{name}"

    @classmethod
    def made(cls, administrator, name, bridge_url, client_secret, callback="/callback"):
        """Makes another realm as the compose file's, for a bridge of its own."""
        passwords = {f"{person.username.upper()}_PASSWORD": person.password for person in EVERYBODY}
        text = string.Template(REALM_FILE.read_text()).substitute(
            passwords, BRIDGE_URL=bridge_url, BRIDGE_INTERNAL_URL=bridge_url, OIDC_CLIENT_SECRET=client_secret
        )
        settings = json.loads(text) | {"realm": name, "displayName": name}
        (client,) = settings["clients"]
        client["redirectUris"] = [f"{bridge_url}{callback}"]
        administrator.ask("POST", "", settings)
        return cls(administrator, name)

    def remove(self):
        self.ask("DELETE", "")

    def ask(self, method, path, body=None):
        return self._administrator.ask(method, f"/{self.name}{path}", body)

    def change(self, **settings):
        """Changes settings of the realm."""
        self.ask("PUT", "", self.ask("GET", "") | settings)

    # People.

    def sessions(self, person):
        """The ids of a person's sessions."""
        return {session["id"] for session in self.ask("GET", f"/users/{self._id(person)}/sessions")}

    def end_session(self, session):
        """Ends one session."""
        self.ask("DELETE", f"/sessions/{session}")

    def sign_out(self, person):
        """Ends all sessions of a person."""
        self.ask("POST", f"/users/{self._id(person)}/logout")

    def disable(self, person):
        self._change_person(person, enabled=False)

    def enable(self, person):
        self._change_person(person, enabled=True)

    def put_into(self, group, person):
        """Puts a person into the group of that path."""
        self.ask("PUT", f"/users/{self._id(person)}/groups/{self._group(group)}")

    def take_out_of(self, group, person):
        self.ask("DELETE", f"/users/{self._id(person)}/groups/{self._group(group)}")

    def give_code_generator(self, person, secret):
        """A second factor, as if the person had set it up."""
        generator = {
            "type": "otp",
            "userLabel": "phone",
            "secretData": json.dumps({"value": secret}),
            "credentialData": json.dumps({"subType": "totp", "digits": 6, "period": 30, "algorithm": "HmacSHA1"}),
        }
        self._change_person(person, credentials=[generator])
        assert "otp" in self.credentials(person)

    def credentials(self, person):
        """The kinds of them."""
        return [credential["type"] for credential in self.ask("GET", f"/users/{self._id(person)}/credentials")]

    def _change_person(self, person, **settings):
        path = f"/users/{self._id(person)}"
        self.ask("PUT", path, self.ask("GET", path) | settings)

    def _id(self, person):
        query = urlencode({"username": person.username, "exact": "true"})
        (user,) = self.ask("GET", f"/users?{query}")
        return user["id"]

    def _group(self, path):
        return self.ask("GET", f"/group-by-path{quote(path)}")["id"]

    # Keys.

    def kid(self):
        """The name of the key that signs."""
        return self.ask("GET", "/keys")["active"]["RS256"]

    def rotate_key(self):
        """A new key signs from now on; the old one is still published."""
        before = self.kid()
        component = {
            "name": "rsa-rotated",
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "config": {"priority": ["200"]},
        }
        self.ask("POST", "/components", component)
        assert self.kid() != before
        return self.kid()
