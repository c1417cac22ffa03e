"""Logs: one JSON object a line on standard output, with the ids of the work it belongs to."""

import logging
import sys
import time
from typing import Any

import msgspec

from chassis import context

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_encoder = msgspec.json.Encoder(enc_hook=str)


class JsonLines(logging.Formatter):
    """A record as one line of JSON; a traceback is one string in it. `extra` fields stand beside the message."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The line of one record, without its line break."""
        work = context.current()
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if work.trace_id:
            entry["trace_id"] = work.trace_id
        if work.correlation_id:
            entry["correlation_id"] = work.correlation_id
        entry.update({name: value for name, value in vars(record).items() if name not in _STANDARD})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return _encoder.encode(entry).decode()


def configure(service: str, level: str = "INFO") -> None:
    """Sends every logger of the process, libraries' too, to standard output as JSON lines."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("amqp", "kombu", "aiormq", "aio_pika", "urllib3", "botocore", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.getLevelName(level), logging.WARNING))
    logging.captureWarnings(True)
