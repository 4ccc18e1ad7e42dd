"""Examine a dataset: read it, verify its images, ask every rule, and count."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from upath import UPath

from config.errors import Severity
from config.family import Family
from corpus.charset import read_charset
from corpus.crops import is_turnable
from corpus.examine import statistics
from corpus.examine.cache import open_cache
from corpus.examine.ceiling import ceilings
from corpus.examine.dataset import Dataset, Declared
from corpus.examine.examination import CharsetSummary, Examination, Finding, Occurrence, Picture
from corpus.examine.images import verify
from corpus.examine.rules import RULES, Hit
from corpus.examine.source import read_source
from corpus.parallel import Progress, silent
from corpus.paths import as_path
from corpus.sample import Sample

_ORDER: tuple[Severity, ...] = ("error", "warning")


def examine(
    reference: str | UPath,
    family: Family,
    *,
    charset: UPath | None = None,
    cache: Path | None = None,
    workers: int = 0,
    progress: Progress = silent,
) -> Examination:
    """Say whether `family` can learn from a dataset, and the best exact match that any training could reach.

    `reference` is a snapshot (``FOLDER`` or ``FOLDER@HASH``) or a manifest file, which may be broken:
    each fault is a finding. `charset` (else the family's, else what the data holds) is what labels are
    held against. Images that `cache` knows are not decoded again. `workers` 0: one for each core.

    Raises:
        ManifestError: there is neither a snapshot nor a manifest.
        CorpusError: the charset file is missing, unreadable, empty or not UTF-8.
        StateError: the cache is another file, or a worker was killed.
    """
    start = time.perf_counter()
    declared = _declared(family, charset)
    # what a whole dataset needs is let go before the collector wakes up: it would look at every object
    with _without_garbage_collection():
        return _examine(reference, family, declared, cache, workers, progress, start)


def _examine(
    reference: str | UPath,
    family: Family,
    declared: Declared | None,
    cache: Path | None,
    workers: int,
    progress: Progress,
    start: float,
) -> Examination:
    source = read_source(reference)
    with open_cache(cache) as memory:
        images = verify(source.samples, source.folder, memory, workers, progress)
    data = Dataset(source, family, images, declared)
    return Examination(
        reference=str(reference),
        folder=source.folder,
        snapshot=source.snapshot,
        family=family.family,
        min_ceiling=family.examine.min_ceiling,
        findings=tuple(sorted(_findings(data), key=lambda finding: _ORDER.index(finding.severity))),
        ceilings=ceilings(data),
        charset=CharsetSummary(
            declared.file if declared else None,
            len(data.charset.entries),
            len(data.charset.encodable),
            data.derived.entries,
        ),
        samples=_counted(data, (sample.split for sample in source.samples)),
        groups=_counted(data, (split for split, _ in {(s.split, s.group) for s in source.samples})),
        labels=statistics.labels(data),
        characters=statistics.characters(data),
        lengths=statistics.lengths(data),
        spreads=statistics.spreads(data),
        divergences=statistics.divergences(data),
        images=images.files,
        images_read=images.read,
        elapsed_s=time.perf_counter() - start,
    )


def _declared(family: Family, charset: UPath | None) -> Declared | None:
    path = charset if charset is not None else family.recognition.charset
    if path is None:
        return None
    entries, problems = read_charset(as_path(str(path)))
    return Declared(str(path), entries, tuple(problems))


def _findings(data: Dataset) -> Iterator[Finding]:
    for rule in RULES:
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


def _picture(sample: Sample) -> Picture:
    return Picture(sample.image, sample.polygon, turnable=is_turnable(sample.text))


def _counted(data: Dataset, splits: Iterable[str]) -> dict[str, int]:
    counts = Counter(splits)
    return {split: counts[split] for split, _ in statistics.splits_in(data)}


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
