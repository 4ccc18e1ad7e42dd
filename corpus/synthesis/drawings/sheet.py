"""Draw one whole piping and instrumentation diagram, and tell the truth about it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image

from corpus.sample import Polygon
from corpus.synthesis import degrade
from corpus.synthesis.drawings import fittings, frame, plant, wording
from corpus.synthesis.drawings.board import Board, Numbers
from corpus.synthesis.drawings.canvas import Canvas, Region
from corpus.synthesis.drawings.routing import Router
from corpus.synthesis.drawings.space import Space
from corpus.synthesis.drawings.straights import draw_runs
from corpus.synthesis.fonts import Covering, Face, pick
from corpus.synthesis.lines import scan
from corpus.synthesis.recipe import Recipe
from corpus.synthesis.texts import tags


@dataclass(frozen=True, slots=True)
class DrawnSheet:
    """A sheet's image, its face, and every symbol, pipe and text on it."""

    image: Image.Image
    face: Face
    regions: tuple[Region, ...]


def alphabet_of_sheets() -> frozenset[str]:
    """Return every character that a sheet may carry."""
    return tags.ALPHABET | wording.ALPHABET


def draw_sheet(recipe: Recipe, faces: Sequence[Covering], rng: random.Random) -> DrawnSheet:
    """Draw one sheet of `recipe`, which draws sheets: every choice comes from `rng`."""
    settings = recipe.sheet
    assert settings is not None
    face = pick(faces, "".join(sorted(alphabet_of_sheets())), rng)
    canvas = Canvas(
        settings.width_px,
        settings.height_px,
        face,
        type_scale=rng.uniform(0.9, 1.12),
        pen_scale=rng.uniform(0.8, 1.2),
    )
    space = Space(settings.width_px, settings.height_px)
    numbers = Numbers(rng, tags.digits(rng, rng.choice((1, 2, 2, 3))))
    board = Board(canvas, space, Router(space), rng, numbers)
    layout = frame.draw_frame(board)
    drawing = tags.drawing_number(rng).removeprefix("DWG. ")
    pieces = plant.place_equipment(board, layout.process, rng.randint(*settings.stages))
    plant.equip_with_instruments(board, pieces)
    runs = plant.join(board, pieces, layout.process)
    straights = draw_runs(board, runs)
    plant.draw_equipment(board, pieces)
    for run, its_straights in zip(runs, straights, strict=True):
        fittings.fit_out(board, run, its_straights)
    issues = wording.revisions(rng)
    frame.draw_title(board, layout.title, drawing, issues)
    frame.draw_revisions(board, layout.revisions, issues)
    frame.draw_references(board, layout.references)
    frame.draw_notes(board, layout.notes, drawing)
    return _scanned(recipe, canvas, rng)


def _scanned(recipe: Recipe, canvas: Canvas, rng: random.Random) -> DrawnSheet:
    """Scan the sheet; what lies askew and leaves the scanner's window is not in the truth either."""
    ink, regions = canvas.finished(), canvas.regions
    if (degrees := degrade.strength(recipe.degradations.skew_deg, rng)) is not None:
        ink = ink.rotate(degrees, Image.Resampling.BICUBIC)
        middle = (ink.width / 2, ink.height / 2)
        turned = (replace(r, polygon=_turned(r.polygon, degrees, middle)) for r in regions)
        regions = [r for r in turned if _is_inside(r.polygon, ink.size)]
    return DrawnSheet(scan(ink, recipe.tone, recipe.degradations, rng), canvas.face, tuple(regions))


def _is_inside(polygon: Polygon, size: tuple[int, int]) -> bool:
    return all(0 <= x <= size[0] and 0 <= y <= size[1] for x, y in polygon)


def _turned(polygon: Polygon, degrees: float, about: tuple[float, float]) -> Polygon:
    """Turn a polygon counter-clockwise as Pillow turns an image."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    (cx, cy) = about
    return tuple(
        (
            round(cx + (x - cx) * cos + (y - cy) * sin, 2),
            round(cy - (x - cx) * sin + (y - cy) * cos, 2),
        )
        for x, y in polygon
    )
