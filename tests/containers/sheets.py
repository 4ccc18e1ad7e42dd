"""Small drawn sheets with a few lettered boxes: pages that a tiny detector learns in seconds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH_PX, HEIGHT_PX = 256, 192
FAMILY = """\
family: sheets
description: Drawn sheets, for tests
task: detection
detection: {tile_px: 128, overlap_px: 32, shrink_ratio: 0.8}
training: {recipe: RECIPE}
"""
RECIPE = """\
recipe: tiny-det
description: Small enough for a test
task: detection
images: [paddle]
network: db-mobile
options: {scale: 0.25, branches: 1, neck_channels: 32}
grayscale: true
optimisation:
  epochs: 4
  batch_size: 4
  optimiser: adam
  learning_rate: 0.01
  warmup_epochs: 0.2
"""


def write_pages(folder: Path, count: int, seed: int = 0) -> Path:
    """Draw `count` sheets, and PaddleOCR's detection labels beside them: every sixth is for val."""
    random = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    labels: dict[str, list[str]] = {"train": [], "val": []}
    for number in range(count):
        image, regions = _sheet(random)
        image.save(folder / f"images/{number}.png")
        labels["val" if number % 6 == 0 else "train"].append(f"images/{number}.png\t{json.dumps(regions)}\n")
    for split, lines in labels.items():
        (folder / f"{split}.txt").write_text("".join(lines))
    return folder


def write_family(folder: Path, *, recipe: str = RECIPE) -> Path:
    """Write the family and its recipe; return the family's file."""
    (folder / "tiny.yaml").write_text(recipe)
    path = folder / "family.yaml"
    path.write_text(FAMILY.replace("RECIPE", str(folder / "tiny.yaml")))
    return path


def _sheet(random: np.random.Generator) -> tuple[Image.Image, list[dict[str, object]]]:
    """Return a sheet of six cells: letters in most, a line or a box in the others."""
    image = Image.new("L", (WIDTH_PX, HEIGHT_PX), int(random.integers(225, 256)))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=36)
    regions: list[dict[str, object]] = []
    for cell in range(6):
        x = 128 * (cell % 2) + float(random.uniform(4, 30))
        y = 64 * (cell // 2) + float(random.uniform(4, 20))
        if random.random() < 0.25:
            draw.rectangle((x, y, x + random.uniform(20, 50), y + random.uniform(10, 30)), outline=40)
            continue
        text = "".join(random.choice([*"ABCDEFGH123"], 3))
        draw.text((x, y), text, int(random.integers(0, 90)), font)
        left, top, right, bottom = draw.textbbox((x, y), text, font)
        corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
        regions.append({"transcription": text, "points": corners})
    return image, regions
