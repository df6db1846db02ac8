"""LemonLDAP::NG of Debian's packages: the portal as an OpenID Connect provider, with the people of its demonstration."""

import json
import secrets
import shutil
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from . import http
from .process import Server, free_port
from .waiting import wait_until

START_SECONDS = 20
# How long a sign-in stays fresh: until then, it ignores `prompt=login`.
FRESH_SECONDS = 1
CLIENT_ID = "jitsi-oidc-bridge"
# A second client with the same claims, which takes passwords: so that tests can see the claims without the bridge.
ONLOOKER = "onlooker"

FORM = "#userfield"
NAME = "#userfield"
PASSWORD = "#passwordfield"
SUBMIT = "button[type=submit]"
REFUSED = ".message-negative"
# The wish for another sign-in, or, of versions that have it, for a stronger one.
RENEW = "form#upgrd"
# The question whether one wants to sign out.
CONFIRM = "form.confirm button.positive"

PORTAL = """\
# Its own pictures of letters need ImageMagick before it starts at all, and no form here asks for any.
package NoCaptcha;
use Mouse;
extends 'Lemonldap::NG::Common::Module';
sub init { 1 }
BEGIN { $INC{'NoCaptcha.pm'} = 1 }

package main;
use Lemonldap::NG::Portal::Main;
use Plack::App::File;
use Plack::Builder;

builder {
    mount '/static'     => Plack::App::File->new( root => '/usr/share/lemonldap-ng/portal/htdocs/static' )->to_app;
    mount '/javascript' => Plack::App::File->new( root => '/usr/share/javascript' )->to_app;
    mount '/'           => Lemonldap::NG::Portal::Main->run( {} );
};
"""
INI = """\
[all]
logLevel = notice

[configuration]
type = File
dirName = {home}/conf
localStorage = Cache::FileCache
localStorageOptions = {{ 'namespace' => 'configuration', 'cache_root' => '{home}/cache', 'cache_depth' => 3 }}

[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
"""


@dataclass(frozen=True)
class Account:
    """One of the accounts that the demonstration module has built in. The user name is the password."""

    username: str
    name: str

    @property
    def password(self):
        return self.username

    @property
    def email(self):
        return f"{self.username}@badwolf.org"


DOCTOR = Account("dwho", "Doctor Who")
ROSE = Account("rtyler", "Rose Tyler")
MICKEY = Account("msmith", "Mickey Smith")


