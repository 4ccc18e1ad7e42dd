"""The outcome of an examination: findings, the best that the data allows, and what it looks like."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import orjson
from upath import UPath

from config.errors import Severity
from corpus.sample import Polygon

SCHEMA = 2


@dataclass(frozen=True, slots=True)
class Picture:
    """What to show of a sample: an image below the examined folder, and the region of it that is meant."""

    image: str
    polygon: Polygon | None = None
    turnable: bool = False
    """As `corpus.crops` decides it by the text."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a rule is broken. Without a `sample` it concerns a file, or the dataset as a whole.

    `file` and `line` are where the label (or the charset entry) is written; `other` is what the sample
    is to be compared with.
    """

    found: str
    sample: str | None = None
    file: str | None = None
    line: int | None = None
    split: str | None = None
    text: str | None = None
    picture: Picture | None = None
    other: Picture | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that the data breaks: what that means, what to do, and every place."""

    rule: str
    severity: Severity
    summary: str
    remedy: str
    occurrences: tuple[Occurrence, ...]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The best value of a figure that any training could reach on `split` (``all``: on all of them together).

    `reachable` of `samples` can be got right; `lost` counts the others by their first obstacle, and `reasons`
    says of each what it means. `best`: the value, where it is not simply the share of what is reachable.
    `counted` is what the samples here are, for a reader: ``samples``, ``regions``.
    """

    split: str
    samples: int
    reachable: int
    lost: Mapping[str, int]
    figure: str = "exact match"
    best: Fraction | None = None
    counted: str = "samples"
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def exact(self) -> Fraction:
        """The ceiling without rounding, 0 to 1; a split that is not empty has one."""
        return Fraction(self.reachable, self.samples) if self.best is None else self.best

    @property
    def share(self) -> float:
        """The ceiling, 0 to 1."""
        return float(self.exact)

    @property
    def percent(self) -> str:
        """The ceiling for a reader, rounded down: 100 % only where everything can be got right."""
        tenths = math.floor(1000 * self.exact)
        return f"{tenths // 10}.{tenths % 10} %"


@dataclass(frozen=True, slots=True)
class CharsetSummary:
    """The characters in force. `file`: the declared charset; None: they were derived from the data.

    `derived` is every code point of the data, in order.
    """

    file: str | None
    entries: int
    encodable: int
    derived: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """How a measure is spread over the samples of a split: percentiles 0, 5, 25, 50, 75, 95 and 100."""

    measure: str
    split: str
    percentiles: tuple[float, float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Divergence:
    """How far train and val are apart in one respect: Jensen-Shannon, base 2, 0 (alike) to 1.

    Beyond `limit` it is a finding.
    """

    measure: str
    value: float
    limit: float


@dataclass(frozen=True, slots=True)
class Examination:
    """What an examination found. Splits without samples are left out of every mapping.

    `items`: how many there are of what a model of the family answers once; `item` is what people call one.
    `characters`: how often each character occurs, by split. `lengths`: how many labels have how many
    code points, by split. `images_read` of `images` files had to be read, the others were known.
    """

    reference: str
    folder: UPath
    snapshot: str | None
    family: str
    item: str
    min_ceiling: float
    findings: tuple[Finding, ...]
    ceilings: tuple[Ceiling, ...]
    charset: CharsetSummary
    samples: Mapping[str, int]
    items: Mapping[str, int]
    groups: Mapping[str, int]
    labels: Mapping[str, Mapping[str, int]]
    characters: Mapping[str, Mapping[str, int]]
    lengths: Mapping[str, Mapping[int, int]]
    spreads: tuple[Spread, ...]
    divergences: tuple[Divergence, ...]
    images: int
    images_read: int
    elapsed_s: float

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that speak against training."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that somebody should look at."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against training."""
        return not self.errors

    def as_json(self) -> bytes:
        """Return all of it as one JSON document, every occurrence included (schema: docs/examine.md)."""
        content = {
            "schema_version": SCHEMA,
            "passed": self.passed,
            "reference": self.reference,
            "snapshot": self.snapshot,
            "family": self.family,
            "item": self.item,
            "min_ceiling": self.min_ceiling,
            "ceilings": [
                {
                    "figure": ceiling.figure,
                    "split": ceiling.split,
                    "counted": ceiling.counted,
                    "samples": ceiling.samples,
                    "reachable": ceiling.reachable,
                    "share": ceiling.share,
                    "lost": dict(ceiling.lost),
                }
                for ceiling in self.ceilings
            ],
            "findings": [
                {
                    "rule": finding.rule,
                    "severity": finding.severity,
                    "summary": finding.summary,
                    "remedy": finding.remedy,
                    "count": len(finding.occurrences),
                    "occurrences": finding.occurrences,
                }
                for finding in self.findings
            ],
            "charset": self.charset,
            "samples": dict(self.samples),
            "items": dict(self.items),
            "groups": dict(self.groups),
            "labels": self.labels,
            "characters": self.characters,
            "lengths": self.lengths,
            "spreads": self.spreads,
            "divergences": self.divergences,
            "images": {"files": self.images, "read": self.images_read},
            "elapsed_s": round(self.elapsed_s, 3),
        }
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
        return orjson.dumps(content, option=options)
