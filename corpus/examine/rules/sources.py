"""Rules about where the samples come from: the manifest's lines and what the import could not use."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.examine.dataset import Dataset
from corpus.examine.rules.base import Hit, Rule, hits_of, rule
from corpus.text import percent


def _from_manifest(rule_id: str, what: str, remedy: str) -> Rule:
    def check(data: Dataset) -> Iterator[Hit]:
        return hits_of(data.source.problems, rule_id)

    return Rule(rule_id, "error", what, remedy, check)


changed = _from_manifest(
    "snapshot.changed",
    "The manifest is not the one that the snapshot's hash names: somebody changed it.",
    "Restore it, or import the data again.",
)
line = _from_manifest(
    "manifest.line",
    "A line of the manifest is not a sample: it is cut off, or not of this schema.",
    "Restore the line from where the manifest came from, or delete it.",
)
duplicate_id = _from_manifest(
    "manifest.duplicate-id",
    "An id stands twice: nobody can tell which of the two a result belongs to.",
    "Rename one, or delete it.",
)
bom = _from_manifest(
    "manifest.bom", "The manifest begins with a byte-order mark.", "Save it as UTF-8 without BOM."
)
crlf = _from_manifest("manifest.crlf", "The manifest has Windows line ends.", "Convert it to LF.")


@rule(
    "import.rejected",
    "warning",
    "The import could not use this label: it is not among the samples.",
    "Mend it where it is written and import again, if it is worth having.",
)
def rejected(data: Dataset) -> Iterator[Hit]:
    """Tell of every label that did not become a sample."""
    for problem in data.source.import_problems:
        if problem.severity == "error":
            yield Hit(f"{problem.found} ({problem.rule})", file=problem.file, line=problem.line)


@rule(
    "import.too-many-rejected",
    "error",
    "The import could use so few labels that something is wrong with all of them, such as a folder.",
    "Look at import.rejected, mend the cause, import again; or raise max_rejected_share in the family.",
)
def too_many_rejected(data: Dataset) -> Iterator[Hit]:
    """Compare the rejected labels with all that there were."""
    count = sum(problem.severity == "error" for problem in data.source.import_problems)
    total = count + len(data.samples)
    limit = data.thresholds.max_rejected_share
    if count > limit * total:
        yield Hit(
            f"{count:,} of {total:,} labels rejected ({percent(count / total)}; at most {percent(limit)})"
        )


@rule(
    "import.oddity",
    "warning",
    "The import used this, but something about it was odd.",
    "Look at it; mend it where it is written if it is wrong.",
)
def oddity(data: Dataset) -> Iterator[Hit]:
    """Tell of what the import warned of."""
    for problem in data.source.import_problems:
        if problem.severity == "warning":
            yield Hit(f"{problem.found} ({problem.rule})", file=problem.file, line=problem.line)
