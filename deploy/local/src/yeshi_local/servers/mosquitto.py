"""Mosquitto with dynamic security: every device has a user and a role of its own."""

import subprocess
from pathlib import Path

from yeshi_local.servers.base import Server, ServerMissing, program

PLUGINS = tuple(Path("/usr/lib").glob("*-linux-gnu/mosquitto_dynamic_security.so"))


class Mosquitto(Server):
    """A broker on loopback whose first user may administer the others."""

    name = "mosquitto"

    def __init__(self, home: Path, port: int, admin: str, password: str) -> None:
        super().__init__(home, port)
        self.admin = admin
        self.password = password

    @property
    def url(self) -> str:
        """Host and port, for clients that speak MQTT."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def argv(self) -> list[str]:
        """In the foreground."""
        return [program("mosquitto", "/usr/sbin/mosquitto", package="mosquitto"), "-c", str(self.home / "conf")]

    def prepare(self) -> None:
        """The configuration, and once the file of users with the administrator in it."""
        super().prepare()
        if not PLUGINS:
            raise ServerMissing("Mosquitto's dynamic security plugin is missing: apt-get install mosquitto")
        users = self.home / "users.json"
        if not users.exists():
            tool = program("mosquitto_ctrl", package="mosquitto")
            subprocess.run(
                [tool, "dynsec", "init", str(users), self.admin, self.password], check=True, capture_output=True
            )
        (self.home / "conf").write_text(
            f"listener {self.port} 127.0.0.1\nuser root\nallow_anonymous false\n"
            f"plugin {PLUGINS[0]}\nplugin_opt_config_file {users}\n"
            f"persistence true\npersistence_location {self.home}/\nautosave_on_changes true\nautosave_interval 1\n"
            # The default of 1,000 drops what is over it without a word.
            "max_queued_messages 100000\nmax_inflight_messages 200\nlog_dest stdout\nlog_type error\nlog_type warning\n"
        )
