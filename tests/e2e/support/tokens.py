"""Tokens that the bridge would never sign, made from one that it did."""

import jwt


def altered(token, secret, without=(), **changes):
    """The same token, signed with that secret, with other claims, and without some."""
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    return jwt.encode({name: value for name, value in claims.items() if name not in without}, secret, "HS256")


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})
