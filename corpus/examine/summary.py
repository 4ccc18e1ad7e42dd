"""An examination in a few lines of plain text, for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.examine.examination import Examination, Finding, Occurrence

_SHOWN = 3


def summary_lines(examination: Examination) -> Iterator[str]:
    """Yield the verdict, the ceiling of each split, and each finding with its first places."""
    verdict = "PASSED" if examination.passed else "REFUSED"
    errors, warnings = len(examination.errors), len(examination.warnings)
    samples, items = sum(examination.samples.values()), sum(examination.items.values())
    held = f"{samples:,} samples" + (f" on {items:,} {examination.item}s" if items != samples else "")
    yield f"{verdict}: {examination.reference} for {examination.family}, {held}"
    yield f"{errors} errors, {warnings} warnings, {examination.elapsed_s:.1f} s"
    figure = None
    for ceiling in examination.ceilings:
        if ceiling.figure != figure:
            figure = ceiling.figure
            yield f"The best {figure} that any training could reach:"
        lost = ", ".join(f"{obstacle} {number:,}" for obstacle, number in ceiling.lost.items())
        of = f"{ceiling.reachable:,} of {ceiling.samples:,} {ceiling.counted}"
        yield f"  {ceiling.split:<7} {ceiling.percent:>7}  {of}" + (f"; lost by {lost}" if lost else "")
    for finding in (*examination.errors, *examination.warnings):
        yield from _finding_lines(finding)


def _finding_lines(finding: Finding) -> Iterator[str]:
    yield ""
    yield f"{finding.severity} {finding.rule} ({len(finding.occurrences):,}): {finding.summary}"
    for occurrence in finding.occurrences[:_SHOWN]:
        yield f"    {place_of(occurrence)}{occurrence.found}"
    if (more := len(finding.occurrences) - _SHOWN) > 0:
        yield f"    … and {more:,} more"
    yield f"  → {finding.remedy}"


def place_of(occurrence: Occurrence) -> str:
    """Return where an occurrence is, to be put before what was found."""
    if occurrence.file is None:
        return ""
    line = "" if occurrence.line is None else f":{occurrence.line}"
    sample = "" if occurrence.sample is None else f" {occurrence.sample}"
    return f"{occurrence.file}{line}{sample}: "
