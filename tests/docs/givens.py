"""What a page presumes its reader to have: receipts in a folder, predictions, a model; all small."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image, ImageDraw

_SHOPS = ("KEDAI MAKAN", "STATION 7", "GOLDEN MART", "B&K TRADING")
_LINES = 4


def receipts(folder: Path, first: int, count: int) -> None:
    """Lay out receipts as SROIE has them: `box/000.csv` beside `img/000.png`."""
    for kind in ("box", "img"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        picture = Image.new("L", (240, 40 * _LINES), 255)
        pen = ImageDraw.Draw(picture)
        boxes = []
        for line, text in enumerate(_texts(number)):
            top = 40 * line + 8
            pen.text((12, top), text, 0, font_size=18)
            left, upper, right, lower = map(round, pen.textbbox((12, top), text, font_size=18))
            corners = (left, upper, right, upper, right, lower, left, lower)
            boxes.append(",".join(map(str, corners)) + f",{text}")
        picture.save(folder / "img" / f"{number:03}.png")
        (folder / "box" / f"{number:03}.csv").write_text("\n".join(boxes) + "\n", encoding="utf-8")


def predictions(path: Path, wrong: float) -> None:
    """Write what a model may have read of 40 receipts; it misreads a share of the lines."""
    rows = []
    for number in range(40):
        age, split = ("old", "golden") if number % 2 else ("new", "test")
        for line, text in enumerate(_texts(number)):
            misread = (number * 7 + line * 3) % 20 < 20 * wrong
            rows.append(
                {
                    "id": f"{number:03}-{line}",
                    "reference": text,
                    "prediction": text.replace("0", "O").replace("A", "4")[:-1] + "?" if misread else text,
                    "confidence": 0.6 if misread else 0.95,
                    "group": f"{number:03}",
                    "meta": {"split": split, "age": age},
                }
            )
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")


def line_image(path: Path) -> None:
    """Draw one line of text."""
    picture = Image.new("RGB", (160, 32), "white")
    ImageDraw.Draw(picture).text((8, 6), "PT-101", 0, font_size=18)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)


def _texts(number: int) -> tuple[str, ...]:
    """Return the lines of a receipt: no two receipts share one, as no split may show what another holds."""
    shop = f"{_SHOPS[number % len(_SHOPS)]} {number * 37 % 1000}"
    return (
        shop,
        f"INV {number:04}",
        f"TOTAL {number + 100}.{number * 13 % 100:02}",
        f"CASH {number + 300}.00",
    )


def _readme(folder: Path) -> None:
    receipts(folder / "downloads" / "sroie", 0, 120)
    receipts(folder / "downloads" / "more", 120, 10)
    predictions(folder / "candidate.jsonl", wrong=0.1)
    predictions(folder / "champion.jsonl", wrong=0.4)
    line_image(folder / "line.png")


def _evaluation(folder: Path) -> None:
    predictions(folder / "candidate.jsonl", wrong=0.4)
    predictions(folder / "champion.jsonl", wrong=0.1)
    for name, number in (("read.txt", 1), ("true.txt", 2)):
        (folder / name).write_text("\n".join(_texts(number)) + "\n", encoding="utf-8")


def _serving(folder: Path) -> None:
    from tiny_artifact import tiny_artifact

    tiny_artifact(folder / "model")
    line_image(folder / "line.png")
    line_image(folder / "scans" / "page-1.png")
    line_image(folder / "more" / "page-7.png")


def _registry(folder: Path) -> None:
    """Register two versions, the first of them approved; what both have read lies where a run leaves it."""
    from registering import new

    from config.home import in_store
    from registry.mlflow import local_registry

    registry = local_registry()
    for run, wrong in (("r1", 0.4), ("r2", 0.1)):
        version = registry.register(new(run, parent="none" if run == "r1" else "model-r1"))
        assert version.evaluation_uri is not None
        read = in_store(version.evaluation_uri).parent / "candidate.jsonl"
        read.parent.mkdir(parents=True)
        predictions(read, wrong)
    registry.decide("pid-rec/1", "Approved", who="ada", reason="the first")


GIVENS: Mapping[str, Callable[[Path], None]] = {
    "README.md": _readme,
    "docs/evaluation.md": _evaluation,
    "docs/registry.md": _registry,
    "docs/serving.md": _serving,
}
