"""Many rows as one parameter: a JSON text that `json_to_recordset` unfolds in the statement."""

from collections.abc import Iterable
from typing import Any

import msgspec

_encode = msgspec.json.Encoder(uuid_format="canonical").encode


def rows(values: Iterable[dict[str, Any]]) -> str:
    """Ids, moments and enums become texts that PostgreSQL reads."""
    return _encode(list(values)).decode()
