"""What leaves the package: evaluation.json, the report, and the command that writes both."""

from __future__ import annotations

import html.parser
import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from readings import Line, answers, judged, task_with
from typer.testing import CliRunner, Result

from cli.main import app
from config.errors import GlyphlineError, InputError
from config.tasks.recognition import RecognitionGate
from corpus.paths import as_path
from evaluation.document import decode, encode, json_schema
from evaluation.errors import EvaluationError
from evaluation.evaluate import Evaluation
from evaluation.facts import RunFacts
from evaluation.gate import Exported
from evaluation.html import visible
from evaluation.report import figure_rows, write_report
from tasks.answers import Answers
from tasks.answers import encode as encode_answers
from tasks.judging import exhibits_of
from tasks.recognition.answer import Reading
from tasks.recognition.excerpts import excerpt, shortened
from tasks.recognition.mistakes import Piece

ROOT = Path(__file__).parents[2]


def predictions(name: str, wrong: int, folder: Path | None = None) -> Answers[Reading]:
    """Sixty lines of twelve pages; the first `wrong` of every six are read with two letters less."""
    lines = []
    for number in range(60):
        place = number % 6
        text = "ที่กอ <i>" if place < wrong else "ที่นี่กอ <i>"
        meta = {"split": ("golden", "test")[number % 2], "age": ("old", "new")[number // 3 % 2]}
        image = f"{number}.png" if folder else None
        lines.append(Line(str(number), "ที่นี่กอ <i>", text, 0.9, f"page {number // 5}", image, meta))
        if folder:
            Image.fromarray(np.full((20, 60), number, np.uint8)).save(folder / f"{number}.png")
    return answers(name, lines)


@pytest.fixture(scope="module")
def measured() -> Evaluation:
    gate = RecognitionGate(max_size_mb=10.0, max_error=0.5)
    return judged(predictions("new", 1), predictions("old", 3), gate, Exported(size_mb=8.5))


def test_the_document_comes_back_as_it_was(measured: Evaluation) -> None:
    assert decode(encode(measured), "evaluation.json") == measured


def test_the_document_has_what_others_read(measured: Evaluation) -> None:
    document = json.loads(encode(measured))
    assert (document["schema_version"], document["task"], document["headline"]) == (2, "recognition", "cer")
    figures = {one["name"]: one["value"] for one in document["figures"]}
    assert document["error"] == figures["cer"] == pytest.approx(10 * 3 / (60 * 12))
    assert figures["exact_match"] == pytest.approx(50 / 60)
    assert document["gate"]["passed"] is True
    assert document["comparison"]["figures"][0]["difference"] == pytest.approx(-20 * 3 / (60 * 12))
    assert document["regression_metrics"]["cer"] == {
        "value": pytest.approx(document["error"], abs=1e-6),
        "standard_deviation": pytest.approx(measured.figures[0].deviation, abs=1e-6),
    }


def test_a_deviation_that_cannot_be_had_is_written_as_studio_expects_it() -> None:
    document = json.loads(encode(judged(answers("one", [Line("1", "a", "b")]))))
    assert document["regression_metrics"]["cer"] == {"value": 1.0, "standard_deviation": "NaN"}
    nothing = json.loads(encode(judged(answers("empty", [Line("1", "", "b")]))))
    assert nothing["error"] is None
    assert "cer" not in nothing["regression_metrics"]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"{", "not JSON"),
        (b"[]", "schema version None"),
        (b'{"schema_version": 1}', "schema version 1; expected schema version 2"),
        (b'{"schema_version": 2}', "name: "),
    ],
)
def test_what_is_not_an_evaluation_is_refused(data: bytes, found: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        decode(data, "evaluation.json")
    assert found in str(caught.value)


def test_the_schema_is_written_down() -> None:
    # after a change: python -c "…" as docs/evaluation.md says, and think about SCHEMA_VERSION
    assert json.loads((ROOT / "docs" / "evaluation.schema.json").read_text()) == json_schema()


def test_warnings_tell_what_the_numbers_do_not() -> None:
    candidate = answers("new", [Line("1", "e\u0301", "é", group="p"), Line("2", "", "")])
    champion = answers("old", [Line("1", "é", "e\u0301"), Line("2", "", "", group="q")])
    assert judged(candidate, champion).warnings == (
        "The candidate: 1 reference and 0 predictions had to be brought into NFC to be compared.",
        "The champion: 1 reference and 1 prediction had to be brought into NFC to be compared.",
        "1 reference is empty: what is read there counts as insertions.",
        "Only 1 of 2 lines name their group; each of the others counts as its own group.",
        "No interval can be given: it takes 5 groups, but there are 2.",
    )
    alone = judged(answers("new", [Line("1", "a", "a", confidence=1.0)])).warnings
    assert [one[:12] for one in alone] == ["No line name", "No interval "]


def report(
    path: Path, candidate: Answers[Reading], champion: Answers[Reading] | None, result: Evaluation
) -> str:
    """Write the report to `path`, and return it."""
    exhibits = exhibits_of(task_with(), candidate, champion, as_path(path.parent))
    write_report(as_path(path), result, exhibits, RunFacts())
    return path.read_text(encoding="utf-8")


class _Page(html.parser.HTMLParser):
    """Collects what a page asks its browser for, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href", "data", "action")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> _Page:
    folder = tmp_path_factory.mktemp("report")
    candidate, champion = predictions("new", 3, folder), predictions("old", 1)
    facts = RunFacts.model_validate(
        {
            "title": "Thai <script>",
            "lineage": {"snapshot": "6ff4681e3ada"},
            "training": [{"step": n, "values": {"train_loss": 1 / n, "val_cer": 0.5 / n}} for n in (1, 2, 3)],
        }
    )
    result = judged(candidate, champion, RecognitionGate())
    exhibits = exhibits_of(task_with(), candidate, champion, as_path(folder))
    write_report(as_path(folder / "report.html"), result, exhibits, facts)
    names = {path.name for path in (folder / "report-plots").iterdir()}
    stems = ("line-errors", "reliability", "training-cer", "training-loss")
    assert names == {f"{stem}.{ending}" for stem in stems for ending in ("png", "svg")}
    parsed = _Page()
    parsed.feed((folder / "report.html").read_text(encoding="utf-8"))
    return parsed


def test_the_report_loads_nothing(page: _Page) -> None:
    assert "img" in page.tags
    assert all(source.startswith(("data:image/webp;base64,", "#")) for source in page.sources)
    assert not {"script", "link", "iframe", "object"}.intersection(page.tags)


def test_the_report_escapes_what_was_read(page: _Page) -> None:
    assert "i" not in page.tags
    assert "Thai <script>" in page.text


def test_the_report_says_first_what_was_decided_and_why(page: _Page) -> None:
    text = re.sub(r"\s+", " ", page.text)
    verdict = text.index("The gate failed")
    reason = text.index("CER on split=golden: 8.33 % to 16.67 %, +8.33 points")
    assert verdict < reason < text.index("Candidate and champion") < text.index("Where it is wrong")
    assert "6ff4681e3ada" in text


def test_more_lines_without_error_is_good_and_more_errors_is_bad() -> None:
    better, worse = (
        judged(predictions("new", 1), predictions("old", 3)),
        judged(predictions("new", 3), predictions("old", 1)),
    )
    assert {row.tone for row in figure_rows(better)} == {"good"}
    assert {row.tone for row in figure_rows(worse)} == {"bad"}


def test_a_report_without_champion_images_or_confidence(tmp_path: Path) -> None:
    candidate = answers("alone", [Line("1", "", "")])
    page = report(tmp_path / "report.html", candidate, None, judged(candidate))
    assert "Measured, not compared" in page


def test_any_fact_of_the_artifact_is_shown(tmp_path: Path) -> None:
    candidate = answers("alone", [Line("1", "a", "a")])
    result = judged(candidate, exported=Exported(latency_p95_ms=21.0))
    assert "21.0 ms" in report(tmp_path / "report.html", candidate, None, result)


def test_a_very_long_line_makes_no_long_report(tmp_path: Path) -> None:
    text = "ab " * 20_000
    candidate = answers("new", [Line("1", text, f"{text[:1000]}X{text[1001:]}{text}")])
    champion = answers("old", [Line("1", text, text)])
    page = report(tmp_path / "report.html", candidate, champion, judged(candidate, champion))
    assert "60,000 characters are there, 120,000 were read; shown from character 961" in page
    assert len(page) < 200_000


def test_an_excerpt_begins_before_the_first_error() -> None:
    text = "abc " * 500
    shown = excerpt(text, f"{text[:800]}XX{text[800:]}")
    assert shown.start == 760
    assert shown.reference == f"…{text[760:1058]}…"
    wrong = [(piece.kind, piece.prediction) for piece in shown.pieces if piece.kind != "equal"]
    assert wrong == [("insert", "XX")]
    letters = "".join(random.Random(1).choices("abcdefgh", k=2000))
    invented = [one for one in excerpt(letters, "X" * 150 + letters).pieces if one.kind != "equal"]
    assert invented == [Piece("insert", "", "X" * 150)]
    assert excerpt(text, text[:-2]).pieces[-1] == Piece("delete", "c ", "")
    assert excerpt("ab", "a").pieces == (Piece("equal", "a", "a"), Piece("delete", "b", ""))
    assert (shortened("a" * 300), shortened("a" * 301)) == ("a" * 300, "a" * 300 + "…")
    assert shortened("a" * 301, 300) == "…a"


def test_what_cannot_be_seen_is_shown() -> None:
    assert visible("a b\u200b\t") == "a␣bU+200BU+0009"
    assert visible("\u0e48") == "◌\u0e48"


def lines_of(path: Path, name: str, wrong: int) -> Path:
    file = path / f"{name}.jsonl"
    file.write_bytes(encode_answers(task_with(), predictions(name, wrong)))
    return file


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def test_the_command_prints_the_document(tmp_path: Path) -> None:
    new, old = lines_of(tmp_path, "new", 1), lines_of(tmp_path, "old", 3)
    result = run(new, "--against", old, "--json", "--report", tmp_path / "r.html")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["error"] == pytest.approx(1 / 24)
    assert (tmp_path / "r.html").is_file()
    assert (tmp_path / "r-plots" / "line-errors.png").is_file()


def test_the_command_tells_people_and_decides(tmp_path: Path) -> None:
    new, old = lines_of(tmp_path, "new", 1), lines_of(tmp_path, "old", 3)
    better = run(new, "--against", old, "--family", "thai-rec")
    assert better.exit_code == 0, better.output
    assert "4.17 %" in better.stdout
    assert "gate passed" in better.stdout
    worse = run(old, "--against", new, "--family", "thai-rec")
    assert worse.exit_code == 1
    assert "✗ CER on split=golden" in worse.stdout
    alone = run(new, "--family", "thai-rec")
    assert alone.exit_code == 1
    assert "There is no comparison with the champion." in alone.stdout
    (tmp_path / "gate.yaml").write_text("max_cer: 0.05\n")
    assert run(new, "--policy", tmp_path / "gate.yaml", "--first").exit_code == 0


def test_the_command_takes_two_text_files(tmp_path: Path) -> None:
    (tmp_path / "read.txt").write_text("RM 1O.50\n")
    (tmp_path / "true.txt").write_text("RM 10.50\n")
    result = run(tmp_path / "read.txt", "--references", tmp_path / "true.txt", "--json")
    assert json.loads(result.stdout)["error"] == 1 / 8


@pytest.mark.parametrize("target", ["new.jsonl", "old.jsonl", "gate.yaml", "facts.yaml", "link.html"])
def test_the_report_takes_the_place_of_no_input(tmp_path: Path, target: str) -> None:
    new, old = lines_of(tmp_path, "new", 1), lines_of(tmp_path, "old", 3)
    gate, facts = tmp_path / "gate.yaml", tmp_path / "facts.yaml"
    gate.write_text("max_cer: 0.05\n")
    facts.write_text("title: Run 1\n")
    (tmp_path / "link.html").symlink_to(new)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    report = f"{tmp_path}/../{tmp_path.name}/{target}"
    result = run(new, "--against", old, "--policy", gate, "--facts", facts, "--report", report)
    assert isinstance(result.exception, InputError)
    assert "is an input" in str(result.exception)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_command_refuses_first_where_it_says_nothing(tmp_path: Path) -> None:
    new = lines_of(tmp_path, "new", 1)
    for more, found in (((), "--first without a gate"), (("--against", new), "--first and --against")):
        result = run(new, "--first", *more)
        assert isinstance(result.exception, InputError)
        assert found in str(result.exception)


def test_the_command_refuses_two_gates(tmp_path: Path) -> None:
    new = lines_of(tmp_path, "new", 1)
    result = run(new, "--family", "thai-rec", "--policy", new)
    assert isinstance(result.exception, GlyphlineError)
    assert "--family and --policy" in str(result.exception)
