"""A snapshot: an immutable, hashed set of samples in a folder, with its parents beside it.

    manifest.jsonl         the samples
    snapshot.json          hash, parents, counts by split, charset: the mark that the snapshot is complete
    problems.jsonl         what the imports found, rejected samples included
    images/ab/cdef….png    the images by content, shared with the parents
    history/HASH.jsonl     the manifest of each parent, beside its HASH.json and HASH.problems.jsonl

``FOLDER`` names the newest snapshot, ``FOLDER@HASH`` (any unambiguous beginning) an earlier one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import orjson
from pydantic import ValidationError
from upath import UPath

from config.errors import Problem
from config.family import UnicodeForm
from config.protocol import SNAPSHOT_FILE
from config.yaml_source import Settings
from corpus import manifest
from corpus.charset import Charset, derive
from corpus.errors import ImageError, ManifestError
from corpus.paths import as_path, write_whole
from corpus.sample import SPLITS, Sample, encode
from corpus.splits import SplitPolicy

SCHEMA = 1
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'  # no part of it can match in two ways: time grows with length alone
_IMAGE = re.compile(rb'\n\{"id":' + _STRING + rb',"image":(' + _STRING + rb")")
"""The image of each line, as `corpus.sample.encode` writes it."""
_AT_HASH = re.compile(r"^(?P<folder>.+)@(?P<hash>[0-9a-f]{4,64})$")


class Description(Settings):
    """What `snapshot.json` holds."""

    schema_version: int = SCHEMA
    hash: str
    parents: tuple[str, ...]
    """Hashes of the snapshots this one grew from, the nearest first."""
    samples: int
    images: int | None = None
    """Different images; None in what was written before they were counted."""
    counts: dict[str, int]
    """Samples by split."""
    sources: dict[str, int]
    """Samples by source."""
    charset: tuple[str, ...]
    unicode_form: UnicodeForm
    splits: SplitPolicy


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that was opened: its folder, its description and the bytes of its manifest."""

    folder: UPath
    description: Description
    manifest_bytes: bytes

    @property
    def charset(self) -> Charset:
        """The charset derived from its texts."""
        return Charset(self.description.charset)

    def samples(self) -> Iterator[Sample]:
        """Yield the samples in manifest order."""
        return manifest.read_strictly(self.manifest_bytes, str(self.folder / "manifest.jsonl"))

    def image_path(self, sample: Sample) -> UPath:
        """Return where the image of `sample` lies.

        Raises:
            ImageError: it has none.
        """
        if sample.image is None:
            found, remedy = (
                f"the sample {sample.id!r} without an image",
                "Leave it out, or give it its image.",
            )
            raise ImageError(Problem("image.none", found, "an image", remedy, str(self.folder)))
        return self.folder / sample.image


def open_snapshot(reference: str | UPath) -> Snapshot:
    """Open ``FOLDER`` or ``FOLDER@HASH``.

    Raises:
        ManifestError: there is no snapshot, or it is not what its description says.
    """
    match = None if is_snapshot(as_path(str(reference))) else _AT_HASH.match(str(reference))
    folder = as_path(match["folder"] if match else str(reference))
    head = _read_description(folder / SNAPSHOT_FILE)
    if match is None or head.hash.startswith(match["hash"]):
        return Snapshot(folder, head, _manifest_of(folder, head.hash))
    names = [path.stem for path in (folder / "history").glob("*.json")]
    hits = [name for name in names if name.startswith(match["hash"])]
    if len(hits) != 1:
        found = f"{len(hits)} snapshots whose hash begins with {match['hash']}"
        known = ", ".join(name[:12] for name in (head.hash, *head.parents))
        raise ManifestError(
            Problem("snapshot.hash", found, "one", f"There are: {known}.", str(folder / "history"))
        )
    description = _read_description(folder / "history" / f"{hits[0]}.json")
    return Snapshot(folder, description, _manifest_of(folder, description.hash))


def is_snapshot(folder: UPath) -> bool:
    """Tell whether `folder` holds a complete snapshot."""
    return (folder / SNAPSHOT_FILE).exists()


