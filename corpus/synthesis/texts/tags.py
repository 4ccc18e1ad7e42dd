"""What is written on piping and instrumentation diagrams, by the grammars that engineers use.

Instruments are named by ANSI/ISA-5.1 (first letter: what is measured; the rest: what is done with it), lines
as size-service-number-class, equipment by a letter for its kind.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping

from corpus.synthesis.texts import listed

Write = Callable[[random.Random], str]

FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "P": ("T", "I", "IC", "IT", "SV", "CV", "V", "SH", "SL", "SHH", "AH", "AL", "DT", "DI", "G", "Y"),
    "T": ("T", "I", "IC", "IT", "E", "W", "CV", "V", "SH", "AH", "AHH", "G", "Y"),
    "F": ("T", "I", "IC", "IT", "E", "CV", "V", "O", "Q", "SL", "AL", "FC", "Y"),
    "L": ("T", "I", "IC", "IT", "G", "CV", "V", "SH", "SL", "SHH", "SLL", "AH", "AL", "ALL", "Y"),
    "A": ("T", "I", "IC", "E", "AH"),
    "B": ("E", "SL", "AL"),
    "E": ("I", "T"),
    "H": ("S", "V", "IC", "SC"),
    "I": ("I", "T", "AH"),
    "J": ("I", "T", "QI"),
    "K": ("I", "C", "QI"),
    "M": ("T", "OV", "AH"),
    "S": ("T", "I", "IC", "E", "SH", "DV"),
    "V": ("T", "E", "SH", "AHH"),
    "W": ("T", "I", "E", "IC"),
    "X": ("V", "T", "A", "Y", "S"),
    "Y": ("S", "L", "I"),
    "Z": ("T", "SO", "SC", "I", "LO"),
}
"""Succeeding letters in use for each first letter."""

SERVICES = listed(
    "CWS CWR PW ST LS MS HS HC LC IA PA N2 FG NG BD DR VT FW BFW SW DW RW UW CHW HO LO FO SC WW H2 O2 AM CA "
    "P HP LP HW GL EO WG ME"
)
_EQUIPMENT = listed("P P P V V E E C T K R D H F M J B A X G Y S L N TK TK AC PK HX BL FL CT DR SP MX VP")
_INCHES = listed("1/2 3/4 1 1-1/2 2 3 4 6 8 10 12 14 16 18 20 24 30 36")
_METRIC = listed("15 20 25 40 50 80 100 150 200 250 300 350 400 450 500 600")
_UNITS = ("barg", "kPa", "°C", "mm", "m³/h", "kg/h", "kW", "%", "psig", "°F")
_SHORT_NOTES = listed(
    "FC FO FL LO LC CSO CSC NC NO NNF TYP. MIN. MAX. VENT DRAIN UTILITY S.S. ATM TSO BYPASS SAMPLE"
)
_LONG_NOTES = (
    "BY VENDOR",
    "TO FLARE",
    "TO ATM. SAFE LOCATION",
    "TO OILY WATER SEWER",
    "FLUSHING CONN.",
    "STEAM OUT",
    "NO POCKET",
    "FREE DRAINING",
    "HEAT TRACED",
    "VORTEX BREAKER",
    "MINIMUM FLOW",
    "START-UP LINE",
    "BATTERY LIMIT",
    "QUICK OPENING",
    "LOCKED OPEN",
    "FULL BORE",
    "CLOSED DRAIN",
    "VACUUM BREAKER",
    "SPECTACLE BLIND",
)

ALPHABET = frozenset(string.ascii_uppercase + string.digits + 'abghikmprsx "-/.:+±°Ø³#&%@=()')


def digits(rng: random.Random, count: int) -> str:
    """Return `count` digits, the first not zero."""
    return str(rng.randrange(10 ** (count - 1), 10**count))


def instrument_letters(rng: random.Random) -> str:
    """Return the letters of an instrument: ``PT``, ``FIC``, ``LSHH``."""
    first = rng.choice("PPPPTTTTFFFFLLLLABEHIJKMSVWXYZ")
    return first + rng.choice(FUNCTIONS[first])


def loop_number(rng: random.Random) -> str:
    """Return the number of a loop, with a letter where several instruments share it: ``101A``."""
    return digits(rng, rng.choice((3, 3, 4, 4, 5))) + rng.choice(("", "", "", "A", "B", "C", "D"))


def instrument(rng: random.Random) -> str:
    """Return an instrument's tag: ``PT-101A``, ``12-FIC-2034``."""
    area = f"{digits(rng, 2)}-" if rng.random() < 0.12 else ""
    return f"{area}{instrument_letters(rng)}-{loop_number(rng)}"


