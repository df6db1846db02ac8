"""Plain requests to the servers, without a browser: nothing is followed, no status is an exception."""

import urllib.error
import urllib.request
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    status: int
    body: str


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StayHere)


def get(url, timeout=5):
    """The answer, or None when nobody answers."""
    return send("GET", url, timeout=timeout)


def send(method, url, form=None, headers=None, timeout=20):
    """The answer to a request, with an encoded form as its body or without; None when nobody answers."""
    body = form.encode() if form is not None else None
    request = urllib.request.Request(url, body, headers or {}, method=method)
    try:
        with _opener.open(request, timeout=timeout) as response:
            return Answer(response.status, response.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode())
    except OSError:
        return None
