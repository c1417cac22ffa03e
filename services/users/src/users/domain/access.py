"""Access tokens: what they say and how long they live. Source: RFC 9068 (JWT profile for access tokens)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

ACCESS_LIFE = timedelta(minutes=10)
LEEWAY = timedelta(seconds=60)  # what verifiers forgive between two clocks

Claims = dict[str, Any]


def claims(
    *, issuer: str, audience: str, user_id: UUID, session_id: UUID, roles: Sequence[str], token_id: UUID, at: datetime
) -> Claims:
    """The claims of a token issued now. Sellerhood is never among them: it changes while a token lives."""
    issued = int(at.timestamp())
    return {
        "iss": issuer,
        "aud": audience,
        "sub": str(user_id),
        "sid": str(session_id),
        "roles": list(roles),
        "iat": issued,
        "nbf": issued,
        "exp": issued + int(ACCESS_LIFE.total_seconds()),
        "jti": str(token_id),
    }