def size(rng: random.Random) -> str:
    """Return a nominal size: ``6"``, ``DN150``, ``8"x6"``, ``Ø25``."""
    kind = rng.random()
    if kind < 0.45:
        return f'{rng.choice(_INCHES)}"'
    if kind < 0.75:
        return f"DN{rng.choice(_METRIC)}"
    if kind < 0.92:
        large = rng.randrange(3, len(_INCHES))
        return f'{_INCHES[large]}"x{_INCHES[rng.randrange(large)]}"'
    return f"Ø{rng.choice(_METRIC)}"


def line(rng: random.Random, number: str | None = None) -> str:
    """Return a line number: ``6"-CWS-1203-A1A``, ``DN80-ST-20114-B2C-H``; `number` is drawn if not given."""
    nominal = f'{rng.choice(_INCHES)}"' if rng.random() < 0.8 else f"DN{rng.choice(_METRIC)}"
    pipe_class = f"{rng.choice('ABCDEFGHJK')}{rng.randint(1, 9)}{rng.choice('ABCDEFGHJKLNRST')}"
    insulation = rng.choice(("", "", "", "", "-H", "-P", "-C", "-ET", "-N"))
    number = number or digits(rng, rng.choice((3, 4, 4, 5)))
    return f"{nominal}-{rng.choice(SERVICES)}-{number}-{pipe_class}{insulation}"


def equipment(rng: random.Random) -> str:
    """Return a piece of equipment: ``V-1203``, ``P-101A/B``."""
    number = digits(rng, rng.choice((3, 3, 4, 4, 5)))
    return f"{rng.choice(_EQUIPMENT)}-{number}{rng.choice(('', '', '', '', 'A', 'B', 'A/B', 'A/B/C'))}"


def note(rng: random.Random) -> str:
    """Return a remark: ``NOTE 3``, ``SET @ 10.5 barg``, ``BY VENDOR``."""
    number = rng.randint(1, 24)
    value, unit = f"{rng.uniform(0.5, 480):.{rng.randint(0, 1)}f}", rng.choice(_UNITS)
    return rng.choice(
        (
            rng.choice(_SHORT_NOTES),
            rng.choice(_LONG_NOTES),
            rng.choice(_LONG_NOTES),
            f"NOTE {number}",
            f"SEE NOTE {number}",
            f"NOTES {number} & {number + 1}",
            f"(NOTE {number})",
            f"HOLD {number}",
            f"SET @ {value} {unit}",
            f"{value} {unit}",
            f"MIN. {value} {unit}",
            f"SP-{digits(rng, 3)}",
            f"EL.+{digits(rng, 3)}.{rng.randint(0, 999):03d}",
            f"T/T {digits(rng, 4)} mm",
            f"I.D. {digits(rng, 4)} mm",
            f"1:{rng.choice((50, 100, 200))} SLOPE",
            f"{rng.choice((150, 300, 600, 900, 1500))}#",
            f"{rng.randint(10, 99)}.{rng.randint(0, 9)}±0.{rng.randint(1, 9)}",
            f"DP={value} {unit}",
        )
    )


def reference(rng: random.Random) -> str:
    """Return a pointer to another drawing or piece: ``FROM P-101A``, ``PID-1203-014``."""
    return rng.choice((drawing_number(rng), f"TO {equipment(rng)}", f"FROM {equipment(rng)}"))


def drawing_number(rng: random.Random) -> str:
    """Return a drawing's number: ``PID-1203-014``, ``DWG. 20-ISO-10234-02``."""
    prefix = rng.choice(("PID", "DWG. PID", f"{digits(rng, 2)}-PID", "PFD", "ISO", f"{digits(rng, 2)}-ISO"))
    return f"{prefix}-{digits(rng, rng.choice((4, 5)))}-{rng.randint(1, 99):0{rng.choice((2, 3))}d}"


KINDS: Mapping[str, Write] = {
    "instrument": instrument,
    "line": line,
    "equipment": equipment,
    "size": size,
    "note": note,
    "reference": reference,
}
"""What a recipe weighs in ``kinds``."""
