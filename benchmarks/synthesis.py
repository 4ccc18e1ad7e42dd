"""How many images of each recipe are drawn in a second, from the recipe to the finished snapshot.

    python benchmarks/synthesis.py [--lines 4000] [--sheets 24]

With one worker and with two, start-up, PNG encoding, files and contact sheet included.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from table import report
from upath import UPath

from corpus.synthesis import Recipe, load_recipe, recipe_names, synthesise


def measure(recipe: Recipe, count: int, workers: int) -> dict[str, object]:
    """Draw `count` images and return the row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        os.sync()  # what earlier rows wrote is not this row's to pay for
        start = time.perf_counter()
        synthesise(recipe, count=count, seed=7, out=UPath(folder) / "out", workers=workers)
        seconds = time.perf_counter() - start
    return {
        "recipe": recipe.recipe,
        "workers": workers,
        "images": count,
        "seconds": seconds,
        "images/s": count / seconds,
    }


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=Path(__file__).name)
    parser.add_argument("--lines", type=int, default=4000)
    parser.add_argument("--sheets", type=int, default=24)
    options = parser.parse_args()
    rows = []
    for name in recipe_names():
        recipe = load_recipe(name)
        count = options.lines if recipe.sheet is None else options.sheets
        measure(recipe, 2, 1)  # so that no row pays for reading the fonts from disk the first time
        rows += [measure(recipe, count, workers) for workers in (1, 2)]
    report("synthesis", rows)


if __name__ == "__main__":
    main()
