"""PostgreSQL in a private cluster. It refuses to run as root, so root starts it as the user `postgres`."""

import contextlib
import getpass
import hashlib
import os
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg2
from psycopg2 import sql

from yeshi_local.orphans import lives
from yeshi_local.servers.base import Server, program, reachable_by

PLACES = tuple(f"/usr/lib/postgresql/{version}/bin" for version in range(18, 14, -1))


class Postgres(Server):
    """A cluster on loopback with a superuser `yeshi`. `durable=False` (tests) leaves syncing to the kernel."""

    name = "postgres"
    stop_signal = "INT"  # «fast»: roll back what runs, then end

    def __init__(self, home: Path, port: int, password: str, *, durable: bool = True) -> None:
        super().__init__(home, port)
        self._password = password
        self._durable = durable

    @property
    def url(self) -> str:
        """The superuser's URL."""
        return f"postgresql://yeshi:{self._password}@127.0.0.1:{self.port}/postgres"

    @property
    def user(self) -> str | None:
        """`postgres` for root, nobody else otherwise."""
        return "postgres" if os.geteuid() == 0 else None

    @property
    def data(self) -> Path:
        """Below `home`, or below /var/tmp where the server's user may not enter the folders above `home`."""
        if self.user is None or reachable_by(self.user, self.home / "data"):
            return self.home / "data"
        mark = hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:12]
        return Path("/var/tmp") / f"yeshi-postgres-{mark}"  # noqa: S108 - a private folder, owned by the server's user

    @property
    def argv(self) -> list[str]:
        """postgres itself, so that signals reach it."""
        return [_tool("postgres"), "-D", str(self.data)]

    @property
    def environment(self) -> Mapping[str, str]:
        """Nothing of the caller's own PostgreSQL settings."""
        return {"PGHOST": "", "PGDATA": str(self.data), "LC_ALL": "C.UTF-8"}

    def prepare(self) -> None:
        """initdb once; the configuration each time. Left-over pid files of a dead server are no hindrance."""
        super().prepare()
        self.data.mkdir(parents=True, exist_ok=True)
        if self.user:
            os.chmod(self.home, 0o755)  # noqa: S103 - the server's user must enter; the data itself is 0700
            subprocess.run(["chown", "-R", self.user, str(self.data)], check=True)
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        self._forget_the_dead()
        conf = self.data / "yeshi.conf"
        conf.write_text(self._settings())
        main = self.data / "postgresql.conf"
        if "yeshi.conf" not in main.read_text():
            with main.open("a") as file:
                file.write("include 'yeshi.conf'\n")

    def _forget_the_dead(self) -> None:
        """The server looks itself whether the owner of its lock lives, but takes a zombie for alive."""
        lock = self.data / "postmaster.pid"
        if lock.exists() and not lives(int(lock.read_text().split()[0])):
            lock.unlink()

    def _initdb(self) -> None:
        password = self.data.parent / f".{secrets.token_hex(8)}"
        password.write_text(self._password)
        if self.user:
            subprocess.run(["chown", self.user, str(password)], check=True)
        password.chmod(0o600)
        command = [_tool("initdb"), "-D", str(self.data), "-U", "yeshi", "--auth=scram-sha-256", f"--pwfile={password}"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        try:
            if self.user:
                command = ["runuser", "-u", self.user, "--", *command]
            subprocess.run(command, check=True, capture_output=True, text=True, cwd="/")
        finally:
            password.unlink()

    def _settings(self) -> str:
        values = {
            "listen_addresses": "'127.0.0.1'",
            "port": str(self.port),
            "unix_socket_directories": "''",
            "max_connections": "200",
            "shared_buffers": "'256MB'" if self._durable else "'64MB'",
            # On in every case: what was confirmed is the kernel's, so a SIGKILL of the server loses none of it.
            "synchronous_commit": "on",
            "fsync": "on" if self._durable else "off",
            "full_page_writes": "on" if self._durable else "off",
            "log_line_prefix": "'%m [%p] %u@%d '",
            "timezone": "'UTC'",
        }
        return "".join(f"{name} = {value}\n" for name, value in values.items())

    def probe(self) -> None:
        """A real connection: the port opens before the server is ready."""
        psycopg2.connect(self.url, connect_timeout=2).close()

    def create(self, database: str, role: str, password: str) -> str:
        """A database with a role of its own that owns it; nothing when it is there. Answers its URL."""
        with contextlib.closing(psycopg2.connect(self.url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
                verb = "ALTER" if cursor.fetchone() else "CREATE"
                cursor.execute(
                    sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
                )
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
                if not cursor.fetchone():
                    cursor.execute(
                        sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(role))
                    )
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"


def _tool(name: str) -> str:
    return program(name, *(f"{place}/{name}" for place in PLACES), package=f"postgresql (for {getpass.getuser()})")
