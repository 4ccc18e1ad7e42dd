"""Run the commands of the pages as a reader would: `python tests/docs/fence_runner.py [PAGE…]`: slow ones.

All fences of a page run in one shell, in a folder of their own that holds what the page presumes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from givens import GIVENS
from manual import ROOT, SHELLS, Fence, fences, named, pages
from shell_lines import lines

BIN = Path(sys.executable).parent
_BROKEN = 97
"""The exit code of a shell that met a command which ended otherwise than its page says."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the fences of one page."""

    page: str
    exit_code: int
    output: str
    """Empty where it was shown while it came."""
    seconds: float


def script(some: Sequence[Fence]) -> str:
    """Return a shell script that names each command before it runs, and stops at one that ends otherwise."""
    said = [
        'said() { printf \'\\n[%4d s] %s: $ %s\\n\' $SECONDS "$1" "$2"; }',
        "held() {",
        '  [ "$1" -eq "$2" ] && return',
        f'  echo "$3: exit code $1, and not $2"; exit {_BROKEN}',
        "}",
    ]
    for fence in some:
        for line in lines(fence.text, prompts=fence.language == "console"):
            if not line.text.strip():
                continue
            place = f"{fence.file}:{fence.line + line.number}"
            said += [
                f"said {place} {shlex.quote(line.text)}",
                line.text,
                f"held $? {line.exit_code} {place}",
            ]
    return "\n".join([*said, ""])


def run(page: str, some: Sequence[Fence], folder: Path, *, show: bool = False) -> Outcome:
    """Run fences of one page in `folder`, with what the page presumes; nothing that they start is left."""
    (folder / ".venv").symlink_to(BIN.parent)
    with _home(folder / ".home"):
        GIVENS.get(page, lambda _: None)(folder)
    began = time.monotonic()
    with (folder / ".output").open("w+", encoding="utf-8") as output:
        shell = subprocess.Popen(
            ["bash", "-c", script(some)],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=None if show else output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = shell.wait()
        finally:
            _stop(shell.pid)
        output.seek(0)
        return Outcome(page, code, output.read(), time.monotonic() - began)


def to_run(path: Path, marks: Sequence[str]) -> list[Fence]:
    """Return the fences of a page that bear one of `marks`."""
    return [one for one in fences(path) if one.language in SHELLS and one.mark in marks]


def _environment(folder: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GLYPHLINE_"))}
    return {
        **kept,
        "GLYPHLINE_HOME": str(folder / ".home"),
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONWARNINGS": "default",
    }


class _home:  # noqa: N801
    """Let what is made in this process go where the commands look for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        self.before = os.environ.get("GLYPHLINE_HOME")
        os.environ["GLYPHLINE_HOME"] = str(self.folder)

    def __exit__(self, *_: object) -> None:
        del os.environ["GLYPHLINE_HOME"]
        if self.before is not None:
            os.environ["GLYPHLINE_HOME"] = self.before


def _stop(group: int) -> None:
    """End what a fence left running, such as a server."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every page that has slow fences, with what they build on; say what ended otherwise than it says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="such as docs/training.md; default: all with a slow fence")
    wanted = parser.parse_args(arguments).pages
    chosen = [one for one in pages() if (named(one) in wanted if wanted else to_run(one, ["slow"]))]
    broken = []
    for number, path in enumerate(chosen, 1):
        print(f"== {named(path)} ({number} of {len(chosen)})", flush=True)  # noqa: T201
        with tempfile.TemporaryDirectory() as folder:
            outcome = run(named(path), to_run(path, ["run", "slow"]), Path(folder), show=True)
        print(f"-- {named(path)}: {outcome.seconds:.0f} s", flush=True)  # noqa: T201
        if outcome.exit_code:
            broken.append(named(path))
    print(f"broken: {', '.join(broken)}" if broken else "every page holds")  # noqa: T201
    return 1 if broken else 0


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "tests" / "containers"), str(ROOT / "tests" / "registry")]
    sys.exit(main())
