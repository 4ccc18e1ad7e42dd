"""The command line as its users run it: real processes, exit codes, and what goes to which stream."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer.main
from drawing import png

from cli.main import app
from cli.output import command, progress
from corpus.errors import SynthesisError
from corpus.synthesis import load_recipe
from corpus.synthesis.synthesise import faces_for

GLYPHLINE = str(Path(sys.executable).parent / "glyphline")


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [GLYPHLINE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


@pytest.fixture
def _tag_fonts() -> None:
    """Skip the test where the fonts of pid-tags are not installed."""
    try:
        faces_for(load_recipe("pid-tags"))
    except SynthesisError as error:
        pytest.skip(str(error))


def labels(folder: Path, lines: list[str]) -> Path:
    """A PaddleOCR label file beside its images."""
    folder.mkdir(parents=True)
    for number in range(len(lines)):
        (folder / f"{number}.png").write_bytes(png(number * 9, (64, 32)))
    (folder / "rec_gt_train.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


def commands() -> list[tuple[str, str]]:
    """Every command's full name with its help text."""
    found = []

    def walk(command: object, name: str) -> None:
        children = getattr(command, "commands", {})
        for child_name, child in children.items():
            walk(child, f"{name} {child_name}")
        if not children:
            found.append((name, str(getattr(command, "help", "") or "")))

    walk(typer.main.get_command(app), "glyphline")
    return found


@pytest.mark.parametrize(("name", "help_text"), commands())
def test_every_command_has_one_example_of_itself(name: str, help_text: str) -> None:
    assert help_text.count("Example:") == 1
    assert f"Example: `{name}" in help_text


def test_help_imports_nothing_heavy() -> None:
    script = "import sys, cli.main; print(*sys.modules)"
    modules = set(subprocess.check_output([sys.executable, "-c", script], text=True).split())
    assert not modules & {
        "numpy",
        "PIL",
        "pydantic",
        "upath",
        "orjson",
        "matplotlib",
        "boto3",
        "rich.console",
    }


def test_import_grow_show_export(tmp_path: Path) -> None:
    first = labels(tmp_path / "first", ["0.png\tPT-101", "1.png\tTT-204"])
    more = labels(tmp_path / "more", ["0.png\tFT-7", "gone.png\tLT-1", "no tab here"])
    out = tmp_path / "snap"

    imported = run("corpus", "import", first, "--format", "paddle-rec", "--out", out, "--json")
    assert imported.returncode == 0, imported.stderr
    assert imported.stderr.splitlines()[-1].startswith(f"next: glyphline corpus examine {out} --family ")
    assert json.loads(imported.stdout)["samples"] == 2

    added = run("corpus", "add", out, more, "--format", "paddle-rec")
    assert added.returncode == 0, added.stderr
    assert "1 samples added, 2 labels rejected" in added.stderr
    assert re.search(r"rejected: \S+rec_gt_train\.txt:2: no image gone\.png", added.stderr)
    assert re.search(r"rejected: \S+rec_gt_train\.txt:3: ", added.stderr)

    shown = json.loads(run("corpus", "show", out, "--json").stdout)
    assert shown["sources"] == {"first": 2, "more": 1}
    assert len(shown["parents"]) == 1
    earlier = json.loads(run("corpus", "show", f"{out}@{shown['parents'][0][:10]}", "--json").stdout)
    assert earlier["samples"] == 2

    exported = run("corpus", "export", out, "--format", "csv", "--out", tmp_path / "csv")
    assert exported.returncode == 0, exported.stderr
    assert "warning" not in exported.stderr


