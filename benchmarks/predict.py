"""How fast a trained model answers a whole snapshot: `glyphline predict`, from its start to its file.

    python benchmarks/predict.py MODEL SNAPSHOT [--before CHECKOUT] [--repeats 5]

With `--before`, an earlier checkout answers the same in turn with this one, so that whatever else
the machine does meanwhile slows both alike. Each run is a process of its own; medians are told, with the
seconds by the clock and the CPU seconds of all its threads.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
sys.path[0] = str(ROOT)  # the folder of this file is not where packages are

from benchmarks.account import spent  # noqa: E402 - only found from the root
from benchmarks.table import report  # noqa: E402

PROGRAM = "import sys; sys.path[0] = sys.argv.pop(1); from cli.main import main; main()"


def predicted(checkout: Path, model: str, snapshot: str, out: Path) -> tuple[float, float]:
    """Answer with the code in `checkout` into the file `out`; return seconds by the clock, and of CPU."""
    words = ["predict", str(Path(model).resolve()), snapshot, "--out", str(out)]
    return spent([sys.executable, "-c", PROGRAM, str(checkout), *words], checkout)


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a model artifact: its folder, or model.tar.gz")
    parser.add_argument("snapshot", help="an absolute path, as both checkouts are to find it")
    parser.add_argument("--before", type=Path, help="the folder of an earlier checkout")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    places = {"this checkout": ROOT} | ({"before": given.before.resolve()} if given.before else {})
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in places}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "answers.jsonl"
        for _ in range(given.repeats):
            for name, checkout in places.items():
                times[name].append(predicted(checkout, given.model, given.snapshot, out))
        count = len(out.read_bytes().splitlines())
    rows: list[dict[str, object]] = []
    for name, measured in times.items():
        wall_s, cpu_s = (median(column) for column in zip(*measured, strict=True))
        rows.append(
            {"code": name, "items": count, "items a second": count / wall_s, "s": wall_s, "CPU s": cpu_s}
        )
    report("predict", rows)


if __name__ == "__main__":
    main()
