"""Accounts: making one, its password and e-mail address, its owner's particulars, and its end."""

from typing import ClassVar, Literal

import msgspec

from contracts.message import Message
from contracts.users.sellers import SellerState

Locale = Literal["zh-TW", "en"]


class LocaleChangedV1(Message, frozen=True, kw_only=True):
    """The language a user reads, as of an account's `version`. Who was never heard of reads zh-TW."""

    source: ClassVar[str] = "users"
    topic: ClassVar[str] = "users.locale_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notify",)
    subject_field: ClassVar[str] = "user_id"
    state_of: ClassVar[str | None] = "locale"

    user_id: str
    version: int
    locale: Locale
    changed_at: str  # RFC 3339, UTC


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """`register`. `user_id` and `session_id` are made by the caller, so a repeated call is the same account.

    A call without `client_ip` comes from inside and is not counted against a client's limit.
    """

    user_id: str
    session_id: str
    email: str
    password: str
    name: str
    client_ip: str = ""


class VerifyEmail(msgspec.Struct, frozen=True, kw_only=True):
    """`verify_email`, `confirm_email`, with the token of a mailed link. Answers nothing."""

    token: str


class ForgotPassword(msgspec.Struct, frozen=True, kw_only=True):
    """`forgot_password`: answers nothing, whether there is an account or not. `client_ip` as in `Register`."""

    email: str
    client_ip: str = ""


class ResetPassword(msgspec.Struct, frozen=True, kw_only=True):
    """`reset_password`, with the token of a mailed link: ends every session of its account. Answers nothing."""

    token: str
    password: str


class ChangePassword(msgspec.Struct, frozen=True, kw_only=True):
    """`change_password`: ends the caller's other sessions. Answers nothing."""

    current_password: str
    new_password: str


class ChangeEmail(msgspec.Struct, frozen=True, kw_only=True):
    """`change_email`: mails a link to the new address. With the password, or without one within ten minutes of a login.
    Answers nothing.
    """

    email: str
    password: str | None = None


class VerifiedEmail(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `verified_email`, a question of other services: the address the principal has proved to have."""

    email: str | None


class MailInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """`mail_invitation`, a command of catalog: a letter to somebody who may have no account yet. Answers nothing."""

    invitation_id: str
    email: str


class DeleteAccount(msgspec.Struct, frozen=True, kw_only=True):
    """`delete_account`: with the password, or without one within ten minutes of a login. Answers nothing."""

    password: str | None = None


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account as its owner sees it. `roles` holds platform roles only (`operator`), never sellerhood.

    Whoever came by LINE may have no `email` and no password.
    """

    user_id: str
    email: str | None
    name: str
    roles: list[str]
    created_at: str
    version: int
    seller_state: SellerState | None = None
    phone: str | None = None
    line_bound: bool = False
    email_verified: bool = False
    has_password: bool = True
    locale: Locale = "zh-TW"


class PatchMe(msgspec.Struct, frozen=True, kw_only=True):
    """`patch_me`: absent fields stay; a phone of null or nothing is removed.

    With `expected_version`, a stale caller gets `stale_version`.
    """

    name: str | None = None
    phone: str | msgspec.UnsetType | None = msgspec.UNSET
    locale: Locale | None = None
    expected_version: int | None = None
