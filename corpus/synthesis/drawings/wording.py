"""The words of a drawing that are no tags: names, title block, notes. All invented, all in capitals."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from corpus.synthesis.texts import listed

_COMPANY_FIRST = listed(
    "NORTHWATER CALDERA ORISON HALVORSEN MERIDIAN BLACKFEN TAMARIND KESTREL SOLWAY ARDENT"
)
_COMPANY_LAST = ("PROCESS LTD", "ENGINEERING", "CHEMICALS INC.", "PETROCHEM CO.", "ENERGY GMBH", "UTILITIES")
_PLANTS = listed("AMMONIA UREA METHANOL ETHYLENE HYDROGEN BIODIESEL DESALINATION REFINERY SULPHUR SOLVENT")
_UNITS = (
    "FEED PREPARATION",
    "COOLING WATER CIRCULATION",
    "CONDENSATE RECOVERY",
    "GAS COMPRESSION",
    "SOLVENT REGENERATION",
    "CAUSTIC WASH",
    "PRODUCT STORAGE",
    "STEAM GENERATION",
    "EFFLUENT TREATMENT",
    "FLARE KNOCK-OUT",
    "AMINE ABSORPTION",
    "CRUDE PREHEAT",
)
_PRODUCTS = listed(
    "FEED PRODUCT REFLUX CONDENSATE SOLVENT CAUSTIC FUEL GAS QUENCH LEAN RICH WASH RECYCLE SLOP"
)
_NAMES: Mapping[str, tuple[str, ...]] = {
    "V": ("KNOCK-OUT DRUM", "SEPARATOR", "SURGE DRUM", "BUFFER VESSEL"),
    "D": ("ACCUMULATOR", "SURGE DRUM", "DECANTER", "FLASH DRUM"),
    "C": ("STRIPPER", "ABSORBER", "COLUMN", "SCRUBBER"),
    "TK": ("STORAGE TANK", "DAY TANK", "SUMP TANK"),
    "E": ("COOLER", "PREHEATER", "CONDENSER", "REBOILER", "TRIM COOLER"),
    "P": ("PUMP", "TRANSFER PUMP", "BOOSTER PUMP", "CHARGE PUMP"),
    "K": ("COMPRESSOR", "BLOWER", "BOOSTER"),
    "H": ("HEATER", "FURNACE"),
    "R": ("REACTOR", "MIXER", "NEUTRALISER"),
    "F": ("FILTER", "COALESCER", "GUARD BED"),
}
_INITIALS = "ABCDEFGHJKLMNPRSTW"
_REVISIONS = (
    "ISSUED FOR REVIEW",
    "ISSUED FOR APPROVAL",
    "ISSUED FOR HAZOP",
    "ISSUED FOR DESIGN",
    "ISSUED FOR CONSTRUCTION",
    "AS BUILT",
    "REVISED AS MARKED",
)
_NOTES = (
    "ALL DIMENSIONS IN MM UNLESS NOTED OTHERWISE.",
    "FOR GENERAL NOTES AND SYMBOLS SEE {drawing}.",
    "VENTS AND DRAINS TO BE {size} UNLESS NOTED.",
    "CONTROL VALVE SIZES TO BE CONFIRMED BY VENDOR.",
    "LINE TO SLOPE 1:100 TOWARDS {tag}.",
    "LOCATE {instrument} WITHIN SIGHT OF {tag}.",
    "MINIMUM STRAIGHT LENGTH {number} D UPSTREAM OF FLOW ELEMENT.",
    "NO POCKETS PERMITTED IN THIS LINE.",
    "SPARE NOZZLE WITH BLIND FLANGE.",
    "{tag} TO BE ISOLATED FOR MAINTENANCE.",
    "SET PRESSURE TO BE CONFIRMED ({number} BARG).",
    "RELIEF VALVE DISCHARGE TO SAFE LOCATION.",
    "INTERLOCK {number}: TRIPS {tag} ON LOW LEVEL.",
    "INSULATE FOR PERSONNEL PROTECTION.",
    "HOLD: NOZZLE ORIENTATION OF {tag}.",
    "STEAM TRACING FROM BATTERY LIMIT TO {tag}.",
)
_REFERENCES = (
    "LEGEND AND SYMBOLS",
    "PROCESS FLOW DIAGRAM",
    "PLOT PLAN",
    "LINE LIST",
    "CAUSE AND EFFECT DIAGRAM",
    "UTILITY DISTRIBUTION",
    "HOLD LIST",
    "EQUIPMENT LIST",
    "VENDOR PACKAGE P&ID",
)
_MONTHS = listed("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")

ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:-/()=@&")


@dataclass(frozen=True, slots=True)
class Title:
    """What a title block says."""

    company: str
    plant: str
    unit: str
    sheet: str


def title(rng: random.Random) -> Title:
    """Invent a title block."""
    sheets = rng.randint(1, 12)
    return Title(
        company=f"{rng.choice(_COMPANY_FIRST)} {rng.choice(_COMPANY_LAST)}",
        plant=f"{rng.choice(_PLANTS)} PLANT",
        unit=rng.choice(_UNITS),
        sheet=f"{rng.randint(1, sheets)} OF {sheets}",
    )


def equipment_name(rng: random.Random, letter: str) -> str:
    """Name a piece of equipment: ``RICH SOLVENT FLASH DRUM`` and the like."""
    return f"{rng.choice(_PRODUCTS)} {rng.choice(_NAMES[letter])}"


def equipment_data(rng: random.Random, letter: str) -> list[str]:
    """Return a line or two of design data for the kind of equipment that `letter` stands for."""
    pressure = f"DES. {rng.uniform(2, 95):.1f} BARG @ {rng.randrange(40, 420, 5)} DEG.C"
    if letter in ("P", "K"):
        return [
            f"{rng.randrange(5, 900, 5)} M3/H @ {rng.uniform(1, 40):.1f} BAR",
            f"{rng.randrange(4, 900)} KW",
        ]
    if letter in ("E", "H"):
        return [f"DUTY {rng.randrange(100, 9900, 50)} KW", pressure]
    diameter = rng.randrange(600, 4200, 100)
    return [f"I.D. {diameter} X {diameter * rng.randint(2, 4)} T/T", pressure]


def initials(rng: random.Random) -> str:
    """Return somebody's initials."""
    return "".join(rng.choice(_INITIALS) for _ in range(rng.choice((2, 2, 3))))


