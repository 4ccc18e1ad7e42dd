"""How many line images the examination takes a second: cold (every one decoded) and warm (none).

    python benchmarks/examine.py [--count 100000]

Draws distinct PNG lines, 32 px high and 100 to 300 px wide, into a snapshot in a temporary folder; takes
the SROIE crops too where the real data is present.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from table import report
from upath import UPath

from config.tasks import load_family
from corpus.examine import examine
from corpus.examine.asks import Asks
from corpus.formats import read
from corpus.images import put_image
from corpus.ingest import Options, import_records
from corpus.sample import Sample
from corpus.snapshot import write_snapshot
from corpus.splits import SplitPolicy, split_of
from tasks import task_of

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./: "


def draw_lines(folder: Path, count: int) -> Path:
    """Write a snapshot of `count` distinct lines of random text."""
    choose = random.Random(7)
    font = ImageFont.load_default(18)
    root, policy = UPath(folder), SplitPolicy()
    samples = []
    for number in range(count):
        width = choose.randint(100, 300)
        text = "".join(choose.choices(_LETTERS, k=width // 14)).strip()
        picture = Image.new("L", (width, 32), choose.randint(225, 255))
        ImageDraw.Draw(picture).text((4, 4), text, fill=choose.randint(0, 80), font=font)
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", compress_level=1)
        path, sha256 = put_image(root, buffer.getvalue(), "PNG")
        group = f"page-{number // 50}"
        split = split_of(group, policy)
        samples.append(
            Sample(
                id=f"lines/{number}",
                image=path,
                sha256=sha256,
                width=width,
                height=32,
                text=text,
                group=group,
                source="lines",
                split=split,
            )
        )
    write_snapshot(root, samples, [], policy=policy, form="NFC")
    return folder


def measure(name: str, folder: Path, task: Asks, cache: Path) -> list[dict[str, object]]:
    """Examine `folder` cold on one core and on all, then warm; return a row for each."""
    rows: list[dict[str, object]] = []
    cores = len(os.sched_getaffinity(0))
    for state, workers in (("cold", 1), ("cold", cores), ("warm", cores), ("warm", cores)):
        if state == "cold":
            for file in cache.parent.glob(f"{cache.name}*"):
                file.unlink()
        start, cpu = time.perf_counter(), time.process_time()
        found = examine(str(folder), task, cache=cache, workers=workers)
        seconds = time.perf_counter() - start
        count = sum(found.samples.values())
        rows.append(
            {
                "data": name,
                "state": state,
                "workers": workers,
                "images": count,
                "decoded": found.images_read,
                "seconds": round(seconds, 2),
                "own CPU seconds": round(time.process_time() - cpu, 2),
                "images per second": round(count / seconds),
            }
        )
    return rows


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    count = parser.parse_args().count
    task = task_of(load_family("receipt-rec"))
    sroie = Path(os.environ.get("GLYPHLINE_DATA") or Path(__file__).parents[2] / "shared" / "data") / "sroie"
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        rows = measure("drawn lines", draw_lines(root / "lines", count), task, root / "lines.sqlite")
        if sroie.is_dir():
            records = read("sroie", UPath(sroie))
            import_records(records, UPath(root / "sroie"), Options("sroie"))
            rows += measure("SROIE crops", root / "sroie", task, root / "sroie.sqlite")
    report("examine", rows)


if __name__ == "__main__":
    main()
