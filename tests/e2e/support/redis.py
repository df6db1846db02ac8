"""Redis, which keeps nothing on disk."""

import secrets
import socket

from .process import Server, free_port


class Redis:
    def __init__(self, home, log):
        home.mkdir(parents=True)
        self._port = free_port()
        self.password = secrets.token_hex(16)
        self.url = f"redis://:{self.password}@localhost:{self._port}/0"
        settings = home / "redis.conf"
        settings.write_text(
            f"bind 127.0.0.1\nport {self._port}\nrequirepass {self.password}\nsave \"\"\nappendonly no\ndir {home}\n"
        )
        self._server = Server("Redis", ["redis-server", settings], {}, log)

    def start(self):
        self._server.start(self._is_ready, 20)

    def stop(self):
        return self._server.stop()

    def _is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                # It answers, if only that it wants the password first.
                return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False
