"""A dataset that grew: a snapshot of drawn digits, and the one that came of it when others arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import digits
from upath import UPath

from containers.common.contract import Job
from containers.common.delivery import write_nothing
from corpus import formats
from corpus.ingest import Options, add_records, import_records
from corpus.snapshot import Snapshot, open_snapshot

_FIRST = ("val", "test", "golden", *("train",) * 5)
_MORE = ("val", "test", *("train",) * 4)


def write_first(folder: Path, characters: str, count: int) -> Snapshot:
    """Make the snapshot ``folder/data`` of train, val, test and golden."""
    digits.write_labels(folder / "first", digits.texts_of(characters, count), splits=_FIRST)
    records = formats.read("paddle-rec", UPath(folder / "first"))
    return import_records(records, UPath(folder / "data"), Options("first")).snapshot


def write_more(folder: Path, characters: str, count: int) -> Snapshot:
    """Grow the snapshot ``folder/data``."""
    digits.write_labels(folder / "more", digits.texts_of(characters, count, 1), 1, _MORE)
    records = formats.read("paddle-rec", UPath(folder / "more"))
    return add_records(open_snapshot(str(folder / "data")), records, Options("more")).snapshot


def processing(root: Path, inputs: Mapping[str, Path | None]) -> Job:
    """Lay out a processing job as SageMaker would: a folder for each input; None says that there is none."""
    (root / "config").mkdir(parents=True)
    (root / "config/processingjobconfig.json").write_text("{}")
    _link(root / "processing/input", inputs)
    return Job(root)


def training(root: Path, channels: Mapping[str, Path | None], **settings: object) -> Job:
    """Lay out a training job; a channel that is None says that there is none."""
    digits.write_job(root, channels["config"] / "family.yaml", {k: str(v) for k, v in settings.items()})
    _link(root / "input/data", {name: place for name, place in channels.items() if name != "config"})
    return Job(root)


def files(folder: Path) -> Sequence[str]:
    """Return the names in a folder, sorted; none where it is not there."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _link(folder: Path, places: Mapping[str, Path | None]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, place in places.items():
        if place is None:
            (folder / name).mkdir()
            write_nothing(folder / name, "for a test")
        else:
            (folder / name).symlink_to(place, target_is_directory=True)
