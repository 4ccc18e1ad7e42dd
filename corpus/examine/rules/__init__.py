"""The rules of an examination: those for every kind of model, and sets of them for models that read text.

`CEILING` and `SHARED` are asked of every dataset, before and after the rules of the task. A task that reads
text takes `TEXTS`, `CHARACTERS` and, where a charset is in force, `CHARSET` among its own.
"""

from __future__ import annotations

from corpus.examine.rules import ceiling, characters, charset, heldout, images, sources, splits, texts
from corpus.examine.rules.base import Hit, Rule, rules_in

CEILING: Rule = ceiling.too_low
SHARED: tuple[Rule, ...] = (
    *rules_in(sources),
    *rules_in(images),
    *rules_in(splits),
    *rules_in(heldout),
)
CHARSET: tuple[Rule, ...] = rules_in(charset)
TEXTS: tuple[Rule, ...] = rules_in(texts)
CHARACTERS: tuple[Rule, ...] = rules_in(characters)

__all__ = ["CEILING", "CHARACTERS", "CHARSET", "SHARED", "TEXTS", "Hit", "Rule", "rules_in"]
