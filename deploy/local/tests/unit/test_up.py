"""Who has the gateway's port matters to who wants to open it, and to nobody else."""

import socket
from types import SimpleNamespace

import pytest

from yeshi_local.commands import up
from yeshi_local.commands.here import Trouble


@pytest.fixture
def taken(monkeypatch, tmp_path):
    """A machine whose gateway's port somebody holds, and who has been asked to start what."""
    begun = []
    supervisor = SimpleNamespace(
        running=False, end_orphans=lambda: 0, write=lambda _: False, start=lambda: begun.append("supervisord")
    )
    monkeypatch.setattr(up, "Supervisor", lambda _: supervisor)
    with socket.create_server(("127.0.0.1", 0)) as held:
        machine = SimpleNamespace(
            run=tmp_path,
            servers=[],
            gateway_port=held.getsockname()[1],
            create_databases=lambda: begun.append("databases"),
            doubles=list,
        )
        monkeypatch.setattr(up, "machine", lambda: machine)
        yield begun


def test_a_platform_does_not_start_on_a_port_that_somebody_holds(taken):
    with pytest.raises(Trouble, match="is held by"):
        up.up()
    assert taken == []


def test_servers_start_beside_containers_that_have_the_port(taken):
    up.servers()
    assert taken == ["supervisord", "databases"]
