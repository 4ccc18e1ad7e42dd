"""What a person sees of a run: a tree on a terminal, lines in a pipe, a table at the end."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from local_pipelines import CACHE, at_most, condition, definition, processing, surroundings
from rich.console import Console

from cli.pipeline_view import table_of, viewing
from pipelines.local import engine

PIPELINE = definition(
    processing("Prepare", "--say", "[bold]42_of_100", CacheConfig=CACHE),
    condition(
        "Gate",
        at_most(2, 1),
        then=[processing("Never", DependsOn=["Prepare"])],
        otherwise=[{"Name": "Refused", "Type": "Fail", "Arguments": {"ErrorMessage": "not [bold] enough"}}],
    ),
)
SHOW = """
import sys
from pathlib import Path
from local_pipelines import surroundings
from cli.pipeline_view import viewing
from pipelines.local import engine
home = Path(sys.argv[1])
with viewing(engine.load(home, sys.argv[2])) as tell:
    engine.execute(sys.argv[2], surroundings(home), tell)
"""


def test_lines_in_a_pipe_and_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        begun = engine.begin(tmp_path, "glyphline-x", PIPELINE, {})
        with viewing(begun) as tell:
            done = engine.execute(begun.id, surroundings(tmp_path), tell)
    told = capsys.readouterr().err
    first = engine.runs(tmp_path)[0]
    assert f"cached from {first.id}" in told
    assert "Gate: Succeeded" in told
    assert "does not hold" in told
    assert "Refused: Failed  0.0 s  not [bold] enough" in told
    console = Console(file=io.StringIO(), width=120)
    console.print(table_of(done))
    assert isinstance(console.file, io.StringIO)
    table = console.file.getvalue()
    assert f"{done.id}: Failed" in table
    assert "not [bold] enough" in table
    assert "Never" not in table


def test_a_tree_on_a_terminal(tmp_path: Path) -> None:
    begun = engine.begin(tmp_path, "glyphline-x", PIPELINE, {})
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        [sys.executable, "-c", SHOW, str(tmp_path), begun.id], stderr=follower, env=environment
    ) as shown:
        os.close(follower)
        seen = b""
        with suppress(OSError):  # how a terminal says that nobody writes any more
            while chunk := os.read(leader, 4096):
                seen += chunk
    os.close(leader)
    assert shown.returncode == 0
    last = seen.decode().rpartition(begun.id)[2]
    for text in (
        "├── ",
        "Prepare",
        "└── ",
        "Gate",
        "does not hold",
        "– Never",
        "Refused",
        "not [bold] enough",
    ):
        assert text in last, text