@dataclass(frozen=True, slots=True)
class Revision:
    """One issue of a drawing."""

    mark: str
    date: str
    purpose: str


def revisions(rng: random.Random) -> list[Revision]:
    """Return the issues of a drawing, the oldest first, their dates written one way."""
    purposes = sorted(rng.sample(_REVISIONS, rng.randint(1, 4)), key=_REVISIONS.index)
    write = rng.choice((_dotted, _dashed, _iso))
    year, month = rng.randint(1998, 2023), rng.randrange(12)
    issues = []
    for number, purpose in enumerate(purposes):
        issues.append(Revision(str(number), write(year, month, rng.randint(1, 28)), purpose))
        ahead = month + rng.randint(1, 9)
        year, month = year + ahead // 12, ahead % 12
    return issues


def _dotted(year: int, month: int, day: int) -> str:
    return f"{day:02d}.{month + 1:02d}.{year}"


def _dashed(year: int, month: int, day: int) -> str:
    return f"{day:02d}-{_MONTHS[month]}-{year % 100:02d}"


def _iso(year: int, month: int, day: int) -> str:
    return f"{year}-{month + 1:02d}-{day:02d}"


def references(rng: random.Random) -> list[str]:
    """Return the titles of other drawings that this one points to."""
    return rng.sample(_REFERENCES, rng.randint(2, 5))


def notes(rng: random.Random, tags: list[str], instruments: list[str], drawing: str) -> list[str]:
    """Return general notes that speak of what stands on the drawing."""
    return [
        note.format(
            tag=rng.choice(tags),
            instrument=rng.choice(instruments),
            drawing=drawing,
            size=rng.choice(("DN20", "DN25", "3/4 IN.")),
            number=rng.randint(2, 40),
        )
        for note in rng.sample(_NOTES, rng.randint(4, 9))
    ]
