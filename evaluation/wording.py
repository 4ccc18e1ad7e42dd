"""Numbers as people read them, the same in messages, tables and the report."""

from __future__ import annotations


def percent(value: float | None, digits: int = 2) -> str:
    """Return a share in percent: ``7.07 %``; ``undefined`` if it is None."""
    return "undefined" if value is None else f"{100 * value:.{digits}f} %"


def counted(number: int, noun: str) -> str:
    """Return a count with its noun: ``1 group``, ``1,200 groups``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def points(value: float | None) -> str:
    """Return a difference of shares in percentage points, always with its sign: ``−2.78``."""
    return "undefined" if value is None else f"{100 * value:+.2f}".replace("-", "−")


TITLES = {
    "auc": "AUC",
    "cer": "CER",
    "grapheme_cer": "CER by grapheme",
    "hmean": "hmean (IoU 0.5)",
    "hmean_75": "hmean (IoU 0.75)",
    "map": "mAP",
    "macro_f1": "macro F1",
    "mean_line_cer": "mean CER of a line",
    "wer": "WER",
}
"""Titles of figures whose name alone is not enough."""


def title_of(figure: str) -> str:
    """Return the title of a figure."""
    return TITLES.get(figure, figure.replace("_", " "))


def error_of(figure: str, *, lower_is_better: bool) -> str:
    """Return the title of a figure's error: ``CER``, ``1 − macro F1``."""
    return title_of(figure) if lower_is_better else f"1 − {title_of(figure)}"
