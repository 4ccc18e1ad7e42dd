"""How long it takes to import 100,000 labels, and to grow that snapshot by 1 % against rebuilding it.

    python benchmarks/snapshots.py [--count 100000]

Reads and writes PaddleOCR label files over distinct 100 x 32 px PNG images in a temporary folder.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from table import report
from upath import UPath

from corpus.formats import read
from corpus.ingest import Options, add_records, import_records
from corpus.records import Record
from corpus.snapshot import open_snapshot

GROWTH = 0.01


def write_lines(folder: Path, count: int, seed: int) -> Path:
    """Write `count` distinct images and their label file."""
    random = np.random.default_rng(seed)
    images = folder / "images"
    images.mkdir(parents=True)
    lines = []
    for number in range(count):
        pixels = np.full((32, 100), 255, np.uint8)
        pixels[8:24, 8:92] = np.repeat(random.integers(0, 256, (16, 21), np.uint8), 4, axis=1)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
        (images / f"{number}.png").write_bytes(buffer.getvalue())
        lines.append(f"images/{number}.png\tPT-{seed}{number:06d}\n")
    (folder / "rec_gt_train.txt").write_text("".join(lines), encoding="utf-8")
    return folder


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    count = parser.parse_args().count
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        old, new = write_lines(root / "old", count, 1), write_lines(root / "new", round(count * GROWTH), 2)

        def timed(task: str, samples: int, start: float) -> None:
            seconds = time.perf_counter() - start
            rows.append(
                {"task": task, "samples": samples, "seconds": seconds, "per second": samples / seconds}
            )

        start = time.perf_counter()
        records = list(read("paddle-rec", UPath(old)))
        timed("read the labels", len(records), start)

        for workers in (1, 2):
            start = time.perf_counter()
            options = Options("lines", workers=workers)
            import_records(records, UPath(root / f"snapshot-{workers}"), options)
            timed(f"import, {workers} workers", count, start)

        additions = [item for item in read("paddle-rec", UPath(new)) if isinstance(item, Record)]
        start = time.perf_counter()
        parent = open_snapshot(UPath(root / "snapshot-2"))
        grown = add_records(parent, additions, Options("new", workers=2)).snapshot
        timed(f"add {GROWTH:.0%}", len(additions), start)

        start = time.perf_counter()
        import_records([*records, *additions], UPath(root / "rebuilt"), Options("lines", workers=2))
        timed("rebuild with it", grown.description.samples, start)
    rebuilding = float(str(rows[-1]["seconds"]))
    for row in rows:
        row["times faster than rebuilding"] = rebuilding / float(str(row["seconds"]))
    report("snapshots", rows)


if __name__ == "__main__":
    main()
