"""A log that machines can search: one JSON object a line on standard output."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import orjson


def log(**facts: str | float | None) -> None:
    """Write one line; a fact that is None is left out."""
    content = {name: value for name, value in facts.items() if value is not None}
    line = {"time": datetime.now(UTC)} | content
    sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))
    sys.stdout.buffer.flush()
