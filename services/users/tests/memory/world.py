"""The application, a clock that can be moved, and hands for tests."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis.ids import uuid7
from chassis.testing.memory import transaction
from services.users.tests.memory.mails import PostBox
from services.users.tests.memory.signing import CountingPasswords, PlainSignatures
from services.users.tests.memory.store import Store
from services.users.tests.memory.unit import MemoryUnit
from users.application.entry import Login, Register
from users.application.line_login import LoginByLine
from users.application.mailing import Mailing
from users.application.ports import Policy
from users.bootstrap import Users, assemble
from users.domain.limits import Limits

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)

PASSWORD = "correct horse battery"


class World:
    """The application, a clock that can be moved, and hands for tests."""

    def __init__(self, **policy: object) -> None:
        self.store = Store()
        self.now = NOON
        self.open_units = 0
        self.away: Exception | None = None
        self.passwords = CountingPasswords()
        self.signatures = PlainSignatures()
        self.secrets = itertools.count(1)
        self.post = PostBox()
        self.mailing = Mailing(
            self.unit, self.post, "https://yeshi.test/", lambda: self.now, lambda: f"link-{next(self.secrets)}"
        )
        values = {
            "issuer": "https://yeshi.test",
            "audience": "yeshi",
            "approve_sellers": True,
            "line_access_url": "https://access.line.me",
        }
        self.app = self.replica(Policy(**{**values, **policy}))

    def replica(self, policy: Policy) -> Users:
        return assemble(
            self.unit,
            self.unit,
            self.passwords,
            self.signatures,
            policy,
            Limits(),
            lambda: self.now,
            uuid7,
            lambda: f"secret-{next(self.secrets)}",
        )

    @contextmanager
    def unit(self) -> Iterator[MemoryUnit]:
        """Like a transaction: what it changed is undone when it raises."""
        if self.away:
            raise self.away
        self.open_units += 1
        try:
            with transaction(self.store):
                yield MemoryUnit(self.store, lambda: self.now)
        finally:
            self.open_units -= 1

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)

    def register(self, email: str = "ming@yeshi.test", password: str = PASSWORD, **changes) -> dict:
        values = {"user_id": uuid7(), "session_id": uuid7(), "name": "王小明", **changes}
        return self.app.door.register(Register(email=email, password=password, **values))

    def login(self, email: str = "ming@yeshi.test", password: str = PASSWORD, **changes) -> dict:
        return self.app.door.login(Login(email=email, password=password, **{"session_id": uuid7(), **changes}))

    def login_line(self, line_user_id: str, name: str = "小美", **changes) -> dict:
        values = {"user_id": uuid7(), "session_id": uuid7(), **changes}
        return self.app.line_door.login(LoginByLine(line_user_id=line_user_id, name=name, **values))

    def letters(self) -> list:
        """Sends what waits; what arrived since the last time."""
        while self.mailing.step():
            pass
        arrived, self.post.letters = self.post.letters, []
        return arrived

    def token(self) -> str:
        """The token of the one letter that arrives now."""
        (letter,) = self.letters()
        return letter.text.partition("#token=")[2].strip()

    def session_of(self, by: UUID) -> UUID | None:
        """The session that somebody began last."""
        return next((one.id for one in reversed(self.store.sessions.values()) if one.user_id == by), None)

    def somebody(self, email: str = "ming@yeshi.test") -> UUID:
        return UUID(self.register(email)["user"]["user_id"])
