"""How many images of each recipe are drawn in a second, from the recipe to the finished snapshot.

    python benchmarks/synthesis.py [--lines 4000] [--sheets 24] [--folder /somewhere]

With one worker and with two; start-up, PNG encoding, files and contact sheet included. The processor's
time for an image comes from the run with one worker: unlike the others it means something on a busy machine.
Snapshots are written below --folder, by default into memory: on a disk, what making a file costs depends on
what else went on there (benchmarks/LOG.md).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from table import report
from upath import UPath

from corpus.synthesis import Recipe, load_recipe, recipe_names, synthesise

MEMORY = Path("/dev/shm")


def measure(recipe: Recipe, count: int, workers: int, below: Path) -> tuple[float, float]:
    """Draw `count` images; return the seconds that passed, and those that this process computed."""
    with tempfile.TemporaryDirectory(dir=below) as folder:
        start, computed = time.perf_counter(), time.process_time()
        synthesise(recipe, count=count, seed=7, out=UPath(folder) / "out", workers=workers)
        return time.perf_counter() - start, time.process_time() - computed


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description="images drawn in a second, for each recipe")
    parser.add_argument("--lines", type=int, default=4000)
    parser.add_argument("--sheets", type=int, default=24)
    in_memory = MEMORY if MEMORY.is_dir() else Path(tempfile.gettempdir())
    parser.add_argument("--folder", type=Path, default=in_memory)
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for name in recipe_names():
        recipe = load_recipe(name)
        count = options.lines if recipe.sheet is None else options.sheets
        measure(
            recipe, 2, 1, options.folder
        )  # so that no run pays for reading the fonts from disk the first time
        (one, computed), (two, _) = (measure(recipe, count, workers, options.folder) for workers in (1, 2))
        rows.append(
            {
                "recipe": name,
                "images": count,
                "images/s, 1 worker": round(count / one, 1),
                "images/s, 2 workers": round(count / two, 1),
                "processor ms/image": round(1000 * computed / count, 2),
            }
        )
    report("synthesis", rows)


if __name__ == "__main__":
    main()
