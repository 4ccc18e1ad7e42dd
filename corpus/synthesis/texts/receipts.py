"""What shops print on receipts: headings, prices, dates, numbers, articles, addresses, remarks.

A kind of text has patterns, whose parts in braces are drawn. Words are common ones of English and Malay
retail, and made-up ones, so that a network learns to read letters rather than to guess words.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Mapping
from functools import partial

from corpus.synthesis.texts import listed
from corpus.synthesis.texts.receipt_words import FIRMS, GOODS, HEADINGS, PLACES, REMARKS

Write = Callable[[random.Random], str]

ALPHABET = frozenset(string.ascii_letters + string.digits + " .,:-/()%@&*#$='!+\"[];?_<>^{}")

_CODES = listed(
    "SR ZR ZRL S Z T E X EX OS DS RM MYR USD $ % EA PCS PC KG G ML L CTN BTL PKT BOX SET PR UOM UP"
)
_UNITS = listed('G ML KG MM L cm g ml " S W PCS % V')
_SIGNS = listed(": : - % * # X = @ ) ( . / --- *** === ... ** -- >> <<")
_RARE = "\"[]<>{};?^_&@$'!+=#*%"
_ONSETS = listed("b c ch d f g h j k l m n ng p q r s sh t th tr v w x y z st br cr pl gr kl") + ("",) * 3
_VOWELS = listed("a a a e e i i o o u u ai au ee oo ia ua y")
_FINALS = listed("n ng r s t k l m h x y d p b g w ck z nd st") + ("",) * 16
_MONTHS = listed("JAN Feb MAR Apr MAY Jun JUL Aug SEP Oct NOV Dec")
_MADE_UP = 0.3
_PART = re.compile(r"\{([a-z]+)(\d*)\}")


def _number(rng: random.Random, least: int, most: int) -> str:
    return str(rng.randint(least, most))


def _padded(rng: random.Random, least: int, most: int) -> str:
    return f"{rng.randint(least, most):02}"


def _amount(rng: random.Random) -> str:
    """Return ``12.30`` or ``1,204.00``: small ones more often, round ones too."""
    value = 0.0 if rng.random() < 0.12 else 10 ** rng.uniform(-1.0, rng.choice((1.5, 2.5, 4.0)))
    cents = rng.choice((0, 5, 10, 50, None, None, None))
    if cents is not None:
        value = int(value) + cents / 100
    return f"{value:,.2f}" if rng.random() < 0.5 else f"{value:.2f}"


def _made_up(rng: random.Random) -> str:
    syllables = range(rng.choice((1, 2, 2, 3)))
    return "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_FINALS) for _ in syllables)


def _words(rng: random.Random, words: tuple[str, ...], most: int, made_up: float = _MADE_UP) -> str:
    count = rng.randint(1, most)
    return " ".join(_made_up(rng) if rng.random() < made_up else rng.choice(words) for _ in range(count))


def _drawn(rng: random.Random, characters: str, count: int) -> str:
    return "".join(rng.choice(characters) for _ in range(count))


_PARTS: Mapping[str, Write] = {
    "amount": _amount,
    "count": lambda rng: _number(rng, 0, rng.choice((9, 9, 30, 200, 1000))),
    "code": lambda rng: rng.choice(_CODES),
    "unit": lambda rng: rng.choice(_UNITS),
    "sign": lambda rng: rng.choice(_SIGNS),
    "rare": lambda rng: rng.choice(_RARE),
    "letter": lambda rng: rng.choice(string.ascii_uppercase),
    "letters": lambda rng: _drawn(rng, string.ascii_uppercase, rng.randint(1, 4)),
    "digits": lambda rng: _drawn(rng, string.digits, rng.randint(3, 9)),
    "long": lambda rng: _drawn(rng, string.digits, rng.randint(9, 20)),
    "mixed": lambda rng: _drawn(rng, string.ascii_uppercase + string.digits * 2, rng.randint(4, 14)),
    "day": partial(_padded, least=1, most=31),
    "month": partial(_padded, least=1, most=12),
    "name": lambda rng: rng.choice(_MONTHS),
    "year": partial(_number, least=2005, most=2030),
    "yy": partial(_padded, least=5, most=30),
    "hour": partial(_padded, least=0, most=23),
    "sixty": partial(_padded, least=0, most=59),
    "half": lambda rng: rng.choice(("AM", "PM", " AM", " PM", "am", " pm")),
    "colon": lambda rng: rng.choice((":", ": ", " : ", " ", ".: ", " NO: ", " No. : ", " # ", "#: ")),
    "heading": lambda rng: _words(rng, HEADINGS, 1, made_up=0.05),
    "headings": lambda rng: _words(rng, HEADINGS, rng.choice((1, 2, 3, 4)), made_up=0.05),
    "goods": lambda rng: _words(rng, GOODS, 4),
    "place": lambda rng: _words(rng, PLACES, 1),
    "street": lambda rng: _words(rng, PLACES, 4),
    "firm": lambda rng: _words(rng, FIRMS, 3, made_up=0.1),
    "made": lambda rng: _words(rng, FIRMS, 2, made_up=0.8),
    "remark": lambda rng: _words(rng, REMARKS, 2, made_up=0.15),
    "remarks": lambda rng: _words(rng, REMARKS, rng.choice((4, 6, 8)), made_up=0.15),
}
"""What the parts of patterns are; a part with a number, such as ``{digits5}``, has so many characters."""

_PRICES = (
    *("{amount}",) * 24,
    *("{amount} {code}", "RM {amount}", "RM {amount}") * 2,
    *("RM{amount}", "-{amount}", "{amount}0") * 2,
    *(
        "${amount}",
        "{amount}-",
        "({amount})",
        "{amount}%",
        "@{amount}",
        "@ {amount}",
        "{amount}*",
        "*{amount}",
    ),
    *(
        "{count} X {amount}",
        "{count}X{amount}",
        "{count} @ {amount}",
        "{count}.000",
        "X {amount}",
        ".{digits2}",
    ),
    "{code} {amount}",
)
_COUNTS = (
    *("{count}",) * 9,
    "{count}X",
    "{count} X",
    "{count} x",
    "{count}%",
    "{count} {code}",
    "{count})",
    "{count}.",
)
_HEADINGS = (
    *("{heading}", "{headings}", "{headings}", "{headings}:", "{headings} :", "{heading}:", "{heading} :"),
    *(
        "{headings} ({code})",
        "{headings}({code})",
        "{headings}({code}):",
        "{headings} @ 6%",
        "{headings} {count}%",
    ),
    *(
        "{headings} #",
        "{headings} #:",
        "{headings}.",
        "{heading}/{heading}",
        "({headings})",
        "{headings} : {count}",
    ),
    *("{heading}-{heading}", "*{headings}*", ": {heading}", "{heading} : {heading}"),
)
_CODES_ALONE = (
    *("{code}",) * 9,
    "*{code}",
    "-{code}",
    "({code}",
    "{sign}",
    "{sign}",
    "{letter}",
    "{letter}",
    "{code} = 6%",
)
_NUMBERS = (
    *(
        "{digits}",
        "{long}",
        "{letters}{digits}",
        "{letters}-{digits}",
        "{digits}-{letter}",
        "({digits6}-{letter})",
    ),
    *("{digits5}/{digits3}/{letter}{digits4}", "0{digits1}-{digits7}", "0{digits1}-{digits4} {digits4}"),
    *(
        "+60{digits2}-{digits7}",
        "{digits4}-{digits4}-{letters}",
        "{mixed}",
        ": {letters}{digits8}",
        "{digits12}",
    ),
    *("{heading}{colon}{digits}", "{headings}{colon}{long}", "{heading}{colon}{letters}{digits}") * 2,
    *(
        "{heading}{colon}{mixed}",
        "{heading}{colon}0{digits1}-{digits8}",
        "{heading}{colon}{digits2}-{digits6}",
    ),
    *(
        "({headings}{colon}{digits12})",
        "{letters}{digits2} - {digits3}",
        "{letters}{colon}{digits6} {letters}",
    ),
)
_CLOCKS = (
    "{hour}:{sixty}",
    "{hour}:{sixty}:{sixty}",
    "{month}:{sixty}{half}",
    "{count}:{sixty}:{sixty}{half}",
)
_DATES = (
    *("{day}/{month}/{year}", "{day}-{month}-{year}", "{day}.{month}.{year}", "{day}/{month}/{yy}") * 2,
    *("{day}-{month}-{yy}", "{year}-{month}-{day}", "{count}/{count}/{year}", "{day} {name} {year}"),
    *("{day}-{name}-{year}", "{day}/{name}/{yy}"),
)
_MOMENTS = tuple(
    f"{before}{date}{after}"
    for before in ("", "", "", "{heading}{colon}")
    for date in _DATES
    for after in ("", "", *(f" {clock}" for clock in _CLOCKS))
) + tuple(f"{before}{clock}" for before in ("", "{heading}{colon}") for clock in _CLOCKS * 6)
_ARTICLES = (
    *(
        "{goods}",
        "{goods}",
        "{goods} {count}{unit}",
        "{goods} {count}{unit}",
        "{digits} {goods}",
        "{count} {goods}",
    ),
    *(
        "{digits} {goods} {count}{unit}",
        "{goods} ({letter})",
        "{goods}-{letters}",
        "{letter}/{goods}",
        "- {goods}",
    ),
    *(
        "{goods} {count}{unit} X{count}",
        "*{goods}",
        "{count} X {goods}",
        "{goods} {rare}",
        "{goods}'S",
        "{goods}{rare}",
    ),
    *(
        "{goods} & {goods}",
        "{count}) {goods}",
        "{goods}, {goods}",
        "{letters}{digits} {goods}",
        "{rare}{goods}",
    ),
)
_ADDRESSES = (
    *(
        "{street}",
        "{street},",
        "{street} {count}/{day}{letter}",
        "{street} {count}/{day},",
        "{street} {count},",
    ),
    *("no.{count}, {street}", "no {count}-{letter}, {street} {day},", "lot {count}-{letter}, {street}"),
    *(
        "no. {count}, {count} & {count}, {street},",
        "{digits5} {place}, {place}.",
        "{digits5} {place} {place}",
    ),
    *("{digits5} {place} {place}, {place}.", "{street}, {place}", "{place} {place} ({place})"),
)
_FIRMS = (
    *("{made} {firm}", "{made} {firm}", "{firm}", "{made} ({letter}) {firm}", "{made} & {made} {firm}"),
    *("{made} {firm} ({digits6}-{letter})", "{made}.{firm}", "{letter} {letter} {made} {firm}"),
)
_REMARKS = (
    *(
        "{remark}",
        "{remarks}",
        "{remarks}",
        "{remarks}.",
        "{remark}!",
        "{remarks},",
        "{remark}!!",
        "{remarks}...",
    ),
    *(
        "** {remark} **",
        "({remarks})",
        "[{remark}]",
        "*{remarks}*",
        "{remark}?",
        "{remarks};",
        "-{remark}-",
        "{remarks}:",
    ),
    *(
        "*** {remark} ***",
        "{remark}'s {remark}",
        '"{remark}"',
        "{remarks} /",
        "{letter}.{letter}.{letter}.",
        "{remark} {count} {remark}",
    ),
)


def _filled(rng: random.Random, pattern: str) -> str:
    def drawn(part: re.Match[str]) -> str:
        name, count = part.groups()
        return _drawn(rng, string.digits, int(count)) if count else _PARTS[name](rng)

    return _PART.sub(drawn, pattern)


def _as_it_is(rng: random.Random, *, patterns: tuple[str, ...]) -> str:
    return _filled(rng, rng.choice(patterns))


def _in_any_case(rng: random.Random, *, patterns: tuple[str, ...]) -> str:
    """Return a text in capitals, as a title, with a first capital, or as it is."""
    case = rng.choice((str.upper, str.upper, str.upper, str.title, str.title, str.capitalize, str))
    return case(_filled(rng, rng.choice(patterns)))


KINDS: Mapping[str, Write] = {
    "price": partial(_as_it_is, patterns=_PRICES),
    "count": partial(_as_it_is, patterns=_COUNTS),
    "code": partial(_as_it_is, patterns=_CODES_ALONE),
    "heading": partial(_in_any_case, patterns=_HEADINGS),
    "number": partial(_in_any_case, patterns=_NUMBERS),
    "moment": partial(_in_any_case, patterns=_MOMENTS),
    "article": partial(_in_any_case, patterns=_ARTICLES),
    "address": partial(_in_any_case, patterns=_ADDRESSES),
    "firm": partial(_in_any_case, patterns=_FIRMS),
    "remark": partial(_in_any_case, patterns=_REMARKS),
}
"""What a recipe weighs in ``kinds``."""