def test_old_spellings_still_work_and_say_the_new_one(tmp_path: Path) -> None:
    source, out = labels(tmp_path / "first", ["0.png\tPT-101"]), tmp_path / "snap"
    imported = run("corpus", "import", "paddle-rec", source, "--out", out)
    assert imported.returncode == 0, imported.stderr
    assert "warning: `corpus import paddle-rec …` is now `corpus import … --format pa" in imported.stderr
    exported = run("corpus", "export", "csv", out, "--out", tmp_path / "csv")
    assert exported.returncode == 0, exported.stderr
    assert "is now `corpus export … --format csv`" in exported.stderr
    trained = run("train", "paddle", "--family", "pid-rec", "--data", out, "--out", out)
    assert trained.returncode == 2
    assert "`glyphline train paddle` is now `glyphline train`" in trained.stderr
    assert "is not empty. Name another --out" in trained.stderr
    ran = run("pipeline", "run", "--local", "--family", "pid-rec", "--data", tmp_path / "gone")
    assert ran.returncode == 2
    assert "`glyphline pipeline run --local` is now `glyphline pipeline run`" in ran.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["train", "vlm", "--family", "pid-rec", "--data", "x", "--out", "y"],
        ["corpus", "import", "csv", "x", "y", "--out", "z"],
        ["corpus", "import", "x", "y", "--format", "csv", "--out", "z"],
        ["corpus", "export", "x", "--out", "z"],
    ],
)
def test_what_was_never_a_spelling_is_a_usage_error(tmp_path: Path, words: list[str]) -> None:
    result = run(*words, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "Invalid value" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_next_can_be_pasted_with_the_home_that_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLYPHLINE_HOME", raising=False)
    assert command("registry", "approve", "a/1", "--reason", "it reads") == (
        "glyphline registry approve a/1 --reason 'it reads'"
    )
    monkeypatch.setenv("GLYPHLINE_HOME", "/my home")
    assert command("pipeline", "runs") == "GLYPHLINE_HOME='/my home' glyphline pipeline runs"


def test_a_pipe_hears_how_much_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now_s = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    with progress("drawing") as tell:
        tell(10, 200)
        now_s += 6
        tell(20, 200)
        now_s += 1
        tell(30, 200)
        now_s += 5
        tell(200, 200)
    assert capsys.readouterr().err.splitlines() == [
        "drawing: 20 of 200, about 0:54 left",
        "drawing: 200 of 200",
    ]


@pytest.mark.usefixtures("_tag_fonts")
def test_synth_twice_gives_identical_bytes(tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("two", 2)):
        arguments = ("--count", 60, "--seed", 7, "--workers", workers, "--out", tmp_path / name)
        assert run("corpus", "synth", "pid-tags", *arguments).returncode == 0
    assert subprocess.run(["diff", "-r", tmp_path / "one", tmp_path / "two"], check=False).returncode == 0
    assert (tmp_path / "one" / "contact-sheet.png").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["corpus", "show", "nowhere"], "nowhere/snapshot.json: no snapshot here"),
        (["corpus", "import", ".", "--format", "padle-rec", "--out", "x"], "Did you mean 'paddle-rec'"),
        (["corpus", "synth", "pid-tag", "--count", "5", "--out", "x"], "Did you mean 'pid-tags'"),
        (["corpus", "examine", "x", "--family", "thai"], "Did you mean 'thai-rec'"),
        (["config", "show", "recipt-rec"], "Did you mean 'receipt-rec'"),
        (
            ["corpus", "import", ".", "--format", "csv", "--out", "x", "--val", "0.9", "--test", "0.2"],
            "shares",
        ),
        (["corpus", "synth", "pid-tags", "--count", "none", "--out", "x"], "Invalid value"),
        (["corpus", "import", ".", "--format", "csv", "--out", "x", "--form", "NFX"], "Invalid value"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(tmp_path: Path, arguments: list[str], told: str) -> None:
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_config_check_passes() -> None:
    assert run("config", "check").returncode == 0


@pytest.mark.usefixtures("_tag_fonts")
def test_a_terminal_sees_a_bar_and_a_pipe_does_not(tmp_path: Path) -> None:
    arguments = ["corpus", "synth", "pid-tags", "--count", "40", "--out"]
    piped = run(*arguments, tmp_path / "piped")
    assert "\x1b" not in piped.stderr

    leader, follower = pty.openpty()
    command = [GLYPHLINE, *arguments, str(tmp_path / "shown")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=follower) as process:
        os.close(follower)
        seen = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # the other side was closed
                break
            if not piece:
                break
            seen += piece
    os.close(leader)
    assert process.returncode == 0
    assert "drawing" in seen.decode()
    assert b"\x1b[" in seen


def test_a_dataset_is_examined_before_it_is_imported(tmp_path: Path) -> None:
    source = labels(
        tmp_path / "new.2024", [*(f"{number}.png\tPT-{number}" for number in range(30)), "30.png\t "]
    )
    arguments = ("--format", "paddle-rec", "--family", "pid-rec", "--json")
    result = run("corpus", "examine", source, *arguments, cwd=tmp_path)
    assert result.returncode == 1, result.stderr
    answer = json.loads(result.stdout)
    assert answer["reference"] == str(source)
    places = [place for finding in answer["findings"] for place in finding["occurrences"]]
    blank = next(place for place in places if place.get("sample") == "new.2024/30.png")
    assert (blank["file"], blank["line"]) == (str(source / "rec_gt_train.txt"), 31)


@pytest.mark.usefixtures("_tag_fonts")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    command = [GLYPHLINE, "corpus", "synth", "pid-tags", "--count", "1000000", "--out", str(tmp_path / "x")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 30
        while not list(tmp_path.glob(".x.*.partial/images/*/*.png")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
