"""Examine a dataset that was not imported: findings name the lines of its own label files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from upath import UPath

from config.errors import Problem
from corpus.examine.asks import Asks
from corpus.examine.examination import Examination, Finding, Occurrence
from corpus.examine.run import examine
from corpus.ingest import Options, import_records
from corpus.parallel import Progress, silent
from corpus.records import Record

_Places = dict[str, tuple[str, int | None]]


@contextmanager
def examined(
    items: Iterable[Record | Problem],
    task: Asks,
    *,
    name: str,
    reference: str,
    charset: UPath | None = None,
    cache: Path | None = None,
    workers: int = 0,
    progress: Progress = silent,
) -> Iterator[Examination]:
    """Give the examination of what an import of `items` would make; its pictures are there meanwhile.

    `name` is what the samples' ids begin with, `reference` what the dataset is called.

    Raises:
        CorpusError: not one label is usable.
    """
    places: _Places = {}

    def noted() -> Iterator[Record | Problem]:
        for item in items:
            if isinstance(item, Record):
                places.setdefault(f"{name}/{item.key}", (item.file, item.line))
            yield item

    with tempfile.TemporaryDirectory(prefix="glyphline-") as folder:
        out = UPath(folder) / "snapshot"
        family = task.family
        crops = family.unit != "image"  # who answers pages is asked about pages
        options = Options(name, form=family.unicode_form, crop_regions=crops, workers=workers)
        import_records(noted(), out, options, progress)
        found = examine(out, task, charset=charset, cache=cache, workers=workers, progress=progress)
        findings = tuple(_placed(finding, places) for finding in found.findings)
        yield replace(found, reference=reference, findings=findings)


def _placed(finding: Finding, places: _Places) -> Finding:
    def place(one: Occurrence) -> Occurrence:
        if one.sample is None or one.sample not in places:
            return one
        file, line = places[one.sample]
        return replace(one, file=file, line=line)

    return replace(finding, occurrences=tuple(map(place, finding.occurrences)))
