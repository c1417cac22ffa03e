"""Ports that nobody else gets."""

import json

import pytest

from yeshi_local import ports
from yeshi_local.ports import free_port, remembered


def test_no_port_is_given_twice_although_nobody_listens_yet(monkeypatch):
    given = {free_port() for _ in range(200)}
    assert len(given) == 200
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    monkeypatch.setattr(ports, "_given", {ports.LOWEST})
    monkeypatch.setattr(ports.random, "randrange", lambda _share: 0)
    with pytest.raises(OSError, match="no free port"):
        free_port()


def test_remembered_ports_stay_and_are_neither_twice_the_same_nor_the_one_that_is_taken(tmp_path):
    file = tmp_path / "ports.json"
    first = remembered(file, ["a", "b"], apart_from=8000)
    assert remembered(file, ["a", "b", "c"], apart_from=8000) | first == json.loads(file.read_text())
    file.write_text(json.dumps({"a": first["a"], "b": first["a"], "c": 9001}))
    told = remembered(file, ["a", "b", "c"], apart_from=9001)
    assert len({*told.values(), 9001}) == 4
