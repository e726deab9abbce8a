"""Keys and tokens: how they are made, and how those are kept that only we need to recognise.

Keys that clients and members must be able to read again (``app_key``, ``ezkey``, ``ukey``, a
stat's ``key``) are stored as they are. Secrets are stored as SHA-256: they are long and random,
so a slow password hash would protect nothing and cost every request.
"""

import hashlib
import secrets

__all__ = ["hash_secret", "new_key", "new_token", "token_hint"]


def new_key() -> str:
    """A URL-safe key of 27 characters (160 bits), the length StatHat's own keys had."""
    return secrets.token_urlsafe(20)


def new_token(kind: str) -> str:
    """A secret of 192 bits whose start tells what it is for, e.g. ``tlm_read_…``."""
    return f"tlm_{kind}_{secrets.token_urlsafe(24)}"


def hash_secret(secret: str) -> str:
    """What is stored of a secret: 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def token_hint(token: str) -> str:
    """The last four characters, by which its owner recognises a token that is shown nowhere."""
    return token[-4:]
