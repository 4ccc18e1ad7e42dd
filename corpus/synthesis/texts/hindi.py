"""Hindi by the rules of Devanagari: words of aksharas, with conjuncts, reph, matras and the dots above.

An akshara is consonants joined by virama, then a vowel sign, then a sign such as anusvara (The Unicode
Standard, chapter 12.1). ``ड़`` and ``ढ़`` are written with a nukta, as NFC has them. Words are well formed,
but most mean nothing.
"""

from __future__ import annotations

import random

from corpus.synthesis.texts import listed

VIRAMA = "्"
_COMMON = "कगचजटडतदनपबमयरलवशसह"
_RARE = "खघङछझञठढणथधफभष"
_NUKTA = ("ड़", "ढ़")
_CONJUNCTS = tuple(
    VIRAMA.join(pair)
    for pair in listed(
        "कष तर जञ शर पर कर गर दर तय नय नद नत नध मप मब सत सथ सक सप सव दध दय दव लल मम कत टट "
        "चछ जज तत नन पत बद षट षण हम हन रम रक रत रथ रव रण रग रज शच"
    )
)
_STACKS = tuple(VIRAMA.join(triple) for triple in ("सतर", "नदर", "षटर", "कषम", "नतर"))
_VOWELS = "अआइईउऊऋएऐओऔ"
_SIGNS = ("", "", "", "ा", "ा", "ि", "ी", "ु", "ू", "ृ", "े", "े", "ै", "ो", "ो", "ौ")
_DOTS = ("",) * 12 + ("ं", "ं", "ँ", "ः")
_DIGITS = ("०१२३४५६७८९", "0123456789")

ALPHABET = frozenset("".join((_COMMON, _RARE, *_NUKTA, VIRAMA, _VOWELS, *_SIGNS, *_DOTS, *_DIGITS, " ।,-?")))


def words(rng: random.Random, count: int) -> str:
    """Return `count` words or numbers; some lines end a sentence."""
    parts = [_word(rng) if rng.random() < 0.93 else _number(rng) for _ in range(count)]
    if count > 2 and rng.random() < 0.15:
        parts[rng.randrange(count - 1)] += ","
    if count > 1 and rng.random() < 0.1:
        middle = rng.randrange(1, count)
        parts[middle - 1 : middle + 1] = [f"{parts[middle - 1].rstrip(',')}-{parts[middle]}"]
    return " ".join(parts) + rng.choice(("", "", "", "", "।", "?"))


def _word(rng: random.Random) -> str:
    aksharas = [_akshara(rng) for _ in range(rng.choice((1, 2, 2, 2, 3, 3, 4)))]
    if rng.random() < 0.15:
        aksharas.insert(0, rng.choice(_VOWELS) + rng.choice(_DOTS))
    return "".join(aksharas)


def _akshara(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.18:
        base = rng.choice(_CONJUNCTS)
    elif kind < 0.20:
        base = rng.choice(_STACKS)
    elif kind < 0.24:
        base = rng.choice(_NUKTA)
    elif kind < 0.40:
        base = rng.choice(_RARE)
    else:
        base = rng.choice(_COMMON)
    return base + rng.choice(_SIGNS) + rng.choice(_DOTS)


def _number(rng: random.Random) -> str:
    digits = rng.choice(_DIGITS)
    return "".join(rng.choice(digits) for _ in range(rng.randint(1, 4)))
