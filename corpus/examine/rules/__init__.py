"""Every rule of the examination, in the order in which a report tells them."""

from __future__ import annotations

from corpus.examine.rules import charset, images, recognition, sources, splits, texts
from corpus.examine.rules.base import Hit, Rule

RULES: tuple[Rule, ...] = tuple(
    value
    for module in (recognition, charset, sources, images, texts, splits)
    for value in vars(module).values()
    if isinstance(value, Rule)
)

__all__ = ["RULES", "Hit", "Rule"]
