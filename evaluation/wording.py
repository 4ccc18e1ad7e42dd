"""Numbers as people read them, the same in messages, tables and the report."""

from __future__ import annotations


def percent(value: float | None, digits: int = 2) -> str:
    """Return a share in hundredths: ``7.07 %``; ``undefined`` where there is none."""
    return "undefined" if value is None else f"{100 * value:.{digits}f} %"


def counted(number: int, noun: str) -> str:
    """Return how many of something there are: ``1 group``, ``1,200 groups``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def points(value: float | None) -> str:
    """Return a difference of shares in points of a hundred, always with its sign: ``−2.78``."""
    return "undefined" if value is None else f"{100 * value:+.2f}".replace("-", "−")
