"""Users asked over the bus about addresses."""

from collections.abc import Callable
from typing import Any
from uuid import UUID


class RpcPeople:
    """`call` asks users: `call(method, principal, payload)`."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def verified_email(self, user_id: UUID) -> str | None:
        """The normalised address that the user has proved to have; None without one. Raises Unavailable."""
        principal = {"user_id": str(user_id), "session_id": "", "roles": []}
        email: str | None = self._call("verified_email", principal, None)["email"]
        return email

    def invite(self, invitation_id: UUID, email: str) -> None:
        """Has an invitation's letter sent. Raises TooManyRequests (a Refusal), Unavailable."""
        self._call("mail_invitation", None, {"invitation_id": str(invitation_id), "email": email})
