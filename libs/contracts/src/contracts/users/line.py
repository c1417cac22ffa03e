"""LINE: coming in by LINE Login, and the binding of a user to a LINE user."""

from typing import ClassVar

import msgspec

from contracts.message import Message


class LineChangedV1(Message, frozen=True, kw_only=True):
    """The LINE user a user is bound to, or none after unbinding."""

    source: ClassVar[str] = "users"
    topic: ClassVar[str] = "users.line_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notify",)
    subject_field: ClassVar[str] = "user_id"
    state_of: ClassVar[str | None] = "line_binding"

    user_id: str
    version: int
    line_user_id: str | None
    changed_at: str


class LoginLine(msgspec.Struct, frozen=True, kw_only=True):
    """`login_line`: a LINE user whose ID token the gateway has verified. Answers `Session`.

    The account they are bound to, or a new one of `user_id`: both ids are made by the caller. `email` counts if nobody
    has it. `client_ip` as in `Register`.
    """

    user_id: str
    session_id: str
    line_user_id: str
    name: str = ""
    email: str | None = None
    client_ip: str = ""


class LinkLine(msgspec.Struct, frozen=True, kw_only=True):
    """`link_line`: binds the caller to a LINE user whose ID token the gateway has verified. Answers nothing."""

    line_user_id: str


class BindLine(msgspec.Struct, frozen=True, kw_only=True):
    """`bind_line`: begins account linking; answers the nonce to hand to LINE (facts: Messaging API, account link)."""

    link_token: str | None = None


class LineBinding(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `bind_line`: the nonce, and where to send the browser next (none without a link token)."""

    nonce: str
    expires_in: int  # seconds
    url: str | None = None
