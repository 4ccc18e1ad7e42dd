"""Thai by its orthography: clusters with stacked marks, and syllables with leading vowels and finals.

The order of code points within a cluster is consonant, vowel above or below, tone mark or thanthakhat
(The Unicode Standard, chapter 16.1; WTT 2.0). Words are well formed, but most mean nothing.
"""

from __future__ import annotations

import random

from corpus.synthesis.texts import listed

CONSONANTS = tuple(chr(code) for code in range(0x0E01, 0x0E2F) if chr(code) not in "ฤฦ")
"""The 44 consonants."""

MARKS = ("", *listed("ิ ี ึ ื ุ ู ็ ั ์ ่ ้ ๊ ๋ ี่ ี้ ื่ ิ่ ุ่ ู้"))
"""What stands on or under a consonant in the seed project's task: 20 ways, which make 880 clusters."""

CLUSTER_ALPHABET = frozenset("".join((*CONSONANTS, *MARKS)))

_COMMON = "กขคงจชซดตถทนบปผฝพฟมยรลวสหอ"
_RARE = "ฃฅฆฉฌญฎฏฐฑฒณธภศษฬฮ"
_ONSET_PAIRS = listed("กร กล กว ขร ขล ขว คร คล คว ตร ปร ปล พร พล ผล ทร หน หม หย หล หว สร")
_FINALS = "กงดนบมยว"
_RARE_FINALS = "ขคฆจชซญฎฏฐฑฒณตถทธปพฟภรลฬศษส"
_SYLLABLES = (
    "{o}{t}า",
    "{o}{t}า{f}",
    "{o}ะ",
    "{o}ั{t}{f}",
    "{o}ั{t}ว",
    "{o}ิ{t}{f}",
    "{o}ี{t}",
    "{o}ี{t}{f}",
    "{o}ึ{t}{f}",
    "{o}ื{t}อ",
    "{o}ื{t}{f}",
    "{o}ุ{t}{f}",
    "{o}ู{t}{f}",
    "{o}ู{t}",
    "{o}{t}อ{f}",
    "{o}{t}วน",
    "{o}{t}ำ",
    "เ{o}{t}{f}",
    "เ{o}็{f}",
    "เ{o}{t}า",
    "เ{o}าะ",
    "เ{o}ี{t}ย{f}",
    "เ{o}ื{t}อ{f}",
    "เ{o}ิ{t}{f}",
    "แ{o}{t}{f}",
    "แ{o}ะ",
    "แ{o}็{f}",
    "โ{o}{t}{f}",
    "โ{o}ะ",
    "ไ{o}{t}",
    "ใ{o}{t}",
    "{o}ร{f}",
    "{o}{f}",
)
_ENDINGS = ("", "", "", "", "", "", "ร์", "ต์", "น์", "ธิ์", "ๆ", "ฯ")
_DIGITS = ("0123456789", "๐๑๒๓๔๕๖๗๘๙")

WORD_ALPHABET = CLUSTER_ALPHABET | frozenset("ะาำเแโใไๆฯฤ " + "".join(_DIGITS))


def clusters(rng: random.Random, count: int) -> str:
    """Return `count` consonants, each with any marks that may stand on it; all equally likely."""
    return "".join(rng.choice(CONSONANTS) + rng.choice(MARKS) for _ in range(count))


def words(rng: random.Random, count: int) -> str:
    """Return `count` words of one to three syllables, or numbers. Thai parts phrases by spaces, not words."""
    parts = [_word(rng) if rng.random() < 0.92 else _number(rng) for _ in range(count)]
    text = parts[0]
    for part in parts[1:]:
        text += (" " if rng.random() < 0.3 or part[0].isdigit() or text[-1].isdigit() else "") + part
    return text


def _word(rng: random.Random) -> str:
    syllables = [_syllable(rng) for _ in range(rng.choice((1, 1, 2, 2, 3)))]
    return "".join(syllables) + rng.choice(_ENDINGS)


def _syllable(rng: random.Random) -> str:
    if rng.random() < 0.02:
        return "ฤ" + rng.choice(_FINALS)
    onset = rng.choice(_ONSET_PAIRS) if rng.random() < 0.15 else _one_of(rng, _COMMON, _RARE)
    tone = rng.choice(("", "", "", "่", "่", "้", "้", "๊", "๋"))
    return rng.choice(_SYLLABLES).format(o=onset, t=tone, f=_one_of(rng, _FINALS, _RARE_FINALS))


def _one_of(rng: random.Random, common: str, rare: str) -> str:
    return rng.choice(common) if rng.random() < 0.8 else rng.choice(rare)


def _number(rng: random.Random) -> str:
    digits = rng.choice(_DIGITS)
    return "".join(rng.choice(digits) for _ in range(rng.randint(1, 4)))
