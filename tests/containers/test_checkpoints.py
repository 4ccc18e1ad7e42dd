"""Checkpoints: whole or absent, whatever happens to the disk or on the way through S3."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from config.errors import StateError
from containers.common.checkpoints import Checkpoint, clear, newest, save
from corpus.paths import locked


def _checkpoint(step: int) -> Checkpoint:
    return Checkpoint(step, {"weights/a": np.full((50, 50), step, np.float32)}, {"epoch": step, "name": "ก"})


def test_the_newest_comes_back_and_two_stay(tmp_path: Path) -> None:
    for step in (1, 2, 30):
        save(tmp_path, _checkpoint(step))
    found, problems = newest(tmp_path)
    assert found is not None
    assert (found.step, found.state, problems) == (30, {"epoch": 30, "name": "ก"}, [])
    np.testing.assert_array_equal(found.arrays["weights/a"], _checkpoint(30).arrays["weights/a"])
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_one_is_passed_over(tmp_path: Path, share: float) -> None:
    save(tmp_path, _checkpoint(1))
    path = save(tmp_path, _checkpoint(2))
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    found, problems = newest(tmp_path)
    assert found is not None
    assert found.step == 1
    assert [(one.rule, one.file) for one in problems] == [("checkpoint.damaged", str(path))]


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = save(tmp_path, _checkpoint(2))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    found, problems = newest(tmp_path)
    assert found is None
    assert len(problems) == 1


def test_a_full_disk_leaves_the_old_one(tmp_path: Path) -> None:
    save(tmp_path, _checkpoint(1))
    unwritable = Checkpoint(2, {"weights/a": np.array(object())}, {})  # fails while it is being written
    with pytest.raises(ValueError, match="Object arrays"):
        save(tmp_path, unwritable)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001.npz"]


def test_only_checkpoints_are_cleared_away(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    with locked(folder, "first"):
        save(folder, _checkpoint(1))
        with pytest.raises(StateError, match="it is taken"), locked(folder, "it is taken"):
            pass
    with locked(folder, "again"):
        (folder / "notes.txt").touch()
    clear(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    clear(folder)
    assert not folder.exists()


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert newest(tmp_path / "absent") == (None, [])
