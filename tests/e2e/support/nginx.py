"""nginx in front of two bridges, as config/nginx.conf.sample has it."""

import getpass
import os
import re
import shutil

from . import http
from .process import Server, free_port
from .settings import REPOSITORY

SAMPLE = REPOSITORY / "config" / "nginx.conf.sample"
# Not everybody has /usr/sbin in the path.
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
# The sample's parts, by their headings; what takes the place of a line in the first stands at the end of the third.
PART = re.compile(r"^# --- (\d)\. .*?(?=^# --- |\Z)", re.MULTILINE | re.DOTALL)
LOCATION = re.compile(r"^location .*?^}", re.MULTILINE | re.DOTALL)
UPSTREAM = re.compile(r"^upstream .*?^}", re.MULTILINE | re.DOTALL)
PROXY_PASS = re.compile(r"^ *proxy_pass .*$", re.MULTILINE)


class Nginx:
    def __init__(self, home, log):
        home.mkdir(parents=True)
        self._home = home
        self._port = free_port()
        self.url = f"http://localhost:{self._port}"
        self._settings = home / "nginx.conf"
        self._server = Server("nginx", [NGINX, "-p", home, "-c", self._settings, "-e", "stderr"], {}, log)

    def start(self, ports, changed=lambda location: location):
        """In front of bridges at these ports of this machine, for what is below /sso/. `changed` makes a mistake."""
        upstream, location = from_sample(ports)
        location = changed(location)
        temporary = "".join(
            f"{kind}_temp_path {self._home}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        self._settings.write_text(
            f"user {getpass.getuser()};\ndaemon off;\npid {self._home}/pid;\nerror_log stderr warn;\n"
            f"events {{}}\nhttp {{\n{temporary}{upstream}\n"
            f"server {{\nlisten 127.0.0.1:{self._port};\n"
            # Here it is no https that the browser speaks.
            f"{location.replace('X-Forwarded-Proto https', 'X-Forwarded-Proto http')}\n}}\n}}\n"
        )
        self._server.start(lambda: http.get(f"{self.url}/") is not None, 20)

    def stop(self):
        return self._server.stop()


def from_sample(ports):
    """The sample's `upstream` with these ports, and its `location` that leads there."""
    parts = {found[1]: found[0] for found in PART.finditer(SAMPLE.read_text())}
    upstream = UPSTREAM.search(parts["3"])[0]
    for sample, port in zip((8090, 8091), ports, strict=True):
        upstream, replaced = re.subn(rf"127\.0\.0\.1:{sample}\b", f"127.0.0.1:{port}", upstream)
        assert replaced == 1
    lines = parts["3"][parts["3"].index("# These lines replace") :].rstrip()
    assert PROXY_PASS.search(lines)
    location, replaced = PROXY_PASS.subn(lambda _: lines, LOCATION.search(parts["1"])[0])
    assert replaced == 1
    return upstream, location
