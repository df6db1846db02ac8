"""Tokens that the bridge would never sign, made from one that it did."""

import re

import jwt

# A token's first part: longer than the identifiers of tokens, which are random and may look like its beginning.
TOKEN = re.compile(r"eyJ[\w-]{20}")


def holds_a_token(text):
    return TOKEN.search(text) is not None


def altered(token, secret, without=(), **changes):
    """The same token, signed with that secret, with other claims, and without some."""
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    return jwt.encode({name: value for name, value in claims.items() if name not in without}, secret, "HS256")


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})
