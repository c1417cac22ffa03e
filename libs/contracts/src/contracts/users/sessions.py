"""Sessions: logging in and out, tokens and the keys that verify them."""

from typing import ClassVar

import msgspec

from contracts.message import Message
from contracts.users.accounts import User


class SessionRevokedV1(Message, frozen=True, kw_only=True):
    """Access tokens of this session are refused until `until`, when the last of them has expired."""

    source: ClassVar[str] = "users"
    topic: ClassVar[str] = "users.session_revoked.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("gateway",)
    subject_field: ClassVar[str] = "session_id"

    session_id: str
    until: str


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """`login`. `session_id` is made by the caller. `client_ip` as in `Register`."""

    session_id: str
    email: str
    password: str
    client_ip: str = ""


class Refresh(msgspec.Struct, frozen=True, kw_only=True):
    """`refresh`: rotates the refresh token. Using a rotated one again revokes its session, except within seconds of the
    rotation: a client that never got the answer may ask once more.
    """

    refresh_token: str


class Logout(msgspec.Struct, frozen=True, kw_only=True):
    """`logout` of the principal's own session and of the one the refresh token belongs to; one of them is needed."""

    refresh_token: str | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of register, login and refresh. `expires_in` in seconds, of the access token."""

    user: User
    access_token: str
    refresh_token: str
    expires_in: int


class RevokedSince(msgspec.Struct, frozen=True, kw_only=True):
    """`revoked_sessions`: all sessions revoked in the last `seconds`; a gateway asks before it is ready."""

    seconds: int = 660


class RevokedSession(msgspec.Struct, frozen=True, kw_only=True):
    """One item in the answer `{"items": [...]}` of `revoked_sessions`."""

    session_id: str
    until: str


class Jwks(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `jwks`: the public keys that verify access tokens. Source: RFC 7517."""

    keys: list[dict[str, str]]
