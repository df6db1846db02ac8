"""The six digits that a phone would show (RFC 6238)."""

import hashlib
import hmac
import struct
import time

PERIOD = 30


def code(secret, at=None):
    """The code of that moment, now if none is given; `secret` are the bytes themselves."""
    counter = int(time.time() if at is None else at) // PERIOD
    digest = hmac.digest(secret, struct.pack(">Q", counter), hashlib.sha1)
    offset = digest[-1] & 0xF
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**6:06}"
