"""The dead queue's command tells a person what is wrong, in a sentence."""

import socket

from chassis import dlq


def test_a_bus_that_is_not_there_is_a_sentence_and_no_traceback(monkeypatch, capfd):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: refused
        monkeypatch.setenv("AMQP_URL", f"amqp://who:ever@127.0.0.1:{nobody.getsockname()[1]}/")
        assert dlq.main(["list"]) == 1
    captured = capfd.readouterr()
    assert captured.err.startswith("the bus cannot be used:")
    assert captured.err.count("\n") == 1
    assert captured.out == ""
