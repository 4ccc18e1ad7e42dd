"""What is written beside analysers and drives: values with units that plain tags do not have."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping

Write = Callable[[random.Random], str]

ALPHABET = frozenset(string.digits + "ACEHIKMOPRSTacdeghklmnoprtxµΩΔ²≤≥× .-/")


def tag(rng: random.Random) -> str:
    """Return an analyser with what it measures: ``AIT-1203 pH``, ``AE-204 O2``."""
    measured = rng.choice(("pH", "O2", "CO", "H2S", "CH4", "Cl", "redox", "cond."))
    return f"A{rng.choice(('E', 'T', 'IT', 'IC'))}-{rng.randint(100, 9999)} {measured}"


def value(rng: random.Random) -> str:
    """Return a value or a limit: ``Δp 120 hPa``, ``25 µS/cm``, ``Ra ≤ 3.2 µm``."""
    number = rng.choice((str(rng.randint(1, 999)), f"{rng.randint(0, 99)}.{rng.randint(0, 9)}"))
    return rng.choice(
        (
            f"{number} µS/cm",
            f"Δp {number} hPa",
            f"Δt ≤ {number} K",
            f"Ra ≤ {number} µm",
            f"R ≥ {number} MΩ",
            f"{number} kΩ",
            f"ΔT ≥ {number} K",
            f"{number} µg/l",
        )
    )


def cable(rng: random.Random) -> str:
    """Return a cable or a drive: ``4×25 mm²``, ``P-101 4×2.5 mm²``."""
    section = rng.choice(("1.5", "2.5", "4", "6", "10", "16", "25", "35", "50"))
    place = rng.choice(("", f"P-{rng.randint(100, 9999)} ", f"M-{rng.randint(100, 9999)} "))
    return f"{place}{rng.choice((1, 2, 3, 4, 5))}×{section} mm²"


KINDS: Mapping[str, Write] = {"tag": tag, "value": value, "cable": cable}
"""What a recipe weighs in ``kinds``."""
