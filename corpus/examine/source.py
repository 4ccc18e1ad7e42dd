"""What is examined: the samples of a snapshot or of a bare manifest, and what is wrong with their source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upath import UPath

from config.errors import Problem
from corpus import manifest
from corpus.errors import ManifestError
from corpus.paths import as_path
from corpus.sample import Sample
from corpus.snapshot import Snapshot, open_snapshot, read_problems
from corpus.splits import SplitPolicy

_OF_THE_WHOLE_FILE = ("manifest.bom", "manifest.crlf")


@dataclass(frozen=True, slots=True)
class Source:
    """`samples`, each from the line of `manifest` that `lines` says; `images` lie below `folder`.

    `snapshot` is the hash and `shares` how it splits what is new, None for a bare manifest. `problems` are
    faults of the manifest, `import_problems` what the import into the snapshot found.
    """

    folder: UPath
    manifest: UPath
    snapshot: str | None
    shares: SplitPolicy | None
    samples: list[Sample]
    lines: list[int]
    problems: list[Problem]
    import_problems: list[Problem]


def read_source(reference: str | UPath) -> Source:
    """Read ``FOLDER``, ``FOLDER@HASH`` or a manifest file; broken lines become problems.

    Raises:
        ManifestError: there is neither a snapshot nor a manifest.
    """
    path = as_path(str(reference))
    if path.is_file():
        return _source(path.parent, path, None, manifest.load(path), [], [])
    try:
        snapshot = open_snapshot(reference)
    except ManifestError as error:
        changed = path / "manifest.jsonl"
        if error.problem.rule != "snapshot.changed" or not changed.exists():
            raise
        # the manifest is not the one that was hashed: say so, and say of each line what is wrong with it
        return _source(path, changed, None, manifest.load(changed), [error.problem], _import_problems(path))
    place = snapshot.folder / "manifest.jsonl"
    problems = _import_problems(snapshot.folder, snapshot.description.hash)
    return _source(snapshot.folder, place, snapshot, snapshot.manifest_bytes, [], problems)


def _source(
    folder: UPath,
    place: UPath,
    snapshot: Snapshot | None,
    data: bytes,
    problems: list[Problem],
    import_problems: list[Problem],
) -> Source:
    samples, lines, faults = _with_lines(manifest.read_tolerantly(data, str(place)))
    about = None if snapshot is None else snapshot.description
    hash_, shares = (None, None) if about is None else (about.hash, about.splits)
    return Source(folder, place, hash_, shares, samples, lines, problems + faults, import_problems)


def _with_lines(items: Iterable[Sample | Problem]) -> tuple[list[Sample], list[int], list[Problem]]:
    """Part samples from problems; each item but those of the whole file is the next line."""
    samples: list[Sample] = []
    lines: list[int] = []
    problems: list[Problem] = []
    line = 0
    for item in items:
        if isinstance(item, Sample):
            line += 1
            samples.append(item)
            lines.append(line)
        else:
            line += item.rule not in _OF_THE_WHOLE_FILE
            problems.append(item)
    return samples, lines, problems


def _import_problems(folder: UPath, snapshot_hash: str | None = None) -> list[Problem]:
    try:
        return read_problems(folder, snapshot_hash)
    except ManifestError as error:
        return [error.problem]
