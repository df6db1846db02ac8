"""An identity provider that asks nothing and says whatever a test wants of a person."""

import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from .keys import SigningKey


class Provider:
    """Says `claims` of whoever comes, or what they bring along in the query as `of`."""

    def __init__(self, client_id):
        self.claims = {}
        self._client_id = client_id
        self._key = SigningKey("provider")
        self._sign_ins = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                url = urlsplit(self.path)
                if url.path == "/authorize":
                    self.send_response(303)
                    self.send_header("Location", provider._code_for(parse_qs(url.query)))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    self._answer(provider._metadata() if "well-known" in url.path else {"keys": [provider._key.jwk()]})

            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self._answer(provider._tokens(form["code"][0]))

            def _answer(self, value):
                content = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, name="provider", daemon=True).start()

    def logout_token(self, **claims):
        """Says that somebody has signed out: `sub`, `sid` or both say who, and where (Back-Channel Logout 1.0, 2.4)."""
        now = int(time.time())
        whose = {"iss": self.issuer, "aud": self._client_id, "iat": now, "exp": now + 120}
        event = {"http://schemas.openid.net/event/backchannel-logout": {}}
        return self._key.sign(whose | {"jti": secrets.token_hex(8), "events": event} | claims)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _metadata(self):
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _code_for(self, query):
        code = secrets.token_hex(8)
        said = json.loads(query["of"][0]) if "of" in query else dict(self.claims)
        self._sign_ins[code] = (query["nonce"][0], said)
        return f"{query['redirect_uri'][0]}?{urlencode({'code': code, 'state': query['state'][0]})}"

    def _tokens(self, code):
        now = int(time.time())
        times = {"iat": now, "exp": now + 300, "auth_time": now}
        nonce, claims = self._sign_ins.pop(code)
        whose = {"iss": self.issuer, "aud": self._client_id, "nonce": nonce}
        return {
            "access_token": secrets.token_hex(8),
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self._key.sign(times | whose | claims),
        }
