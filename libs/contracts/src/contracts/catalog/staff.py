"""Who works in a shop: invitations, roles, and how it is handed over."""

from typing import ClassVar, Literal

import msgspec

from contracts.message import Message


class StaffInvitedV1(Message, frozen=True, kw_only=True):
    """A user is asked to work in a shop, or to take it over (`owner`). Whoever is asked by e-mail gets a letter."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.staff_invited.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notify",)
    subject_field: ClassVar[str] = "invitation_id"

    invitation_id: str
    shop_id: str
    shop_name: str
    role: Literal["owner", "manager", "packer"]
    user_id: str
    invited_by: str


class InvitationAnsweredV1(Message, frozen=True, kw_only=True):
    """Whom an invitation was meant for has accepted or declined it."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.invitation_answered.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notify",)
    subject_field: ClassVar[str] = "invitation_id"

    invitation_id: str
    shop_id: str
    shop_name: str
    role: Literal["owner", "manager", "packer"]
    user_id: str
    invited_by: str
    answer: Literal["accepted", "declined"]


class PutStaff(msgspec.Struct, frozen=True, kw_only=True):
    """`put_staff`: one of the people gets another role. The owner's changes only when somebody takes the shop over."""

    shop_id: str
    user_id: str
    role: Literal["manager", "packer"]


class DeleteStaff(msgspec.Struct, frozen=True, kw_only=True):
    """`delete_staff`: the person has no role any more. Whoever leaves names themselves."""

    shop_id: str
    user_id: str


class InviteStaff(msgspec.Struct, frozen=True, kw_only=True):
    """`invite_staff`: one of `email` and `user_id`. `invitation_id` is made by the caller. Answers `Invitation`.

    Whoever is invited once more keeps theirs, for another week. `owner` hands the shop over to one of its people.
    """

    shop_id: str
    invitation_id: str
    role: Literal["owner", "manager", "packer"]
    email: str | None = None
    user_id: str | None = None


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation. The last three are for those who may invite only; the address is gone once it is settled."""

    invitation_id: str
    shop_id: str
    shop_name: str
    role: Literal["owner", "manager", "packer"]
    state: Literal["pending", "accepted", "declined", "revoked", "expired"]
    created_at: str
    expires_at: str
    email: str | None = None
    user_id: str | None = None
    invited_by: str | None = None


class RevokeInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """`revoke_invitation`. Answers nothing."""

    shop_id: str
    invitation_id: str


class InvitationId(msgspec.Struct, frozen=True, kw_only=True):
    """`accept_invitation`, `decline_invitation`: an invitation by e-mail is for who has proved that address."""

    invitation_id: str
