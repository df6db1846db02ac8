"""Requests by the hundred on one connection, which stays open."""

import socket
from urllib.parse import urlsplit


class Connection:
    def __init__(self, url):
        self._url = urlsplit(url)
        self._socket = socket.create_connection((self._url.hostname, self._url.port), timeout=30)
        self._answers = self._socket.makefile("rb")
        self.page = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._answers.close()
        self._socket.close()

    def get(self, path, headers=None, times=1):
        """Asks so many times at once, and gives the status of the last answer; `page` is what it says."""
        lines = [f"GET {self._url.path}{path} HTTP/1.1", f"Host: {self._url.netloc}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() * times)
        for _ in range(times):
            status = int(self._answers.readline().split()[1])
            length = 0
            while (line := self._answers.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            self.page = self._answers.read(length).decode()
        return status
