"""A stand-in for Jitsi: any path gives a small meeting page. It remembers what it was asked for.

With a bridge, people can sign in from the meeting as by Jitsi's `tokenAuthInline`: `jitsi_pages/call.html` opens a popup,
which ends at `jitsi_pages/sso.html`.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGES = Path(__file__).parent / "jitsi_pages"
SSO_PAGE = "/static/sso.html"
CLIENT_ID = "jitsi-meet"


class Jitsi:
    def __init__(self, bridge_url):
        self.asked = asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.path, self.headers.get("Referer")))
                body = pages["sso" if self.path.partition("?")[0] == SSO_PAGE else "call"]
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self._server.server_port}"
        config = json.dumps(self._config(bridge_url))
        pages = {name: _page(name, config) for name in ("call", "sso")}
        self._thread = threading.Thread(target=self._server.serve_forever, name="jitsi", daemon=True)

    def _config(self, bridge_url):
        """What docs/jitsi.md has administrators write, but that Jitsi itself puts https:// before the token service."""
        query = f"client_id={CLIENT_ID}&redirect_uri={self.url}{SSO_PAGE}&state={{state}}"
        pkce = "code_challenge={code_challenge}&code_challenge_method=S256"
        return {
            "tokenAuthUrl": f"{bridge_url}/authorize?{query}&{pkce}",
            "tokenService": bridge_url,
            "clientId": CLIENT_ID,
        }

    def start(self):
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _page(name, config):
    return (PAGES / f"{name}.html").read_text().replace("CONFIG", config).encode()
