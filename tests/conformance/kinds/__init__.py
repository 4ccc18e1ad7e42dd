"""What the suite knows of each task: one line in `EXAMPLES`. Those that are no task yet bring one along."""

from __future__ import annotations

from importlib import import_module

from kinds.example import Example

EXAMPLES: dict[str, Example] = {
    "recognition": import_module("kinds.recognition").EXAMPLE,
    "detection": import_module("kinds.detection").EXAMPLE,
    "classification": import_module("kinds.classification.example").EXAMPLE,
    "tabular": import_module("kinds.tabular.example").EXAMPLE,
    "generation": import_module("kinds.generation.example").EXAMPLE,
    "embedding": import_module("kinds.embedding.example").EXAMPLE,
}
