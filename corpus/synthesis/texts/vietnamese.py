"""Vietnamese by its orthography: onset, rime and tone, so that every letter with every tone occurs. NFC.

The spelling rules: k, gh, ngh before e, ê, i (and c, g, ng elsewhere); a rime that ends in c, ch, p or t
takes only the rising or the heavy tone; the tone mark stands on the letter that already has a mark, else on
the last vowel before a final consonant, else on the first of two. Syllables are well formed, but not all
are words.
"""

from __future__ import annotations

import random
import unicodedata

_ONSETS = (
    "",
    "b",
    "ch",
    "d",
    "đ",
    "gi",
    "h",
    "kh",
    "l",
    "m",
    "n",
    "nh",
    "ph",
    "qu",
    "r",
    "s",
    "t",
    "th",
    "tr",
    "v",
    "x",
    "c",
    "g",
    "ng",
)
_BEFORE_FRONT = {"c": "k", "g": "gh", "ng": "ngh"}
_FINALS = {
    "a": " c ch i m n ng nh o p t u y",
    "ă": "c m n ng p t",
    "â": "c m n ng p t u y",
    "e": " c m n ng o p t",
    "ê": " ch m n nh p t u",
    "i": " a ch m n nh p t u",
    "iê": "c m n ng p t u",
    "o": " a c e i m n ng p t",
    "oa": " c i n ng nh t y",
    "oă": "n ng t",
    "ô": " c i m n ng p t",
    "ơ": " i m n p t",
    "u": " a c i m n ng p t",
    "uâ": "n t y",
    "uê": " ch nh",
    "uô": "c i m n ng t",
    "uy": " ch nh t",
    "uyê": "n t",
    "ư": " a c i m n ng t u",
    "ươ": "c i m n ng p t u",
    "y": "",
    "yê": "m n u",
}
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_STOPPED = ("c", "ch", "p", "t")
_DIGITS = "0123456789"
_LETTERS = "aăâeêioôơuưy"
_PLAIN = "bcdđghklmnpqrstvx"


def _finals(nucleus: str) -> tuple[str, ...]:
    return tuple(_FINALS[nucleus].split(" "))


RIMES = tuple((nucleus, final) for nucleus in _FINALS for final in _finals(nucleus))
"""Each rime as (nucleus, what follows it)."""

_VOWELS = frozenset(unicodedata.normalize("NFC", letter + tone) for letter in _LETTERS for tone in _TONES)
_LOWER = _VOWELS | frozenset(_PLAIN)
ALPHABET = _LOWER | frozenset(letter.upper() for letter in _LOWER) | frozenset(_DIGITS + " .,:-/()%")


def words(rng: random.Random, count: int) -> str:
    """Return `count` syllables or numbers: a sentence's beginning, a title in capitals, or an address."""
    parts = [_syllable(rng) if rng.random() < 0.9 else _number(rng) for _ in range(count)]
    style = rng.random()
    if style < 0.25:
        parts = [part.upper() for part in parts]
    elif style < 0.5:
        parts = [part.capitalize() for part in parts]
    else:
        parts[0] = parts[0].capitalize()
    if count > 2 and rng.random() < 0.3:
        at = rng.randrange(count - 1)
        parts[at] += rng.choice((",", ":", " -"))
    if count > 2 and rng.random() < 0.08:
        parts[-1] = f"({parts[-1]})"
    return " ".join(parts) + rng.choice(("", "", "", "."))


def syllable(onset: str, nucleus: str, final: str, tone: str) -> str:
    """Spell one syllable; `tone` is a combining mark or nothing."""
    if onset == "qu":  # its u is the glide that some nuclei begin with
        glide = nucleus in ("uâ", "uê", "uy", "uyê")
        onset, nucleus = (onset, nucleus[1:]) if glide else ("c" if nucleus[0] in "uo" else "qu", nucleus)
    elif onset and nucleus == "yê":
        nucleus = "iê"
    if nucleus[0] in "eêiy":
        onset = _BEFORE_FRONT.get(onset, onset)
    if onset == "gi" and nucleus[0] in "iy":
        onset, nucleus = "g", "i" + nucleus[1:]
    at = _marked(nucleus, final)
    rime = nucleus + final
    return unicodedata.normalize("NFC", onset + rime[: at + 1] + tone + rime[at + 1 :])


def _marked(nucleus: str, final: str) -> int:
    """Return which letter of the rime takes the tone mark."""
    with_mark = [at for at, letter in enumerate(nucleus) if letter in "ăâêôơư"]
    if with_mark:
        return with_mark[-1]
    closed = final not in ("", "a", "e")
    return len(nucleus) - 1 if closed else 0


def _syllable(rng: random.Random) -> str:
    nucleus, final = rng.choice(RIMES)
    tones = ("\u0301", "\u0323") if final in _STOPPED else _TONES
    return syllable(rng.choice(_ONSETS), nucleus, final, rng.choice(tones))


def _number(rng: random.Random) -> str:
    number = "".join(rng.choice(_DIGITS) for _ in range(rng.randint(1, 3)))
    more = str(rng.randint(0, 99))
    return rng.choice((number, number, f"{number}/{more}", f"{number}.{more}", f"{number}%"))
