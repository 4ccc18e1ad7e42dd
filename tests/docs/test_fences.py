"""What a page tells people to paste works: each block says who runs it; those marked `run` run here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from fence_runner import run, script, to_run
from manual import MARKS, SHELLS, Fence, fences, named, pages
from shell_lines import lines

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # MLflow on SQLAlchemy 2.1

FENCES = [one for path in pages() for one in fences(path)]
RUN = [path for path in pages() if to_run(path, ["run"])]
NO_FONTS = "scripts/install-system-packages.sh"
"""What the message about missing fonts tells people to run."""


def test_every_block_names_its_language() -> None:
    without = [f"{one.file}:{one.line}" for one in FENCES if not one.language]
    assert not without, f"output is ```text, commands are ```sh: {', '.join(without)}"


def test_every_block_of_commands_says_who_runs_it() -> None:
    unsaid = [f"{one.file}:{one.line}" for one in FENCES if one.language in SHELLS and one.mark is None]
    assert not unsaid, f"say one of {', '.join(MARKS)} behind the language: {', '.join(unsaid)}"


def test_one_style_commands_are_sh_and_with_output_console() -> None:
    for one in FENCES:
        place = f"{one.file}:{one.line}"
        assert one.language not in {"shell", "bash"}, f"{place}: call it sh"
        prompts = [line.startswith("$ ") for line in one.text.splitlines()]
        if one.language == "sh":
            assert not any(prompts), f"{place}: no prompts in sh, so that it can be pasted whole"
        if one.language == "console":
            assert any(prompts), f"{place}: a command after `$ `, then what it prints"
            assert not all(prompts), f"{place}: commands without output are sh"


@pytest.mark.parametrize("path", RUN, ids=named)
def test_commands_run(path: Path, tmp_path: Path) -> None:
    outcome = run(named(path), to_run(path, ["run"]), tmp_path)
    if outcome.exit_code and NO_FONTS in outcome.output:
        pytest.skip("the fonts that a page draws with are not installed")
    assert outcome.exit_code == 0, outcome.output[-4000:]


def ran(folder: Path, text: str, language: str = "sh") -> tuple[int, str]:
    fence = Fence("page.md", 10, language, ("run",), text)
    done = subprocess.run(["bash", "-c", script([fence])], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_the_runner_stops_at_what_ends_otherwise_than_it_says(tmp_path: Path) -> None:
    code, said = ran(
        tmp_path, "true\nfalse  # exit code 1: as it says\nsh -c 'exit 3' \\\n  x\ntouch never\n"
    )
    assert code != 0
    assert "page.md:12: exit code 3, and not 0" in said
    assert not (tmp_path / "never").exists()
    code, said = ran(tmp_path, "true  # exit code 1: but it is not\n")
    assert (code != 0, "page.md:10: exit code 0, and not 1" in said) == (True, True)


def test_commands_of_a_page_share_a_shell_and_output_is_no_command(tmp_path: Path) -> None:
    text = "$ name=kept\n$ touch $name \\\n    too\nrm kept\n"
    assert ran(tmp_path, text, "console")[0] == 0
    assert {one.name for one in tmp_path.iterdir()} == {"kept", "too"}
    assert [one.number for one in lines(text, prompts=True)] == [0, 1]
