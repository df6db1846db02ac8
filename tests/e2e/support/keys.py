"""RSA keys, and a server that publishes them as a provider or the bridge would: as a JWKS, and one PEM file per key."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


class SigningKey:
    def __init__(self, kid):
        self.kid = kid
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def sign(self, claims, algorithm="RS256"):
        return jwt.encode(claims, self._key, algorithm, {"kid": self.kid})

    def jwk(self):
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return public | {"kid": self.kid, "use": "sig", "alg": "RS256"}

    def pem(self):
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def asap_path(self):
        """Where Prosody looks for it below `asap_key_server`."""
        return f"/{hashlib.sha256(self.kid.encode()).hexdigest()}.pem"


class KeyServer:
    """Serves what `published` holds at the moment, and counts what it was asked for."""

    def __init__(self, max_age=3600):
        self.published = []
        self.asked = asked = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                content = server.answer(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Cache-Control", f"public, max-age={max_age}")
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.jwks_url = f"{self.url}/jwks.json"
        threading.Thread(target=self._server.serve_forever, name="keys", daemon=True).start()

    def answer(self, path):
        if path == "/jwks.json":
            return json.dumps({"keys": [key.jwk() for key in self.published]}).encode()
        return next((key.pem() for key in self.published if path == key.asap_path()), None)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