class LemonLdap:
    def __init__(self, home, bridge_url, client_secret, log):
        self._home = home
        self._sessions = home / "sessions"
        self._port = free_port()
        self.url = f"http://localhost:{self._port}"
        # With a slash at its end, as a fresh installation has it.
        self.issuer = f"{self.url}/"
        self._onlooker_secret = secrets.token_urlsafe(16)
        for folder in ("conf", "cache", "sessions/lock", "persistent/lock"):
            (home / folder).mkdir(parents=True)
        (home / "portal.psgi").write_text(PORTAL)
        (home / "lemonldap-ng.ini").write_text(INI.format(home=home))
        settings = self._settings(bridge_url, client_secret)
        (home / "conf" / "lmConf-1.json").write_text(json.dumps(settings, indent=1))
        command = ["starman", "--listen", f"127.0.0.1:{self._port}", "--workers", "3", home / "portal.psgi"]
        environment = {"LLNG_DEFAULTCONFFILE": str(home / "lemonldap-ng.ini"), "PLACK_ENV": "deployment"}
        self._server = Server("LemonLDAP::NG", command, environment, log, cwd=home)

    def start(self):
        self._server.start(self._is_ready, START_SECONDS)

    def stop(self):
        code = self._server.stop()
        shutil.rmtree(self._home, ignore_errors=True)
        return code

    def _is_ready(self):
        answer = http.get(f"{self.url}/.well-known/openid-configuration")
        # It answers before it has found a fault in its configuration, and afterwards all the same.
        assert answer is None or answer.status == 200, f"{answer.status}:\n{self._server.said()[:4000]}"
        return answer is not None and json.loads(answer.body)["issuer"] == self.issuer

    def metadata(self):
        """What it says of itself."""
        return json.loads(http.get(f"{self.url}/.well-known/openid-configuration").body)

    # What an administrator sees.

    def sessions(self, person):
        """The ids of a person's sessions."""
        return {name for name, session in self._stored_sessions() if session.get("uid") == person.username}

    def wait_until_old_enough(self, person):
        """Until it takes none of a person's sessions for fresh, so that it asks for the password when told to."""

        def ages():
            began = [session["_utime"] for _, session in self._stored_sessions() if session.get("uid") == person.username]
            return [time.time() - when for when in began]

        wait_until("the end of the time in which it does not ask again", lambda: min(ages()) > FRESH_SECONDS + 1)

    def _stored_sessions(self):
        for file in self._sessions.iterdir():
            if not file.is_file():
                continue
            try:
                session = json.loads(file.read_text())
            except (FileNotFoundError, ValueError):
                # Deleted, or being written, at this moment.
                continue
            # Codes and access tokens are in the same folder.
            if session.get("_session_kind") == "SSO":
                yield file.name, session

    def claims(self, person):
        """What its userinfo endpoint says of a person."""
        form = {
            "grant_type": "password",
            "client_id": ONLOOKER,
            "client_secret": self._onlooker_secret,
            "username": person.username,
            "password": person.password,
            "scope": "openid profile email groups",
        }
        headers = {"Accept": "application/json"}
        answer = http.send("POST", f"{self.url}/oauth2/token", urlencode(form), headers)
        assert answer.status == 200, f"{answer.status}: {answer.body}"
        headers["Authorization"] = f"Bearer {json.loads(answer.body)['access_token']}"
        answer = http.send("GET", f"{self.url}/oauth2/userinfo", headers=headers)
        assert answer.status == 200, f"{answer.status}: {answer.body}"
        return json.loads(answer.body)

    # lmConf-1.json, as the manager would write it.

    def _settings(self, bridge_url, client_secret):
        private, public = key_pair()
        file_storage = "Apache::Session::File"
        bridge = {
            "oidcRPMetaDataOptionsClientID": CLIENT_ID,
            "oidcRPMetaDataOptionsClientSecret": client_secret,
            "oidcRPMetaDataOptionsDisplayName": "Jitsi Meet",
            "oidcRPMetaDataOptionsRedirectUris": f"{bridge_url}/callback",
            "oidcRPMetaDataOptionsPostLogoutRedirectUris": f"{bridge_url}/logged-out",
            "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256",
            "oidcRPMetaDataOptionsRequirePKCE": 1,
            "oidcRPMetaDataOptionsBypassConsent": 1,
            "oidcRPMetaDataOptionsLogoutBypassConfirm": 1,
            "oidcRPMetaDataOptionsLogoutType": "back",
            "oidcRPMetaDataOptionsLogoutUrl": f"{bridge_url}/backchannel-logout",
            "oidcRPMetaDataOptionsLogoutSessionRequired": 1,
        }
        onlooker = {
            "oidcRPMetaDataOptionsClientID": ONLOOKER,
            "oidcRPMetaDataOptionsClientSecret": self._onlooker_secret,
            "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256",
            "oidcRPMetaDataOptionsAllowPasswordGrant": 1,
        }
        claims = {"name": "cn", "email": "mail", "preferred_username": "uid", "groups": "teams"}
        # What it does not know by itself: the scope and its claims.
        scopes = {"groups": "groups"}
        # Everybody of the demonstration is in `users`. Without it, some are in a single group.
        macros = {"teams": 'join("; ", grep { $_ ne "users" } split(/; /, $groups))'}
        return {
            "cfgNum": 1,
            "cfgVersion": "2.16.1",
            "cfgAuthor": "e2e",
            "cfgDate": int(time.time()),
            "key": secrets.token_hex(16),
            "portal": self.issuer,
            "domain": "localhost",
            "cookieName": "lemonldap",
            "authentication": "Demo",
            "userDB": "Same",
            "passwordDB": "Null",
            "captcha": "NoCaptcha",
            "demoExportedVars": {"cn": "cn", "mail": "mail", "uid": "uid"},
            # Beside the demonstration's own: `timelords` has the Doctor, `earthlings` the two others.
            "groups": {"companions": '$uid eq "rtyler"'},
            "macros": {"_whatToTrace": "lc($_user)"},
            "whatToTrace": "_whatToTrace",
            "locationRules": {"localhost": {"default": "accept"}},
            "globalStorage": file_storage,
            "globalStorageOptions": storage(self._sessions),
            "persistentStorage": file_storage,
            "persistentStorageOptions": storage(self._home / "persistent"),
            "localSessionStorage": "Cache::FileCache",
            "localSessionStorageOptions": {
                "namespace": "sessions",
                "cache_root": str(self._home / "cache"),
                "cache_depth": 3,
                "default_expires_in": 600,
            },
            "portalForceAuthnInterval": FRESH_SECONDS,
            "issuerDBOpenIDConnectActivation": 1,
            "oidcServicePrivateKeySig": private,
            "oidcServicePublicKeySig": public,
            "oidcServiceKeyIdSig": secrets.token_hex(8),
            # The stricter of two ways, of installations from before 2.0.16: a claim needs a scope that is asked for.
            "oidcServiceIgnoreScopeForClaims": 0,
            "oidcRPMetaDataOptions": {"jitsi": bridge, "onlooker": onlooker},
            "oidcRPMetaDataExportedVars": {"jitsi": claims, "onlooker": claims},
            "oidcRPMetaDataMacros": {"jitsi": macros, "onlooker": macros},
            "oidcRPMetaDataOptionsExtraClaims": {"jitsi": scopes, "onlooker": scopes},
        }


def storage(folder):
    return {
        "Directory": str(folder),
        "LockDirectory": str(folder / "lock"),
        "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256",
    }


def key_pair():
    """A new RSA key, private and public, in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


# What people do at its forms.


def wait_for_form(browser, lemonldap):
    wait_until(
        "LemonLDAP's form",
        lambda: browser.is_at(lemonldap.url) and browser.has(FORM) and browser.has(PASSWORD),
    )


def submit(browser, username, password):
    browser.fill(NAME, username)
    browser.fill(PASSWORD, password)
    browser.press(SUBMIT)


def sign_in(browser, lemonldap, person):
    wait_for_form(browser, lemonldap)
    submit(browser, person.username, person.password)
