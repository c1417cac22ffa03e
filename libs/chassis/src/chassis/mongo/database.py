"""One client of a MongoDB database, with a deadline on everything it does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymongo
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from chassis.mongo.errors import translate

TIMEOUT = 3.0  # seconds one question may take, all its retries included
TRANSACTION_TIMEOUT = 6.0

Document = dict[str, Any]


class Database:
    """A database by its name. Threads and greenlets may share it; make it after patching, in a green process.

    Connecting is lazy: a server that is away is heard of in the first question, as DatabaseUnavailable.
    """

    def __init__(self, url: str, name: str, *, app: str, timeout: float = TIMEOUT, size: int = 16) -> None:
        milliseconds = int(timeout * 1000)
        self.timeout = timeout
        self.client: MongoClient[Document] = MongoClient(
            url,
            appname=f"yeshi-{app}",
            serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds,
            socketTimeoutMS=milliseconds,
            waitQueueTimeoutMS=milliseconds,
            maxPoolSize=size,
            w="majority",
            retryReads=True,
            retryWrites=True,
            tz_aware=True,
        )
        self.raw = self.client[name]

    def __getitem__(self, collection: str) -> Collection[Document]:
        """A collection."""
        return self.raw[collection]

    @contextmanager
    def deadline(self, seconds: float | None = None) -> Iterator[None]:
        """What the block asks ends within so many seconds, retries included. Raises DatabaseUnavailable."""
        with translate(), pymongo.timeout(seconds or self.timeout):
            yield

    def problem(self) -> str | None:
        """None while a primary answers. For /readyz: at most a second."""
        try:
            with pymongo.timeout(1.0):
                self.client.admin.command("ping")
        except PyMongoError as error:
            return f"{type(error).__name__}: {error}"[:200]
        return None

    def close(self) -> None:
        """Closes every connection."""
        self.client.close()
