"""Regenerate the schemas: `python -m config.schemas`."""

from __future__ import annotations

from config.schemas import NAMES, as_text, file_of, schema

for name in NAMES:
    file_of(name).write_text(as_text(schema(name)), encoding="utf-8")
