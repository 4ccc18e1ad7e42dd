"""From records to a snapshot: new, grown by records, or grown by another snapshot."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from upath import UPath

from config.errors import Problem, StateError
from config.family import UnicodeForm
from corpus.errors import CorpusError
from corpus.images import open_image, put_image
from corpus.parallel import Progress, map_chunks, silent, stop_workers
from corpus.paths import local, locked
from corpus.records import Record
from corpus.sample import Sample, Split
from corpus.snapshot import Snapshot, is_snapshot, open_snapshot, write_snapshot
from corpus.splits import SplitPolicy, split_of
from corpus.storing import Stored, store_all
from corpus.text import DEFAULT_FORM, normalise

CHUNK = 16
"""Images that a worker takes at a time."""


@dataclass(frozen=True, slots=True)
class Options:
    """How records become samples. `crop_regions`: each region becomes an image of its own.

    `workers` is the number of processes; 0: one for each core.
    """

    source: str
    policy: SplitPolicy = field(default_factory=SplitPolicy)
    form: UnicodeForm = DEFAULT_FORM
    crop_regions: bool = True
    workers: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import or an addition did. `unchanged` counts samples that were there already, identical."""

    snapshot: Snapshot
    added: int
    unchanged: int
    problems: tuple[Problem, ...]

    @property
    def rejected(self) -> int:
        """How many labels did not become samples."""
        return sum(problem.severity == "error" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the parent snapshot holds already: each id's content, the split of each group and of each page.

    `pages`: images with regions, or that were labelled as empty; a line image is not one.
    """

    identities: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    splits: Mapping[str, Split] = field(default_factory=dict)
    pages: Mapping[str, Split] = field(default_factory=dict)
    golden_is_frozen: bool = False


def import_records(
    items: Iterable[Record | Problem], out: UPath, options: Options, progress: Progress = silent
) -> Outcome:
    """Make a new snapshot at `out`, whole or not at all.

    Raises:
        StateError: something is at `out` already.
        CorpusError: not one label is usable.
    """
    with new_folder(out) as folder:
        found = _sorted_out(_to_samples(items, folder, options, _Known(), progress), _Known())
        if not found.samples:
            raise CorpusError(nothing_usable(options.source, found.problems))
        write_snapshot(folder, found.samples, found.problems, policy=options.policy, form=options.form)
    return Outcome(open_snapshot(out), len(found.samples), found.unchanged, tuple(found.problems))


def add_records(
    parent: Snapshot, items: Iterable[Record | Problem], options: Options, progress: Progress = silent
) -> Outcome:
    """Grow `parent` by records, in its folder, under its own split policy and normal form.

    Only the new images are read and written. Old samples keep their split, golden stays as it is.

    Raises:
        StateError: `parent` is not the newest snapshot of its folder.
    """
    description = parent.description
    options = replace(options, policy=description.splits, form=description.unicode_form)
    with _locked(parent):
        known = _known_of(parent)
        return _grow(parent, _to_samples(items, parent.folder, options, known, progress), known)


def add_snapshot(parent: Snapshot, other: Snapshot, progress: Progress = silent) -> Outcome:
    """Grow `parent` by the samples of `other`, in `parent`'s folder; both keep their ids and splits.

    Raises:
        StateError: `parent` is not the newest of its folder, or the two differ in their normal form.
    """
    mine, theirs = parent.description.unicode_form, other.description.unicode_form
    if mine != theirs:
        raise StateError(
            f"{other.folder} is in {theirs}, {parent.folder} in {mine}: import it again as {mine}."
        )
    with _locked(parent):
        known = _known_of(parent)
        return _grow(parent, _copied(other, parent.folder, known, progress), known)


@contextmanager
def new_folder(out: UPath) -> Iterator[UPath]:
    """Give a folder to fill; locally it takes the name `out` only once it was filled without an error.

    In an object store the objects are written in place, and `snapshot.json`, the last of them, makes
    them a snapshot.

    Raises:
        StateError: something is at `out` already.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StateError(
            f"{out} exists already. Choose another --out, or grow it with `glyphline corpus add`."
        )
    target = local(out)
    if target is None:
        yield out
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial_folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
    try:
        partial_folder.chmod(0o755)
        yield UPath(partial_folder)
        if target.exists():
            target.rmdir()
        partial_folder.rename(target)
    except BaseException:
        stop_workers()
        shutil.rmtree(partial_folder, ignore_errors=True)
        raise


class _Placed(NamedTuple):
    """A sample, and where its label stands, for messages."""

    sample: Sample
    file: str
    line: int | None


@dataclass(frozen=True, slots=True)
class _Found:
    samples: list[Sample]
    problems: list[Problem]
    unchanged: int


def nothing_usable(source: str, problems: list[Problem]) -> Problem:
    """Return the problem that `source` gave no sample."""
    found = f"no usable label among {len(problems)}" if problems else "no label at all"
    # a warning is about an image that was taken: of warnings alone, the last says why nothing came of it
    why = next((one for one in problems if one.severity == "error"), problems[-1] if problems else None)
    remedy = "Check the path and the format." if why is None else f"For one: {why}"
    return Problem("import.nothing", found, "at least one", remedy, source)


def _grow(parent: Snapshot, items: Iterable[_Placed | Problem], known: _Known) -> Outcome:
    found = _sorted_out(items, known)
    grown = parent
    if found.samples:  # else it stays the same snapshot, and the caller tells the problems
        description = parent.description
        grown = write_snapshot(
            parent.folder,
            found.samples,
            found.problems,
            policy=description.splits,
            form=description.unicode_form,
            parent=parent,
        )
    return Outcome(grown, len(found.samples), found.unchanged, tuple(found.problems))


def _sorted_out(items: Iterable[_Placed | Problem], known: _Known) -> _Found:
    """Part samples from problems; an id may come twice only with the same content."""
    identities = dict(known.identities)
    samples: list[Sample] = []
    problems: list[Problem] = []
    grown: dict[str, list[_Placed]] = {}
    unchanged = 0
    for item in items:
        if isinstance(item, Problem):
            problems.append(item)
            continue
        sample = item.sample
        if (there := identities.get(sample.id)) is None:
            identities[sample.id] = _identity(sample)
            samples.append(sample)
            if (page := _page_of(sample)) is not None and known.pages.get(page) == "golden":
                grown.setdefault(page, []).append(item)
        elif there == _identity(sample):
            unchanged += 1
        else:
            problems.append(_id_is_taken(item, there))
    problems += [_golden_grows(on_it) for on_it in grown.values()]
    return _Found(samples, problems, unchanged)


def _golden_grows(added: list[_Placed]) -> Problem:
    """Return the warning that a page on which models were compared has got regions since."""
    first, many = added[0], "regions" if len(added) > 1 else "region"
    found = f"{len(added)} new {many} on a golden page, such as {first.sample.id!r}"
    remedy = "Nothing, if they were forgotten; what was measured on this page before is another measure."
    return Problem("split.golden-grows", found, "golden as it was", remedy, first.file, first.line, "warning")


def _identity(sample: Sample) -> tuple[object, ...]:
    return (sample.sha256, sample.text, sample.label, sample.polygon, sample.table)


def _id_is_taken(item: _Placed, there: tuple[object, ...]) -> Problem:
    sample = item.sample
    what = "another image" if there[0] != sample.sha256 else f"another label ({there[1] or there[2]!r})"
    if there[4] != sample.table:
        what = "another event"
    found = f"the id {sample.id!r} with the label {sample.text or sample.label!r}, taken by {what}"
    remedy = "Import it under another --source name, or mend the label where it is wrong."
    return Problem("sample.id-taken", found, "a new id, or the same content", remedy, item.file, item.line)


def _known_of(parent: Snapshot) -> _Known:
    identities: dict[str, tuple[object, ...]] = {}
    splits: dict[str, Split] = {}
    pages: dict[str, Split] = {}
    for sample in parent.samples():
        identities[sample.id] = _identity(sample)
        splits[sample.group] = sample.split
        if (page := _page_of(sample)) is not None:
            pages.setdefault(page, sample.split)
    return _Known(identities, splits, pages, golden_is_frozen=True)


def _page_of(sample: Sample) -> str | None:
    """Return the page that `sample` is a part of, or stands for; None: it is a whole by itself."""
    return sample.image if sample.polygon is not None or sample.is_page else None


def _to_samples(
    items: Iterable[Record | Problem], folder: UPath, options: Options, known: _Known, progress: Progress
) -> Iterator[_Placed | Problem]:
    """Read, check and store the images of `items` on all cores; yield samples and problems in order."""
    work = partial(store_all, folder=str(folder), crop_regions=options.crop_regions)
    done = 0
    for results in map_chunks(work, by_image(items), chunk=CHUNK, workers=options.workers):
        for result in results:
            done += 1
            if isinstance(result, Problem):
                yield result
                continue
            sample = _sample(result, options, known)
            is_new = sample.id not in known.identities
            if is_new and result.record.split not in (None, sample.split):
                yield _kept_in_split(result.record, sample)
            yield _Placed(sample, result.record.file, result.record.line)
        progress(done, None)


def by_image(items: Iterable[Record | Problem]) -> Iterator[list[Record | Problem]]:
    """Keep records of one page together, so that a page is decoded once."""
    for _, group in itertools.groupby(
        items, key=lambda item: str(item.image) if isinstance(item, Record) else ""
    ):
        yield list(group)


def _sample(stored: Stored, options: Options, known: _Known) -> Sample:
    record = stored.record
    meta = dict(record.meta)
    text = record.text
    if text is not None and (normal := normalise(text, options.form)) != text:
        meta["text_before_normalisation"] = text
        text = normal
    if stored.crop is not None:
        meta["crop"] = stored.crop
    group = record.group if record.group is not None else f"{options.source}/{record.image_name}"
    polygon = record.polygon if stored.crop is None else None
    page = stored.image if polygon is not None or record.is_page else None
    return Sample(
        id=f"{options.source}/{record.key}",
        image=stored.image,
        sha256=stored.sha256,
        width=stored.width,
        height=stored.height,
        text=text,
        group=group,
        source=options.source,
        split=_split(group, page, record.split, options.policy, known),
        polygon=polygon,
        label=record.label,
        meta=meta,
    )


def _kept_in_split(record: Record, sample: Sample) -> Problem:
    found = f"{record.image_name} said to be in {record.split}, with its group {sample.group!r} elsewhere"
    remedy = "It was put into that; a group never straddles splits, and golden is frozen."
    return Problem("split.kept", found, sample.split, remedy, record.file, record.line, severity="warning")


def _split(group: str, page: str | None, given: Split | None, policy: SplitPolicy, known: _Known) -> Split:
    """Return where a sample belongs: with its page, else with its group; a new image is never golden."""
    if page is not None and page in known.pages:
        return known.pages[page]
    split = known.splits.get(group) or given
    if split is None:
        return split_of(group, policy, golden_is_frozen=known.golden_is_frozen)
    return "test" if split == "golden" and known.golden_is_frozen else split


def _copied(other: Snapshot, folder: UPath, known: _Known, progress: Progress) -> Iterator[_Placed | Problem]:
    """Yield the samples of `other`, their images copied into `folder` where they are not there yet."""
    total = other.description.samples
    for done, sample in enumerate(other.samples(), start=1):
        progress(done, total)
        if sample.id not in known.identities and not _copy_image(sample, other.folder, folder):
            found, remedy = f"{sample.image} has other bytes than its name says", "Restore the image."
            yield Problem("image.changed", found, "the bytes of its hash", remedy, str(other.folder))
            continue
        split = _split(sample.group, _page_of(sample), sample.split, other.description.splits, known)
        placed = sample if split == sample.split else replace(sample, split=split)
        yield _Placed(placed, str(other.folder / "manifest.jsonl"), done)


def _copy_image(sample: Sample, source: UPath, target: UPath) -> bool:
    """Copy the image of `sample`, if it has one that is not there yet; tell whether its bytes are its own."""
    if sample.image is None or (target / sample.image).exists():
        return True
    data = (source / sample.image).read_bytes()
    path, _ = put_image(target, data, open_image(data, sample.image).format or "")
    return path == sample.image


@contextmanager
def _locked(parent: Snapshot) -> Iterator[None]:
    """Let one addition at a time into a local folder, and only onto its newest snapshot."""
    folder = local(parent.folder)
    if folder is None:
        _refuse_old(parent)
        yield
        return
    with locked(folder, f"Another addition to {parent.folder} is under way. Run again after it."):
        _refuse_old(parent)
        yield


def _refuse_old(parent: Snapshot) -> None:
    if (
        is_snapshot(parent.folder)
        and open_snapshot(parent.folder).description.hash != parent.description.hash
    ):
        raise StateError(f"{parent.folder} has grown since {parent.description.hash[:12]}. Open it again.")