def write_snapshot(
    folder: UPath,
    samples: Iterable[Sample],
    problems: Sequence[Problem],
    *,
    policy: SplitPolicy,
    form: UnicodeForm,
    parent: Snapshot | None = None,
) -> Snapshot:
    """Write a snapshot whose images are in `folder` already; the last write completes it.

    With a `parent` in the same folder, its manifest moves to ``history/`` first, so that at every moment
    the description in force has its manifest.
    """
    texts: list[str] = []
    counts, sources = Counter[str](), Counter[str]()
    lines: list[bytes] = []
    for sample in samples:
        lines.append(encode(sample))
        counts[sample.split] += 1
        sources[sample.source] += 1
        if sample.text is not None:
            texts.append(sample.text)
    old = parent.description if parent else None
    data = (parent.manifest_bytes if parent else b"") + b"".join(lines)
    if old is not None:
        counts.update(old.counts)
        sources.update(old.sources)
        texts.append("".join(old.charset))
    description = Description(
        hash=manifest.hash_of(data),
        parents=(old.hash, *old.parents) if old else (),
        samples=sum(counts.values()),
        images=len(_images_in(data)),
        counts={split: counts[split] for split in SPLITS},
        sources=dict(sorted(sources.items())),
        charset=derive(texts).entries,
        unicode_form=form,
        splits=policy,
    )
    folder.mkdir(parents=True, exist_ok=True)
    known = read_problems(folder, old.hash) if old is not None else []
    if parent is not None:
        _keep_in_history(folder, parent, known)
    write_whole(folder / "problems.jsonl", _problem_lines([*known, *problems]))
    write_whole(folder / "manifest.jsonl", data)
    write_whole(folder / SNAPSHOT_FILE, _description_bytes(description))
    return Snapshot(folder, description, data)


def _images_in(data: bytes) -> set[bytes]:
    """Return the images that a manifest of our own names, as they are written there."""
    return set(_IMAGE.findall(b"\n" + data))


def read_problems(folder: UPath, snapshot_hash: str | None = None) -> list[Problem]:
    """Return what the imports into a snapshot (None: the newest) and its parents found, rejections included.

    Raises:
        ManifestError: `problems.jsonl` holds a line that is not one.
    """
    path = folder / "history" / f"{snapshot_hash}.problems.jsonl"
    if snapshot_hash is None or not path.exists():
        path = folder / "problems.jsonl"
    problems = []
    for number, line in enumerate(_bytes_or_nothing(path).splitlines(), start=1):
        try:
            problems.append(Problem(**orjson.loads(line)))
        except (ValueError, TypeError) as error:
            remedy = "Import again, or delete the line."
            problem = Problem("snapshot.problems", str(error), "one problem", remedy, str(path), number)
            raise ManifestError(problem) from error
    return problems


def _keep_in_history(folder: UPath, parent: Snapshot, problems: Sequence[Problem]) -> None:
    history = folder / "history"
    history.mkdir(exist_ok=True)
    write_whole(history / f"{parent.description.hash}.jsonl", parent.manifest_bytes)
    write_whole(history / f"{parent.description.hash}.json", _description_bytes(parent.description))
    write_whole(history / f"{parent.description.hash}.problems.jsonl", _problem_lines(problems))


def _problem_lines(problems: Iterable[Problem]) -> bytes:
    return b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in dict.fromkeys(problems))


def _description_bytes(description: Description) -> bytes:
    return orjson.dumps(
        description.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )


def _bytes_or_nothing(path: UPath) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _read_description(path: UPath) -> Description:
    try:
        return Description.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        remedy = "Check the path, or make one with `glyphline corpus import` or `glyphline corpus synth`."
        raise ManifestError(
            Problem("snapshot.missing", "no snapshot here", "a folder with snapshot.json", remedy, str(path))
        ) from error
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        found = f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}"
        remedy = "Restore the file, or import the data again."
        raise ManifestError(
            Problem("snapshot.description", found, "the description of a snapshot", remedy, str(path))
        ) from error


def _manifest_of(folder: UPath, hash_: str) -> bytes:
    """Return the manifest with this hash: the newest, or in history while an addition goes on."""
    path = folder / "manifest.jsonl"
    data = manifest.load(path) if path.exists() else b""
    if manifest.hash_of(data) == hash_:
        return data
    old = folder / "history" / f"{hash_}.jsonl"
    if old.exists() and manifest.hash_of(data := manifest.load(old)) == hash_:
        return data
    found = f"a manifest whose hash is not {hash_[:12]}…"
    remedy = "Somebody changed it: restore it, or import the data again."
    raise ManifestError(Problem("snapshot.changed", found, "what snapshot.json says", remedy, str(path)))
