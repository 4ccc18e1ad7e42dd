"""Cut the regions of a snapshot's pages into a snapshot of line images, as a recogniser takes them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from upath import UPath

from config.errors import Problem
from corpus.errors import CorpusError
from corpus.ingest import CHUNK, Outcome, by_image, new_folder, nothing_usable
from corpus.parallel import Progress, map_chunks, silent
from corpus.records import Record
from corpus.sample import Sample
from corpus.snapshot import Snapshot, open_snapshot, write_snapshot
from corpus.storing import Stored, store_all


def cut_regions(
    snapshot: Snapshot, out: UPath, *, texts_only: bool = False, workers: int = 0, progress: Progress = silent
) -> Outcome:
    """Make a new snapshot at `out` in which each region is an upright image of its own.

    Ids, groups and splits stay; ``meta["crop"]`` tells the page and the polygon; a whole image stays as it
    is. A page without any region, and what has no image, is left out; `texts_only` leaves out what has no
    text as well, such as the symbols of a drawing.

    Raises:
        StateError: something is at `out` already.
        CorpusError: there is nothing to cut.
    """
    chosen = {one.id: one for one in snapshot.samples() if _is_wanted(one, texts_only=texts_only)}
    problems: list[Problem] = []
    cut: list[Sample] = []
    with new_folder(out) as folder:
        work = partial(store_all, folder=str(folder), crop_regions=True)
        pages = by_image(_record(snapshot, sample) for sample in chosen.values())
        for results in map_chunks(work, pages, chunk=CHUNK, workers=workers):
            problems += [result for result in results if isinstance(result, Problem)]
            cut += [_cut(chosen[r.record.key], r) for r in results if isinstance(r, Stored)]
            progress(len(cut), len(chosen))
        if not cut:
            raise CorpusError(nothing_usable(str(snapshot.folder), problems))
        description = snapshot.description
        write_snapshot(folder, cut, problems, policy=description.splits, form=description.unicode_form)
    return Outcome(open_snapshot(out), len(cut), 0, tuple(problems))


def _is_wanted(sample: Sample, *, texts_only: bool) -> bool:
    if sample.image is None or sample.is_page:
        return False
    return sample.text is not None or not texts_only


def _record(snapshot: Snapshot, sample: Sample) -> Record:
    return Record(
        key=sample.id,
        image=snapshot.image_path(sample),
        image_name=sample.image or "",
        text=sample.text,
        label=sample.label,
        polygon=sample.polygon,
        file=sample.id,
    )


def _cut(sample: Sample, stored: Stored) -> Sample:
    crop = {} if stored.crop is None else {"crop": stored.crop}
    return replace(
        sample,
        image=stored.image,
        sha256=stored.sha256,
        width=stored.width,
        height=stored.height,
        polygon=None if stored.crop else sample.polygon,
        meta={**sample.meta, **crop},
    )
