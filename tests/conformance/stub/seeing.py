"""Images that carry what is on them in their first rows, so that a stub can answer like a trained model."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

_WIDTH, _ROWS, _BELOW = 64, 16, 64


def drawn(truth: Mapping[str, Any], seed: int) -> bytes:
    """Return a PNG that says `truth`; below it, blobs that differ for every `seed`, as pictures do."""
    data = json.dumps(truth).encode().ljust(_WIDTH * _ROWS, b" ")
    blobs = np.random.default_rng(seed).integers(0, 256, (8, 8), dtype=np.uint8)
    below = np.kron(blobs, np.ones((_BELOW // 8, _WIDTH // 8), np.uint8))
    pixels = np.concatenate([np.frombuffer(data, np.uint8).reshape(_ROWS, _WIDTH), below])
    Image.fromarray(pixels).save(buffer := io.BytesIO(), "PNG")
    return buffer.getvalue()


def seen(image: Image.Image) -> dict[str, Any]:
    """Return what an image says."""
    truth: dict[str, Any] = json.loads(image.convert("L").tobytes()[: _WIDTH * _ROWS])
    return truth
