"""What users says and answers: accounts, sessions, sellerhood, LINE binding.

Methods without a request of their own: `me` and `get_seller` of the principal, `list_addresses`
(`{"items": [Address]}`), `unbind_line` and `resend_verification` (answer nothing), `jwks`.

Refusals with a code of their own: `email_taken`, `weak_password`, `invalid_credentials`, `invalid_refresh_token`,
`too_many_requests` (with `retry_after` in seconds in its fields), `too_many_addresses`, `illegal_transition`,
`invalid_link`, `wrong_password`, `password_not_set`, `login_again`, `line_taken`, `last_way_in`.
"""

from typing import ClassVar, Literal

import msgspec

from contracts.message import Message

SellerState = Literal["pending", "approved", "rejected", "suspended", "closed"]  # closed: the account was deleted


Locale = Literal["zh-TW", "en"]


class SellerChangedV1(Message, frozen=True, kw_only=True):
    """A user's right to sell, as it stands now. `decided_by` is `automatic` or the user id of who set the state.

    With their account a seller is `closed`, without a name.
    """

    source: ClassVar[str] = "users"
    topic: ClassVar[str] = "users.seller_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("catalog", "notify")
    subject_field: ClassVar[str] = "user_id"
    state_of: ClassVar[str | None] = "seller"

    user_id: str
    version: int
    state: SellerState
    display_name: str
    changed_at: str  # RFC 3339, UTC
    decided_by: str = "automatic"


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


class SessionRevokedV1(Message, frozen=True, kw_only=True):
    """Access tokens of this session are refused until `until`, when the last of them has expired."""

    source: ClassVar[str] = "users"
    topic: ClassVar[str] = "users.session_revoked.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("gateway",)
    subject_field: ClassVar[str] = "session_id"

    session_id: str
    until: str


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


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """`login`. `session_id` is made by the caller. `client_ip` as in `Register`."""

    session_id: str
    email: str
    password: str
    client_ip: str = ""


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


class Refresh(msgspec.Struct, frozen=True, kw_only=True):
    """`refresh`: rotates the refresh token. Using a rotated one again revokes its session, except within seconds of the
    rotation: a client that never got the answer may ask once more.
    """

    refresh_token: str


class Logout(msgspec.Struct, frozen=True, kw_only=True):
    """`logout` of the principal's own session and of the one the refresh token belongs to; one of them is needed."""

    refresh_token: str | None = None


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


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of register, login and refresh. `expires_in` in seconds, of the access token."""

    user: User
    access_token: str
    refresh_token: str
    expires_in: int


class PatchMe(msgspec.Struct, frozen=True, kw_only=True):
    """`patch_me`: absent fields stay; a phone of null or nothing is removed.

    With `expected_version`, a stale caller gets `stale_version`.
    """

    name: str | None = None
    phone: str | msgspec.UnsetType | None = msgspec.UNSET
    locale: Locale | None = None
    expected_version: int | None = None


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """`put_address`, and its answer: one address of a user's book. `address_id` is made by the caller.

    The first one is the default, and the default stays one until another is made it. `postal_code` has 3, 5 or 6
    digits.
    """

    address_id: str
    name: str
    phone: str
    city: str
    district: str
    postal_code: str
    line: str
    is_default: bool = False


class AddressId(msgspec.Struct, frozen=True, kw_only=True):
    """`delete_address`."""

    address_id: str


class BecomeSeller(msgspec.Struct, frozen=True, kw_only=True):
    """`become_seller`: repeated by the same user, it answers the state as it is. A company names its 統一編號."""

    kind: Literal["person", "company"]
    display_name: str
    phone: str
    tax_id: str | None = None


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """A user's sellerhood. `seller_id` is the user id. The last five are for themselves and operators only."""

    seller_id: str
    state: SellerState
    kind: Literal["person", "company"]
    display_name: str
    version: int
    phone: str | None = None
    tax_id: str | None = None
    decided_by: str | None = None
    created_at: str | None = None
    changed_at: str | None = None


class DecideSeller(msgspec.Struct, frozen=True, kw_only=True):
    """`decide_seller`, by an operator: the target state. With `only_from`, sellers in other states are refused, so that
    approving an application does not lift a suspension.
    """

    seller_id: str
    state: Literal["approved", "rejected", "suspended"]
    only_from: list[SellerState] | None = None


class ListSellers(msgspec.Struct, frozen=True, kw_only=True):
    """`list_sellers`, by an operator: `{"items": [Seller], "next_cursor"}`, in the order of their ids."""

    state: SellerState | None = None
    cursor: str | None = None
    limit: int = 50


class SellerIds(msgspec.Struct, frozen=True, kw_only=True):
    """`get_sellers`: the question another service asks when its copy is missing or would refuse.

    Answers `{"items": {seller_id: Seller}}`; who is no seller is absent.
    """

    seller_ids: list[str]


class RevokedSince(msgspec.Struct, frozen=True, kw_only=True):
    """`revoked_sessions`: all sessions revoked in the last `seconds`; a gateway asks before it is ready."""

    seconds: int = 660


class BindLine(msgspec.Struct, frozen=True, kw_only=True):
    """`bind_line`: begins account linking; answers the nonce to hand to LINE (facts: Messaging API, account link)."""

    link_token: str | None = None


class LineBinding(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `bind_line`: the nonce, and where to send the browser next (none without a link token)."""

    nonce: str
    expires_in: int  # seconds
    url: str | None = None


class RevokedSession(msgspec.Struct, frozen=True, kw_only=True):
    """One item in the answer `{"items": [...]}` of `revoked_sessions`."""

    session_id: str
    until: str


class Jwks(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `jwks`: the public keys that verify access tokens. Source: RFC 7517."""

    keys: list[dict[str, str]]
