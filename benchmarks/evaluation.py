"""How fast 100,000 lines are scored, against jiwer on the same lines, and how fast they are resampled.

    python benchmarks/evaluation.py [--count 100000]

The lines are made up: 4 to 40 characters, some 8 % of them wrong, as of a model that reads fairly well.
Both sides count substitutions, deletions and insertions of the same texts, and must agree on them.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import jiwer
import numpy as np

sys.path[0] = str(Path(__file__).parent.parent)  # beside it, this file would hide the package of its name

from benchmarks.table import report  # noqa: E402 - only found from the root
from config.tasks import any_family  # noqa: E402
from corpus.items import Item  # noqa: E402
from corpus.sample import Sample  # noqa: E402
from evaluation.classes import class_figures  # noqa: E402
from evaluation.comparison import compare  # noqa: E402
from evaluation.text import add_up, measure, measure_characters, text_figures  # noqa: E402
from tasks import task_of  # noqa: E402
from tasks.answers import Answers  # noqa: E402
from tasks.judging import exhibits_of, judge  # noqa: E402
from tasks.recognition.answer import Reading  # noqa: E402

ResultT = TypeVar("ResultT")
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .:-/"
THAI = "กขคงจชดตถทนบปผพมยรลวสหอะาิีึืุูเแโใไ่้๊๋์ำ"


def lines(count: int, alphabet: str, seed: int) -> tuple[list[str], list[str]]:
    """Return `count` references and what was read of them."""
    chance = random.Random(seed)
    references = ["".join(chance.choices(alphabet, k=chance.randint(4, 40))) for _ in range(count)]
    return references, [_misread(text, alphabet, chance) for text in references]


def _misread(text: str, alphabet: str, chance: random.Random) -> str:
    read = []
    for character in text:
        luck = chance.random()
        if luck < 0.027:
            continue
        read.append(chance.choice(alphabet) if luck < 0.053 else character)
        if luck > 0.973:
            read.append(chance.choice(alphabet))
    return "".join(read)


def timed(work: Callable[[], ResultT], repeats: int = 3) -> tuple[ResultT, float, float]:
    """Return what `work` gives, and the least CPU and wall seconds of `repeats` runs."""
    cpu_s, wall_s = [], []
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        result = work()
        cpu_s.append(time.process_time() - cpu)
        wall_s.append(time.perf_counter() - wall)
    return result, min(cpu_s), min(wall_s)


def item(id_: str, text: str) -> Item:
    """Return a line without an image."""
    return Item(id_, (Sample(id=id_, text=text, group=id_, source="", split="test"),))


def judged(candidate: Answers[Reading], champion: Answers[Reading]) -> None:
    """Do all that `glyphline evaluate --json` does with answers."""
    task = task_of(any_family("recognition"))
    judge(task, candidate, champion)
    exhibits_of(task, candidate, champion, None)


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    count = parser.parse_args().count
    references, read = lines(count, LATIN, 1)
    thai, thai_read = lines(count, THAI, 2)
    plain = jiwer.ReduceToListOfListOfChars()  # jiwer strips edge spaces by default

    theirs, slow_cpu_s, slow_s = timed(
        lambda: jiwer.process_characters(references, read, plain, plain), repeats=2
    )
    rows: list[dict[str, object]] = []

    def row(task: str, cpu_s: float, wall_s: float) -> None:
        rows.append(
            {
                "task": task,
                "lines": count,
                "CPU s": round(cpu_s, 3),
                "wall s": round(wall_s, 3),
                "lines/s": round(count / wall_s),
                "times jiwer": round(slow_cpu_s / cpu_s, 1),
            }
        )

    row("jiwer.process_characters", slow_cpu_s, slow_s)
    edits, cpu_s, wall_s = timed(lambda: measure_characters(references, read))
    ours = add_up(edits)
    agreed = (theirs.substitutions, theirs.deletions, theirs.insertions)
    if (ours.substitutions, ours.deletions, ours.insertions) != agreed:
        raise SystemExit(f"the counts differ: {ours}, and {agreed} by jiwer")
    row("characters: S, D, I of every line", cpu_s, wall_s)
    lines_read, cpu_s, wall_s = timed(lambda: measure(references, read))
    row("characters, graphemes, words, loops", cpu_s, wall_s)
    _, cpu_s, wall_s = timed(lambda: measure(thai, thai_read))
    row("the same, Thai", cpu_s, wall_s)
    candidate, champion = (
        text_figures(one) for one in (lines_read, measure(references, lines(count, LATIN, 3)[1]))
    )
    ids = [str(number) for number in range(count)]
    for groups, title in ((count, "every line its own group"), (count // 50, "50 lines a group")):
        numbers = np.arange(count) % groups
        _, cpu_s, wall_s = timed(
            lambda numbers=numbers: compare(
                ids, candidate, champion, numbers, headline="cer", champion_name="old"
            )
        )
        row(f"paired bootstrap, B = 1,000, {title}", cpu_s, wall_s)
    items = tuple(item(i, a) for i, a in zip(ids, references, strict=True))
    new, old = (Answers(n, items, tuple(map(Reading, t))) for n, t in (("new", read), ("old", references)))
    _, cpu_s, wall_s = timed(lambda: judged(new, old), repeats=1)
    row("judged with champion, slices and mistakes", cpu_s, wall_s)
    classes = np.random.default_rng(4).integers(0, 1000, count).astype(str).tolist()
    wrong = [a if k % 5 else classes[k - 1] for k, a in enumerate(classes)]
    figures = [class_figures(classes, one)[:2] for one in (wrong, classes)]
    _, cpu_s, wall_s = timed(
        lambda: compare(ids, *figures, np.arange(count), headline="macro_f1", champion_name="old"), repeats=1
    )
    row("paired bootstrap of macro F1, 1,000 classes", cpu_s, wall_s)
    report("evaluation", rows)


if __name__ == "__main__":
    main()
