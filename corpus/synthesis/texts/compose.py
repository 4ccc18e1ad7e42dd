"""Draw a label by a recipe's grammar, rare characters more often where the recipe asks for balance."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from corpus.synthesis.recipe import KINDS, GrammarName, TextSettings
from corpus.synthesis.texts import analysers, hindi, receipts, tags, thai, vietnamese

_REFERENCE_DRAWS = 3000


@dataclass(frozen=True, slots=True)
class Label:
    """A text to draw, what kind it is of (or the grammar's name), and what the sample says it is."""

    text: str
    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class _Words:
    """A grammar that is counted in clusters or words."""

    write: Callable[[random.Random, int], str]
    alphabet: frozenset[str]


_WORDS: Mapping[GrammarName, _Words] = {
    "thai-clusters": _Words(thai.clusters, thai.CLUSTER_ALPHABET),
    "thai-words": _Words(thai.words, thai.WORD_ALPHABET),
    "hindi-words": _Words(hindi.words, hindi.ALPHABET),
    "vietnamese-words": _Words(vietnamese.words, vietnamese.ALPHABET),
}

_ALPHABETS: Mapping[GrammarName, frozenset[str]] = {
    "tags": tags.ALPHABET,
    "analysers": analysers.ALPHABET,
    "receipts": receipts.ALPHABET,
}


def alphabet_of(settings: TextSettings) -> frozenset[str]:
    """Return every character that the grammar can write."""
    return _ALPHABETS.get(settings.grammar) or _WORDS[settings.grammar].alphabet


def compose(settings: TextSettings, rng: random.Random) -> Label:
    """Return one label.

    With balance, several are drawn and one is taken with a weight of its characters' mean rarity. Rarity
    comes from a fixed reference draw, so a sample does not depend on the samples before it.
    """
    if settings.balance == 1:
        return _compose_one(settings, rng)
    rarity = _rarity(settings.model_dump_json())
    labels = [_compose_one(settings, rng) for _ in range(settings.balance)]
    weights = [sum(rarity.get(c, 1.0) for c in label.text) / len(label.text) for label in labels]
    return rng.choices(labels, weights)[0]


def _compose_one(settings: TextSettings, rng: random.Random) -> Label:
    if settings.kinds:
        kind = rng.choices(tuple(settings.kinds), tuple(settings.kinds.values()))[0]
        text = KINDS[settings.grammar][kind](rng)
    else:
        kind = settings.grammar
        length = rng.choices(tuple(settings.lengths), tuple(settings.lengths.values()))[0]
        text = _WORDS[kind].write(rng, length)
    return Label(text, kind, text.upper() if settings.label_case == "upper" else text)


@lru_cache(maxsize=8)
def _rarity(settings_json: str) -> Mapping[str, float]:
    """Return 1 / share for each character of a reference draw; one that never came counts as the rarest."""
    settings = TextSettings.model_validate_json(settings_json)
    rng = random.Random(0)  # noqa: S311 - drawing, not secrets
    counts = Counter[str]()
    for _ in range(_REFERENCE_DRAWS):
        counts.update(_compose_one(settings, rng).text)
    total = counts.total()
    return {c: total / counts[c] if counts[c] else float(total) for c in sorted(alphabet_of(settings))}
