"""Random secrets."""

import secrets

BYTES = 32


def new_secret() -> str:
    """256 random bits in the letters of base64url."""
    return secrets.token_urlsafe(BYTES)
