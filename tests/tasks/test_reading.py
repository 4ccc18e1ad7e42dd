"""What is read from files, and that every kind of bad input is refused by name and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from readings import Line, answers, task_with

from config.errors import InputError
from corpus.paths import as_path
from evaluation.errors import PredictionError
from evaluation.evaluate import group_numbers
from tasks.answers import Answers, encode, paired
from tasks.reading import read_answers
from tasks.recognition.answer import Reading
from tasks.recognition.predictions import Prediction, collect, predictions_of

TASK = task_with()
GOOD = '{"id":"a","reference":"x","prediction":"y"}'


def read(path: Path, references: Path | None = None) -> Answers[Reading]:
    return read_answers(as_path(path), TASK, references=None if references is None else as_path(references))


def lines_of(path: Path, references: Path | None = None) -> tuple[Prediction, ...]:
    found = read(path, references)
    return predictions_of(found.name, found.items, found.answers, "NFC").lines


def line(**values: str) -> str:
    cells = {"id": '"a"', "reference": '"x"', "prediction": '"y"', **values}
    return "{" + ",".join(f'"{key}":{value}' for key, value in cells.items() if value) + "}"


@pytest.mark.parametrize(
    ("name", "content", "where", "found"),
    [
        ("p.jsonl", "", "", "no predictions"),
        ("p.jsonl", f"{GOOD}\n\n{GOOD}", ":3: ", "id 'a' stands twice (first on line 1)"),
        ("p.jsonl", f"{GOOD}\n{{", ":2: ", "not JSON"),
        ("p.jsonl", line(confidence="NaN"), ":1: ", "NaN and Infinity are not JSON"),
        ("p.jsonl", line(confidence="1.01"), ":1: ", "confidence is 1.01; expected a number from 0 to 1"),
        ("p.jsonl", line(prediction="null"), ":1: ", "prediction is null; expected a text"),
        ("p.jsonl", line(prediction=""), ":1: ", "no prediction"),
        ("p.jsonl", line(id='""'), ":1: ", "id is ''; expected a text that is not empty"),
        ("p.jsonl", line(group='""'), ":1: ", "group is ''; expected a text that is not empty, or no group"),
        ("p.jsonl", line(confidence="true"), ":1: ", "confidence is True; expected a number from 0 to 1"),
        ("p.jsonl", f'{GOOD}\n{{"id":"b",{line()[1:]}', ":2: ", "the key 'id' stands twice"),
        ("p.jsonl", line(meta='{"n":1,"\\u006e":2}'), ":1: ", "the key 'n' stands twice"),
        ("p.csv", "id,reference,prediction,id\n1,x,y,2\n", ":1: ", "the column 'id' stands twice"),
        ("p.jsonl", line(confidance="1"), ":1: ", "Did you mean 'confidence'?"),
        ("p.jsonl", "[1]", ":1: ", "expected a JSON object"),
        ("p.jsonl", line(reference='"\\ud800"'), ":1: ", "not JSON"),
        ("p.csv", "id,reference,prediction,confidence\n1,x,y,nan\n", ":2: ", "confidence is 'nan'"),
        ("p.csv", 'id,reference,prediction\n1,"x\nz",y\n2,x\n', ":4: ", "fewer cells than columns"),
        ("p.csv", "id,reference,prediction\n1,x,y,z\n", ":2: ", "more cells than columns"),
        ("p.csv", "id,referense,prediction\n1,x,y\n", ":1: ", "Did you mean 'reference'?"),
        ("p.csv", "id,prediction\n1,y\n", ":2: ", "no reference"),
        ("p.csv", 'id,reference,prediction,meta\n1,x,y,"[1"\n', ":2: ", "expected a JSON object"),
        ("p.csv", 'id,reference,prediction\n1,x,"y\n', ":2: ", "not CSV"),
        ("p.tsv", "", "", "the ending '.tsv'"),
        ("p.txt", "x\n", "", "text without references"),
    ],
)
def test_bad_input_is_refused(tmp_path: Path, name: str, content: str, where: str, found: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(path)
    assert found in str(caught.value)
    assert f"{name}{where}" in str(caught.value)


def test_a_file_that_is_not_there_or_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match="no such file"):
        read(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(f"{GOOD}\n".encode() + b'{"id":"\xe9"}')
    with pytest.raises(PredictionError, match=r"latin\.jsonl:2: not UTF-8"):
        read(tmp_path / "latin.jsonl")


def test_the_three_layouts_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(
        '\ufeff{"id": 1, "reference": "ab", "prediction": "a,b"}\r\n'
        '{"id": 2, "reference": "", "prediction": ""}',
        encoding="utf-8",
    )
    (tmp_path / "p.csv").write_text(
        '\ufeffid,reference,prediction\r\n1,ab,"a,b"\r\n2,,\r\n', encoding="utf-8"
    )
    (tmp_path / "p.txt").write_text("\ufeffa,b\r\n\r\n", encoding="utf-8")
    (tmp_path / "r.txt").write_text("ab\n\n", encoding="utf-8")
    expected = (Prediction("1", "ab", "a,b"), Prediction("2", "", ""))
    assert lines_of(tmp_path / "p.jsonl") == expected
    assert lines_of(tmp_path / "p.csv") == expected
    assert lines_of(tmp_path / "p.txt", tmp_path / "r.txt") == expected


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("a\u2028b\n", encoding="utf-8")
    (tmp_path / "r.txt").write_text("a\u2028b\n", encoding="utf-8")
    assert len(lines_of(tmp_path / "p.txt", tmp_path / "r.txt")) == 1
    (tmp_path / "p.jsonl").write_text(line(reference='"a\u2028b"'), encoding="utf-8")
    assert lines_of(tmp_path / "p.jsonl")[0].reference == "a\u2028b"


def test_text_files_must_have_as_many_lines(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("a\n", encoding="utf-8")
    (tmp_path / "r.txt").write_text("a\nb\n", encoding="utf-8")
    with pytest.raises(PredictionError, match=r"p\.txt: 1 lines; expected 2, as in"):
        read(tmp_path / "p.txt", tmp_path / "r.txt")


def test_all_columns(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(
        line(confidence="0.5", group="7", image='"i.png"', meta='{"split":"golden","n":1}'), encoding="utf-8"
    )
    (tmp_path / "p.csv").write_text(
        "id,reference,prediction,confidence,group,image,meta,meta.split\n"
        'a,x,y,0.5,7,i.png,"{""n"":1}",golden\n',
        encoding="utf-8",
    )
    expected = (Prediction("a", "x", "y", 0.5, "7", "i.png", {"n": 1, "split": "golden"}),)
    assert lines_of(tmp_path / "p.jsonl") == expected
    assert lines_of(tmp_path / "p.csv") == expected


def test_null_is_an_absent_value_where_one_may_be_absent(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(line(confidence="null", group="null", image="null", meta="null"), encoding="utf-8")
    assert lines_of(path) == (Prediction("a", "x", "y"),)


def test_a_csv_column_of_numbers_holds_numbers(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    header = "id,reference,prediction,meta.width,meta.page,meta.kind\n"
    path.write_text(f"{header}1,x,y,30,007,1\n2,x,y,-0.5,010,a\n3,x,y,,011,\n", encoding="utf-8")
    assert [dict(one.meta) for one in lines_of(path)] == [
        {"width": 30, "page": "007", "kind": "1"},
        {"width": -0.5, "page": "010", "kind": "a"},
        {"page": "011"},
    ]


def test_collect_refuses_what_a_program_gets_wrong() -> None:
    with pytest.raises(PredictionError, match="no predictions"):
        collect("test", [])
    with pytest.raises(PredictionError, match="stands twice"):
        collect("test", [Prediction("1", "", ""), Prediction("1", "", "")])
    with pytest.raises(PredictionError, match="confidence nan"):
        collect("test", [Prediction("1", "", "", float("nan"))])


def test_what_is_written_comes_back_without_loss(tmp_path: Path) -> None:
    item = answers("new", [Line("1", "ab", "", group="p", image="i.png", meta={"split": "golden"})]).items[0]
    written = Answers("new", (item,), (Reading("ab", 1 / 3, (1 / 7, 2 / 3)),))
    (tmp_path / "new.jsonl").write_bytes(encode(TASK, written))
    back = read(tmp_path / "new.jsonl")
    assert back.answers == written.answers
    assert (back.items[0].first.split, back.items[0].group, back.items[0].first.image) == (
        "golden",
        "p",
        "i.png",
    )


def test_pairing_puts_the_champion_in_the_candidates_order() -> None:
    candidate = answers("new", [Line("1", "a", "a"), Line("2", "e\u0301", "b")])
    champion = answers("old", [Line("2", "é", "x"), Line("1", "a", "y")])
    assert [one.text for one in paired(candidate, champion, "NFC").answers] == ["y", "x"]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([Line("1", "a", "a")], "old: no prediction for '2'"),
        ([Line(str(n), "a", "a") for n in range(1, 9)], "unknown ids: '3', '4', '5' and 3 more"),
        ([Line("1", "a", "a"), Line("2", "b", "a")], "the reference of '2' is 'b'; expected 'a'"),
    ],
)
def test_pairing_refuses_what_does_not_belong_together(lines: list[Line], found: str) -> None:
    candidate = answers("new", [Line("1", "a", "a"), Line("2", "a", "a")])
    with pytest.raises(PredictionError) as caught:
        paired(candidate, answers("old", lines), "NFC")
    assert found in str(caught.value)


def test_items_without_a_group_are_their_own() -> None:
    lines = [Line(str(n), "", "", group=group) for n, group in enumerate((None, "p", None, "p", "0"))]
    assert group_numbers(answers("test", lines).items).tolist() == [0, 1, 2, 1, 3]
