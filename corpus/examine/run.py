"""Examine a dataset: read it, verify its images, ask every rule, and count."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upath import UPath

from config.errors import Severity
from corpus.charset import read_charset
from corpus.crops import is_turnable
from corpus.examine import statistics
from corpus.examine.asks import Asks
from corpus.examine.cache import open_cache
from corpus.examine.dataset import Dataset, Declared
from corpus.examine.examination import CharsetSummary, Examination, Finding, Occurrence, Picture
from corpus.examine.images import verify
from corpus.examine.rules import CEILING, SHARED, Hit
from corpus.examine.source import read_source
from corpus.parallel import Progress, silent
from corpus.paths import as_path
from corpus.sample import Sample

_ORDER: tuple[Severity, ...] = ("error", "warning")


def examine(
    reference: str | UPath,
    task: Asks,
    *,
    charset: UPath | None = None,
    cache: Path | None = None,
    workers: int = 0,
    progress: Progress = silent,
) -> Examination:
    """Say whether a model of a task's family can learn from a dataset, and the best that it could reach.

    `reference` is a snapshot (``FOLDER`` or ``FOLDER@HASH``) or a manifest file, which may be broken:
    each fault is a finding. `charset` (else the family's, else what the data holds) is what labels are
    held against. Images that `cache` knows are not decoded again. `workers` 0: one for each core.

    Raises:
        ManifestError: there is neither a snapshot nor a manifest.
        CorpusError: the charset file is missing, unreadable, empty or not UTF-8.
        StateError: the cache is another file, or a worker was killed.
    """
    start = time.perf_counter()
    declared = _declared(task, charset)
    # what a whole dataset needs is let go before the collector wakes up: it would look at every object
    with _without_garbage_collection():
        return _examine(reference, task, declared, cache, workers, progress, start)


def _examine(
    reference: str | UPath,
    task: Asks,
    declared: Declared | None,
    cache: Path | None,
    workers: int,
    progress: Progress,
    start: float,
) -> Examination:
    source = read_source(reference)
    with open_cache(cache) as memory:
        by_region = task.family.unit != "image"
        images = verify(source.samples, source.folder, memory, workers, progress, by_region=by_region)
    data = Dataset(source, task, images, declared)
    return Examination(
        reference=str(reference),
        folder=source.folder,
        snapshot=source.snapshot,
        family=data.family.family,
        item=data.family.noun,
        min_ceiling=data.thresholds.min_ceiling,
        findings=tuple(sorted(_findings(data), key=lambda finding: _ORDER.index(finding.severity))),
        ceilings=data.ceilings,
        charset=CharsetSummary(
            declared.file if declared else None,
            len(data.charset.entries),
            len(data.charset.encodable),
            data.derived.entries,
        ),
        samples=statistics.samples(data),
        items=statistics.items(data),
        groups={split: len(statistics.groups(data)[split]) for split, _ in statistics.splits_in(data)},
        labels=statistics.labels(data),
        characters=statistics.characters(data),
        lengths=statistics.lengths(data),
        spreads=statistics.spreads(data),
        divergences=statistics.divergences(data),
        images=images.files,
        images_read=images.read,
        elapsed_s=time.perf_counter() - start,
    )


def _declared(task: Asks, charset: UPath | None) -> Declared | None:
    path = charset if charset is not None else task.family.charset_file
    if path is None:
        return None
    entries, problems = read_charset(as_path(str(path)))
    return Declared(str(path), entries, tuple(problems))


def _findings(data: Dataset) -> Iterator[Finding]:
    for rule in (CEILING, *data.task.rules(), *SHARED):
        if hits := list(rule.check(data)):
            occurrences = tuple(_occurrence(hit, data) for hit in hits)
            yield Finding(rule.id, rule.severity(hits, data), rule.what, rule.remedy, occurrences)


def _occurrence(hit: Hit, data: Dataset) -> Occurrence:
    if hit.row is None:
        return Occurrence(hit.found, file=hit.file, line=hit.line)
    sample = data.samples[hit.row]
    return Occurrence(
        hit.found,
        sample=sample.id,
        file=str(data.source.manifest),
        line=data.source.lines[hit.row],
        split=sample.split,
        text=sample.text,
        picture=_picture(sample),
        other=None if hit.other is None else _picture(data.samples[hit.other]),
    )


def _picture(sample: Sample) -> Picture | None:
    if sample.image is None:
        return None
    return Picture(sample.image, sample.polygon, turnable=is_turnable(sample.text))


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Keep the collector out: a million small objects without cycles cost it more time than making them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
