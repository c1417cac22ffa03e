"""One JSON object a line, with the ids of the work it belongs to."""

import json
import logging
import sys
from uuid import UUID

import pytest

from chassis import context, logs
from chassis.context import Context

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def record(message: str, *arguments: object, level: int = logging.INFO, **extra: object) -> logging.LogRecord:
    return logging.getLogger("shop").makeRecord("shop", level, "f.py", 1, message, arguments, None, extra=extra)


def line(one: logging.LogRecord) -> dict:
    text = logs.JsonLines("catalog").format(one)
    assert "\n" not in text
    return json.loads(text)


def test_a_record_is_one_line_with_time_level_and_service():
    entry = line(record("sold %s of %s", 3, "茶"))
    assert (entry["message"], entry["level"], entry["service"], entry["logger"]) == (
        "sold 3 of 茶",
        "INFO",
        "catalog",
        "shop",
    )
    assert entry["time"].endswith("Z")
    assert "trace_id" not in entry


def test_it_names_the_work_it_belongs_to():
    with context.bind(Context(TRACE, "c-1")):
        entry = line(record("x"))
    assert (entry["trace_id"], entry["correlation_id"]) == (TRACE[3:35], "c-1")


def test_extra_fields_stand_beside_the_message_whatever_they_are():
    entry = line(record("x", order=UUID(int=7), count=2, odd={1}, text="a\nb"))
    assert (entry["order"], entry["count"], entry["text"]) == (str(UUID(int=7)), 2, "a\nb")
    assert "odd" in entry


def test_a_traceback_is_one_string():
    try:
        int("first\nsecond")
    except ValueError:
        one = logging.getLogger("shop").makeRecord("shop", logging.ERROR, "f", 1, "failed", (), sys.exc_info())
    assert line(one)["exception"].startswith("Traceback")
    assert "ValueError: invalid literal" in line(one)["exception"]


@pytest.fixture
def restored():
    """Logging as it was before the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("amqp", "kombu", "aiormq", "aio_pika", "urllib3")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)
    logging.captureWarnings(False)


def test_every_logger_of_the_process_is_heard_libraries_from_warning_on(restored, capsys):
    logs.configure("catalog", "DEBUG")
    logging.getLogger("made.before").debug("ours")
    logging.getLogger("amqp").info("chatter")
    logging.getLogger("amqp").warning("trouble")
    messages = [json.loads(text)["message"] for text in capsys.readouterr().out.splitlines()]
    assert messages == ["ours", "trouble"]


def test_below_its_level_nothing_is_said(restored, capsys):
    logs.configure("catalog", "WARNING")
    logging.getLogger("shop").info("quiet")
    assert capsys.readouterr().out == ""
