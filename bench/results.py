"""What was measured, kept as JSON below bench/results, one file a day; a row measured again replaces the older one."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import Row

FOLDER = Path(__file__).parent / "results"


def keep(rows: list[Row], about: dict[str, object], folder: Path = FOLDER) -> Path:
    """Writes the rows into today's file and answers its path."""
    now = datetime.now(UTC)
    folder.mkdir(exist_ok=True)
    path = folder / f"{now:%Y-%m-%d}.json"
    kept = json.loads(path.read_text()) if path.exists() else {"rows": {}}
    kept["machine"] = about
    for row in rows:
        when = {"measured_at": now.strftime("%Y-%m-%dT%H:%MZ"), "load": round(os.getloadavg()[0], 1)}
        kept["rows"][row.name] = {**when, **row.as_dict()}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return path


def newest(folder: Path = FOLDER) -> dict[str, Any]:
    """Every row as it was measured last, and the machine of the last day. Raises FileNotFoundError."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise FileNotFoundError(f"nothing was measured yet: no JSON in {folder}")
    rows: dict[str, Any] = {}
    for path in files:
        found: dict[str, Any] = json.loads(path.read_text())
        rows.update(found["rows"])
    return {**found, "rows": rows}
