"""Dataset-P&ID: what becomes of its arrays, and arrays that nobody should open."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawing import png
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import PAGE, box, put, records
from upath import UPath

from config.errors import Problem
from corpus import formats
from corpus.formats.npy import read_rows
from corpus.ingest import Options, import_records


def objects(rows: list[Any]) -> bytes:
    """Return rows as the ``.npy`` bytes of an array of objects, one column for each value."""
    array = np.empty((len(rows), len(rows[0]) if rows else 0), dtype=object)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            array[i, j] = value
    return npy(array)


def npy(array: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def sheet(tmp_path: Path) -> Path:
    words = [
        ["word_1", [40, 5, 10, 15], "PT-101A", 0],
        ["word_2", np.array([1, 2, 30, 9]), '6"-CWS', np.int64(90)],
    ]
    symbols = [["symbol_1", [5, 5, 15, 15], "7"], ["symbol_2", (20, 5, 30, 15), np.int32(31)]]
    lines = [["line_1", [0, 5, 50, 5], '6"-CWS-1203', "solid"]]
    return put(
        tmp_path,
        {
            "0/0_words.npy": objects(words),
            "0/0_symbols.npy": objects(symbols),
            "0/0_lines.npy": objects(lines),
            "0/0_linker.npy": objects([["symbol_1", ["word_1", "line_1"]]]),
            "0/0_Table.npy": objects([["x"]]),
            "image_2/0.jpg": png(1, PAGE),
        },
    )


def test_drawings(tmp_path: Path) -> None:
    made = records("pid", sheet(tmp_path))
    assert [(r.key, r.text, r.label) for r in made] == [
        ("0/0#word_1", "PT-101A", None),
        ("0/0#word_2", '6"-CWS', None),
        ("0/0#symbol_1", None, "symbol/7"),
        ("0/0#symbol_2", None, "symbol/31"),
        ("0/0#line_1", None, "line/solid"),
    ]
    assert {r.image_name for r in made} == {"image_2/0.jpg"}
    assert [r.polygon for r in made] == [
        box(10, 5, 40, 15),
        box(1, 2, 30, 9),
        box(5, 5, 15, 15),
        box(20, 5, 30, 15),
        ((0.0, 5.0), (50.0, 5.0)),
    ]
    assert [dict(r.meta) for r in made[1:3]] == [
        {"id": "word_2", "kind": "word", "rotation": 90},
        {"id": "symbol_1", "kind": "symbol", "links": ["word_1", "line_1"]},
    ]
    assert made[4].meta["pipe"] == '6"-CWS-1203'


def test_the_lines_of_a_drawing_are_not_cut_out_but_kept_as_regions(tmp_path: Path) -> None:
    source = UPath(sheet(tmp_path / "in"))
    cut = import_records(formats.read("pid", source), UPath(tmp_path / "cut"), Options("s", workers=1))
    assert cut.added == 4
    assert [p.rule for p in cut.problems] == ["image.wrong-extension", "region.not-cut"]
    options = Options("s", crop_regions=False, workers=1)
    kept = import_records(formats.read("pid", source), UPath(tmp_path / "kept"), options)
    assert kept.added == 5


def test_bad_rows_of_a_drawing_are_named_and_the_others_read(tmp_path: Path) -> None:
    rows = [
        ["w1", [1, 2, 3], "a"],
        ["w2", [1, 2, 3, 4], 7],
        ["w3", [1, 2, 3, "x"], "a"],
        [{}, [1, 2, 3, 4], "a"],
    ]
    rows += [["w4", [1, 2, 3, 4], "\ud800"], ["w5", [1, 2, 3, 4], "a"]]
    put(tmp_path, {"0/0_words.npy": objects(rows), "a/0.png": b"", "b/1.png": b"", "c/1.png": b""})
    put(tmp_path, {"1/1_words.npy": objects(rows[-1:]), "2/2_symbols.npy": b"x"})
    items = list(formats.read("pid", UPath(tmp_path)))
    assert [(i.rule, i.line) if isinstance(i, Problem) else i.key for i in items] == [
        *[("format.row", n) for n in (1, 2, 3, 4)],
        ("format.encoding", 5),
        "0/0#w5",
        ("format.ambiguous", None),
        ("format.npy", None),
    ]


class Bomb:
    """Unpickled by anybody else, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_an_array_that_would_run_code_is_refused_unrun(tmp_path: Path, protocol: int) -> None:
    bomb = Bomb(tmp_path / "ran")
    array = np.array([["w", bomb, "a"]], dtype=object)
    header = npy(np.empty(0, dtype=object)).split(b"\n")[0] + b"\n"
    put(tmp_path, {"0/0_words.npy": header + pickle.dumps(array, protocol=protocol), "0.png": b""})
    (problem,) = formats.read("pid", UPath(tmp_path))
    assert isinstance(problem, Problem)
    assert (problem.rule, problem.severity) == ("format.unsafe", "error")
    assert problem.file == str(tmp_path / "0/0_words.npy")
    assert not bomb.path.exists()


def test_arrays_of_plain_types_are_read(tmp_path: Path) -> None:
    for array in (np.arange(6).reshape(2, 3), np.asfortranarray([[1.5, 2], [3, 4]]), np.array([["a", "ขี"]])):
        path = UPath(put(tmp_path, {"a.npy": npy(array)}) / "a.npy")
        assert read_rows(path) == array.tolist()


VALID = [
    objects([["w", [1, 2, 3, 4], "a", 0], ["v", np.array([1, 2, 3, 4]), "b", np.float32(1)]]),
    npy(np.arange(8).reshape(2, 4)),
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(VALID),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(1, 400),
)
def test_broken_arrays_are_problems(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    broken = bytearray(data)
    for at, value in changes:
        broken[at % len(broken)] = value
    folder = put(
        tmp_path_factory.getbasetemp() / "npy", {"0/0_words.npy": bytes(broken[:length]), "0.png": b""}
    )
    for item in formats.read("pid", UPath(folder)):
        assert item.file


def test_a_sheet_with_nothing_on_it_is_a_page(tmp_path: Path) -> None:
    nothing = {"0/0_words.npy": npy(np.empty((0, 4))), "0/0_symbols.npy": npy(np.empty((0, 3)))}
    put(tmp_path, {**nothing, "1/1_linker.npy": npy(np.empty((0, 2))), "0.png": b"", "1.png": b""})
    (page,) = records("pid", tmp_path)
    assert (page.key, page.image_name, page.is_page) == ("0/0", "0.png", True)
