"""Small drawn lines of digits: data that a tiny recogniser learns in seconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from upath import UPath

from corpus import formats
from corpus.ingest import Options, import_records
from corpus.snapshot import Snapshot
from corpus.splits import SplitPolicy

FAMILY = """\
family: digits
description: Drawn digits, for tests
task: recognition
recognition: {height_px: 32, width_px: 48, resize: stretch, step_px: 4, max_text_length: 3}
training: {recipe: RECIPE}
examine:
  min_samples_per_character: 0
  max_duplicate_share: 1.0
  max_split_divergence: 1.0
"""
RECIPE = """\
recipe: tiny
description: Small enough for a test
task: recognition
images: [paddle]
network: crnn-lite
options: {channels: [8, 16, 24, 32], hidden: 24}
grayscale: true
optimisation:
  epochs: 5
  batch_size: 8
  learning_rate: 0.01
  plateau_epochs: 30
  continue_epochs: 10
  continue_learning_rate: 0.004
augmentation: {from_epoch: 4}
"""


SPLITS = ("val", "train", "train", "train", "train")
"""Of the lines in turn."""


def write_labels(folder: Path, texts: Sequence[str], seed: int = 0, splits: Sequence[str] = SPLITS) -> None:
    """Draw one image for each text, and PaddleOCR's label files beside them."""
    random = np.random.default_rng(seed)
    font = ImageFont.load_default(size=24)
    (folder / "images").mkdir(parents=True)
    labels: dict[str, list[str]] = {split: [] for split in splits}
    for number, text in enumerate(texts):
        image = Image.new("L", (16 * len(text) + 12, 32), int(random.integers(200, 256)))
        place = (int(random.integers(2, 8)), int(random.integers(0, 5)))
        ImageDraw.Draw(image).text(place, text, int(random.integers(0, 90)), font)
        noisy = np.asarray(image, np.int16) + random.integers(-9, 10, (32, image.width))
        Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(folder / f"images/{number}.png")
        labels[splits[number % len(splits)]].append(f"images/{number}.png\t{text}\n")
    for split, lines in labels.items():
        (folder / f"rec_gt_{split}.txt").write_text("".join(lines))


def texts_of(characters: str, count: int, seed: int = 0) -> list[str]:
    """Return random texts of one to three of `characters`."""
    random = np.random.default_rng(seed)
    return ["".join(random.choice([*characters], int(random.integers(1, 4)))) for _ in range(count)]


def snapshot(folder: Path, characters: str, count: int, seed: int = 0) -> Snapshot:
    """Return a snapshot of drawn lines."""
    write_labels(folder / "labels", texts_of(characters, count, seed), seed)
    records = formats.read("paddle-rec", UPath(folder / "labels"))
    options = Options(f"drawn-{seed}", SplitPolicy(golden=0.0))
    return import_records(records, UPath(folder / "snapshot"), options).snapshot


def write_family(folder: Path) -> Path:
    """Write the family and its recipe; return the family's file."""
    (folder / "tiny.yaml").write_text(RECIPE)
    path = folder / "family.yaml"
    path.write_text(FAMILY.replace("RECIPE", str(folder / "tiny.yaml")))
    return path


def write_job(root: Path, family: Path, parameters: dict[str, str], **channels: Path) -> Path:
    """Lay out a job as SageMaker would: hyperparameters, and a folder for each channel."""
    config = root / "input/config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps({"family": "digits", **parameters}))
    data = root / "input/data"
    (data / "config").mkdir(parents=True)
    (data / "config/family.yaml").write_text(family.read_text())
    for name, place in channels.items():
        (data / name).symlink_to(place, target_is_directory=True)
    return root
