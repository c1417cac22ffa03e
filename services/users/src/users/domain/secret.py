"""Secrets that are handed out once and kept as a digest only: refresh tokens and nonces."""

import hashlib


def digest(secret: str) -> bytes:
    """SHA-256. Enough for what has 256 random bits; passwords need more."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
