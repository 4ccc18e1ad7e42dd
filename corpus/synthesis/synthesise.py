"""From a recipe to a snapshot: draw on all cores, store by content, share out the splits."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from upath import UPath

from config.errors import Problem
from corpus.errors import SynthesisError
from corpus.images import put_image, to_png
from corpus.ingest import new_folder
from corpus.parallel import Progress, map_chunks, silent
from corpus.sample import Sample
from corpus.snapshot import Snapshot, open_snapshot, write_snapshot
from corpus.synthesis.contact import contact_sheet
from corpus.synthesis.drawings.sheet import alphabet_of_sheets, draw_sheet
from corpus.synthesis.fonts import Covering, choose
from corpus.synthesis.lines import draw_line
from corpus.synthesis.recipe import Recipe
from corpus.synthesis.shares import exact_splits
from corpus.synthesis.texts.compose import alphabet_of
from corpus.text import DEFAULT_FORM

CONTACT_SHEET = "contact-sheet.png"
_LINES_PER_CHUNK = 64


def synthesise(
    recipe: Recipe,
    *,
    count: int,
    seed: int,
    out: UPath,
    workers: int = 0,
    progress: Progress = silent,
) -> Snapshot:
    """Draw `count` images (lines, or sheets) into a new snapshot at `out`, whole or not at all.

    The same recipe, count, seed and installed fonts give the same bytes, whatever the number of `workers`
    (0: one for each core); image i is the same whatever the count.

    Raises:
        SynthesisError: no installed font covers the script, Pillow cannot shape text, or `count` is below 1.
        StateError: something is at `out` already.
    """
    if count < 1:
        raise SynthesisError(
            Problem("synthesis.count", f"a count of {count}", "at least 1", "Ask for more images.")
        )
    faces = faces_for(recipe)
    with new_folder(out) as folder:
        work = partial(_draw_all, recipe=recipe, faces=faces, seed=seed, folder=str(folder))
        images: list[list[Sample]] = []
        chunk = _LINES_PER_CHUNK if recipe.sheet is None else 1
        for drawn in map_chunks(work, range(count), chunk=chunk, workers=workers):
            images += drawn
            progress(len(images), count)
        splits = exact_splits([samples[0].group for samples in images], recipe.splits)
        ordered = (replace(s, split=splits[s.group]) for samples in images for s in samples)
        snapshot = write_snapshot(folder, ordered, [], policy=recipe.splits, form=DEFAULT_FORM)
        contact_sheet(snapshot, folder / CONTACT_SHEET)
    return open_snapshot(out)


def faces_for(recipe: Recipe) -> tuple[Covering, ...]:
    """Return the installed faces that can draw `recipe`.

    Raises:
        SynthesisError: none covers every character that it can write.
    """
    alphabet = alphabet_of(recipe.text) if recipe.text is not None else alphabet_of_sheets()
    return choose(recipe.fonts, alphabet)


def rng_of(recipe_name: str, seed: int, index: int) -> random.Random:
    """Return the source of chance for one image: its own, so that it depends on no other image."""
    digest = hashlib.blake2b(f"{recipe_name}\0{seed}\0{index}".encode(), digest_size=16).digest()
    return random.Random(int.from_bytes(digest))  # noqa: S311 - drawing, not secrets


def _draw_all(
    indices: Sequence[int], *, recipe: Recipe, faces: Sequence[Covering], seed: int, folder: str
) -> list[list[Sample]]:
    """Run in a worker: draw and store these images; all are in train until the whole is known."""
    root = UPath(folder)
    draw = _line_samples if recipe.sheet is None else _sheet_samples
    return [
        draw(recipe, faces, rng_of(recipe.recipe, seed, i), root, f"{recipe.recipe}/{seed}-{i:06d}")
        for i in indices
    ]


def _line_samples(
    recipe: Recipe, faces: Sequence[Covering], rng: random.Random, folder: UPath, key: str
) -> list[Sample]:
    drawn = draw_line(recipe, faces, rng)
    path, sha256 = put_image(folder, to_png(drawn.image), "PNG")
    sample = Sample(
        id=key,
        image=path,
        sha256=sha256,
        width=drawn.image.width,
        height=drawn.image.height,
        text=drawn.label.said,
        # one text in one face may come twice: then the two look alike and must not straddle a split
        group=f"{recipe.recipe}/{drawn.face.name}/{drawn.label.text}",
        source=recipe.recipe,
        split="train",
        polygon=drawn.polygon,
        meta={"font": drawn.face.name, "kind": drawn.label.kind},
    )
    return [sample]


def _sheet_samples(
    recipe: Recipe, faces: Sequence[Covering], rng: random.Random, folder: UPath, key: str
) -> list[Sample]:
    drawn = draw_sheet(recipe, faces, rng)
    path, sha256 = put_image(folder, to_png(drawn.image), "PNG")
    return [
        Sample(
            id=f"{key}/{number:04d}",
            image=path,
            sha256=sha256,
            width=drawn.image.width,
            height=drawn.image.height,
            text=region.text,
            group=key,
            source=recipe.recipe,
            split="train",
            polygon=region.polygon,
            label=region.label,
            meta={"font": drawn.face.name, **region.meta},
        )
        for number, region in enumerate(drawn.regions)
    ]
