"""Users as real processes on a real database and a real bus."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest

import contracts
from chassis.ids import uuid7
from yeshi_local.kit.world import PostgresWorld, postgres_world
from yeshi_local.testing import until

ISSUER = "https://yeshi.test"
AUDIENCE = "yeshi"


@dataclass(kw_only=True)
class World(PostgresWorld):
    """A world of users; `heard` is every event of users since it was made."""

    heard: list[contracts.Event] = field(default_factory=list)
    read: int = 0  # how many of those a test has looked at

    issuer = ISSUER
    audience = AUDIENCE

    def __post_init__(self) -> None:
        self.heard = self.client.listen("users", contracts.decode)

    def environment(self) -> dict[str, object]:
        """What a process of users finds in its environment."""
        return {
            **super().environment(),
            "JWT_ISSUER": ISSUER,
            "JWT_AUDIENCE": AUDIENCE,
            "KEY_ENCRYPTION_SECRET": "a secret of this test world alone",
            "LINE_ACCESS_URL": "https://line.test",
        }

    @staticmethod
    def principal(session: dict, *roles: str) -> dict:
        """What the gateway makes of a session's access token."""
        said = jwt.decode(session["access_token"], options={"verify_signature": False})
        return {"user_id": said["sub"], "session_id": said["sid"], "roles": list(roles) or said["roles"]}

    def register(self, **changes: object) -> dict:
        """Somebody new, logged in."""
        payload = {
            "user_id": str(uuid7()),
            "session_id": str(uuid7()),
            "email": f"{secrets.token_hex(6)}@yeshi.test",
            "password": "correct horse battery",
            "name": "王小明",
        }
        return self.ask("register", None, {**payload, **changes})

    def published(self, count: int, want: Callable[[contracts.Event], bool] = lambda event: True) -> list[Any]:
        """Data of the events of users that no test has looked at yet and that are wanted, once there are so many."""

        def wanted() -> list[contracts.Event]:
            return [event for event in self.heard[self.read :] if want(event)]

        found = until(lambda: len(wanted()) >= count and wanted())
        self.read = len(self.heard)
        return [contracts.data_of(event) for event in found]


@pytest.fixture(scope="module")
def empty_world(rabbitmq, postgres, tmp_path_factory) -> Iterator[World]:
    """Servers and tables, and no process yet."""
    with postgres_world(World, "users", rabbitmq, postgres, tmp_path_factory.mktemp("users")) as made:
        yield made


@pytest.fixture(scope="module")
def world(empty_world: World) -> World:
    """The service and its relay."""
    empty_world.start_all("service", "relay")
    return empty_world
