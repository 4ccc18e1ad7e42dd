"""Synthetic lines: the same bytes everywhere, exact splits, marks that stack, no glyph missing."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont
from upath import UPath

from config.errors import StateError
from corpus.crops import crop, is_turnable
from corpus.errors import SynthesisError
from corpus.images import open_image
from corpus.snapshot import open_snapshot
from corpus.splits import SplitPolicy
from corpus.synthesis import CONTACT_SHEET, Recipe, load_recipe, recipe_names, synthesise
from corpus.synthesis.drawings.sheet import alphabet_of_sheets
from corpus.synthesis.fonts import Covering, Face, choose, installed
from corpus.synthesis.lettering import set_type
from corpus.synthesis.lines import draw_line
from corpus.synthesis.recipe import RECIPES, Degradations, FontSettings, Tone
from corpus.synthesis.shares import exact_splits
from corpus.synthesis.synthesise import faces_for
from corpus.synthesis.texts.compose import alphabet_of

MAKE = """
import sys
from upath import UPath
from corpus.synthesis import load_recipe, synthesise
if __name__ == "__main__":
    synthesise(load_recipe(sys.argv[1]), count=int(sys.argv[2]), seed=7, out=UPath(sys.argv[3]), workers=2)
"""


def faces_or_skip(recipe: Recipe) -> tuple[Covering, ...]:
    """Return the faces of `recipe`; the test is skipped where its fonts are not installed."""
    try:
        return faces_for(recipe)
    except SynthesisError as error:
        pytest.skip(str(error))


def face_or_skip(family: str, style: str = "*") -> Face:
    """Return one installed face; the test is skipped where it is not there."""
    try:
        return choose(FontSettings(families=(family,), styles=(style,)), "")[0].face
    except SynthesisError as error:
        pytest.skip(str(error))


def content_of(folder: Path) -> dict[str, str]:
    """Return the hash of every file below `folder`."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(("name", "count"), [("pid-tags", 100), ("pid-drawings", 2)])
def test_the_same_recipe_and_seed_give_the_same_bytes(tmp_path: Path, name: str, count: int) -> None:
    text = (RECIPES / f"{name}.yaml").read_text().replace("2480", "1300").replace("1754", "1000")
    (tmp_path / "recipe.yaml").write_text(text)
    recipe = load_recipe(tmp_path / "recipe.yaml")
    faces_or_skip(recipe)
    synthesise(recipe, count=count, seed=7, out=UPath(tmp_path / "here"), workers=1)
    script = tmp_path / "make.py"
    script.write_text(MAKE)
    arguments = [str(tmp_path / "recipe.yaml"), str(count), str(tmp_path / "there")]
    subprocess.run(
        [sys.executable, str(script), *arguments], check=True, env=os.environ | {"PYTHONHASHSEED": "12345"}
    )
    assert content_of(tmp_path / "here") == content_of(tmp_path / "there")
    assert (tmp_path / "here" / CONTACT_SHEET).stat().st_size > 10_000


def test_an_image_does_not_depend_on_how_many_there_are(tmp_path: Path) -> None:
    recipe = load_recipe("hindi-lines")
    faces_or_skip(recipe)
    few = synthesise(recipe, count=4, seed=1, out=UPath(tmp_path / "few"), workers=1)
    more = synthesise(recipe, count=9, seed=1, out=UPath(tmp_path / "more"), workers=1)
    other = synthesise(recipe, count=4, seed=2, out=UPath(tmp_path / "other"), workers=1)
    drawn = [[(s.id, s.sha256, s.text) for s in made.samples()] for made in (few, more, other)]
    assert drawn[0] == drawn[1][:4]
    assert not set(drawn[0]) & set(drawn[2])


def test_a_snapshot_has_exactly_its_shares_and_opens_again(tmp_path: Path) -> None:
    recipe = load_recipe("thai-syllables")
    faces_or_skip(recipe)
    made = synthesise(recipe, count=200, seed=7, out=UPath(tmp_path / "out"), workers=1)
    assert made.description.counts == {"train": 175, "val": 25, "test": 0, "golden": 0}
    samples = list(open_snapshot(UPath(tmp_path / "out")).samples())
    assert {(s.width, s.height) for s in samples} == {(100, 32)}
    assert {s.meta["font"] for s in samples} == {f"{c.face.name}" for c in faces_or_skip(recipe)}
    with pytest.raises(StateError, match="exists already"):
        synthesise(recipe, count=2, seed=7, out=UPath(tmp_path / "out"))


def test_the_task_of_the_seed_project_has_its_counts() -> None:
    splits = exact_splits([f"group {n % 6000}" for n in range(6984)], load_recipe("thai-syllables").splits)
    counts = Counter(splits[f"group {n % 6000}"] for n in range(6984))
    assert counts == {"train": 6106, "val": 878}


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=60),
    shares=st.tuples(*[st.floats(0.0, 0.3)] * 3),
)
def test_a_split_lacks_images_only_where_every_group_left_is_larger(
    sizes: list[int], shares: tuple[float, float, float]
) -> None:
    groups = [f"group {n}" for n, size in enumerate(sizes) for _ in range(size)]
    policy = SplitPolicy(val=shares[0], test=shares[1], golden=shares[2])
    splits = exact_splits(groups, policy)
    counts = Counter(splits[group] for group in groups)
    left = [size for n, size in enumerate(sizes) if splits[f"group {n}"] == "train"]
    for split, share in (("val", policy.val), ("test", policy.test), ("golden", policy.golden)):
        lack = round(share * len(groups)) - counts[split]
        assert lack >= 0
        assert lack == 0 or all(size > lack for size in left)


@pytest.mark.parametrize("name", recipe_names())
def test_no_chosen_font_draws_tofu(name: str) -> None:
    for covering in faces_or_skip(load_recipe(name)):
        font = ImageFont.truetype(covering.face.path, 24)
        tofu = bytes(font.getmask("\U0010ffff"))
        for character in characters_of_recipe(name) - covering.missing - {" "}:
            assert bytes(font.getmask(character)) != tofu, f"{covering.face.name}: {character!r}"


def characters_of_recipe(name: str) -> frozenset[str]:
    recipe = load_recipe(name)
    return alphabet_of(recipe.text) if recipe.text is not None else alphabet_of_sheets()


def ink(text: str, face: Face, layout: ImageFont.Layout) -> np.ndarray:
    """Return the ink of `text` on a plate of fixed size and baseline."""
    plate = Image.new("L", (400, 160))
    font = ImageFont.truetype(face.path, 64, layout_engine=layout)
    ImageDraw.Draw(plate).text((20, 120), text, font=font, fill=255, anchor="ls")
    return np.asarray(plate) > 128


@pytest.mark.parametrize("family", ["Garuda", "Norasi", "Noto Sans Thai"])
def test_thai_marks_stand_above_their_consonant(family: str) -> None:
    face = face_or_skip(family, "Regular")
    bare, vowel, both = (ink(text, face, ImageFont.Layout.RAQM) for text in ("ท", "ที", "ที่"))
    tops = [int(np.argmax(plate.any(axis=1))) for plate in (bare, vowel, both)]
    assert tops[0] > tops[1] + 5 > tops[2] + 10  # each mark above what it stands on
    rights = [int(np.flatnonzero(plate.any(axis=0))[-1]) for plate in (bare, both)]
    assert rights[1] <= rights[0] + 8  # and none beside it
    shaped, basic = (ink("ป่", face, layout) for layout in (ImageFont.Layout.RAQM, ImageFont.Layout.BASIC))
    assert (shaped != basic).any()  # the tone keeps clear of the tall stroke


@pytest.mark.parametrize("family", ["Lohit Devanagari", "Noto Sans Devanagari"])
def test_devanagari_is_shaped(family: str) -> None:
    face = face_or_skip(family, "Regular")

    def width(text: str) -> int:
        return set_type(text, face, 64).mask.width

    assert width("क्ष") < 0.8 * width("कष")  # a conjunct is narrower than its consonants
    before, after = (ink(text, face, ImageFont.Layout.RAQM) for text in ("क", "कि"))
    shift = np.flatnonzero(after.any(axis=0))[0] - np.flatnonzero(before.any(axis=0))[0]
    assert width("कि") > width("क")
    assert shift <= 2  # the short i is drawn before the consonant that it is written after
    assert (ink("र्क", face, ImageFont.Layout.RAQM)[:72].sum()) > before[:72].sum()  # reph above the line
    assert (after != ink("कि", face, ImageFont.Layout.BASIC)).any()


def test_a_script_that_no_font_covers_is_named(tmp_path: Path) -> None:
    nothing = FontSettings(families=("No Such Family",))
    with pytest.raises(SynthesisError, match=r"No Such Family below .*scripts/install-system-packages.sh"):
        choose(nothing, "ก")
    (tmp_path / "broken.ttf").write_bytes(b"not a font")
    with pytest.raises(SynthesisError, match=str(tmp_path)):
        choose(FontSettings(families=("*",)), "ก", (str(tmp_path),))
    assert installed((str(tmp_path),)) == ()


def test_a_font_that_lacks_characters_names_them() -> None:
    face = face_or_skip("Liberation Sans", "Regular")
    with pytest.raises(SynthesisError, match=rf"{face.name} lacks 'ก' U\+0E01, 'ข' U\+0E02;"):
        choose(FontSettings(families=("Liberation Sans",), styles=("Regular",)), "abกข")


def test_a_turned_line_is_set_upright_by_its_polygon() -> None:
    recipe = load_recipe("pid-tags")
    faces = faces_or_skip(recipe)
    assert recipe.line is not None
    turned_recipe = recipe.model_copy(update={"line": recipe.line.model_copy(update={"turned_share": 1.0})})
    upright_recipe = recipe.model_copy(update={"line": recipe.line.model_copy(update={"turned_share": 0.0})})
    for seed in range(10):
        turned = draw_line(turned_recipe, faces, random.Random(seed))
        upright = draw_line(upright_recipe, faces, random.Random(seed))
        assert turned.image.size == upright.image.size[::-1]
        assert upright.polygon is None
        assert turned.polygon is not None
        line, turned_again = crop(turned.image, turned.polygon, turnable=is_turnable(turned.label.text))
        assert not turned_again
        assert np.abs(np.asarray(line, float) - np.asarray(upright.image, float)).mean() < 1


def test_each_degradation_changes_the_image() -> None:
    recipe, thermal = load_recipe("pid-tags"), load_recipe("receipts")
    faces = faces_or_skip(recipe)
    clean = recipe.model_copy(
        update={"degradations": Degradations(), "tone": Tone(paper=(240, 240), ink=(10, 10))}
    )
    before = draw_line(clean, faces, random.Random(3)).image
    assert before.getextrema()[1] == 240
    for effect in Degradations.model_fields:
        strong = (getattr(recipe.degradations, effect) or getattr(thermal.degradations, effect)).model_copy(
            update={"probability": 1.0}
        )
        only = clean.model_copy(update={"degradations": Degradations(**{effect: strong})})
        after = draw_line(only, faces, random.Random(3)).image
        assert after.size != before.size or after.tobytes() != before.tobytes(), effect


def test_nothing_is_left_behind_where_drawing_fails(tmp_path: Path) -> None:
    recipe = load_recipe("pid-tags")
    bad = recipe.model_copy(update={"fonts": FontSettings(families=("No Such Family",))})
    with pytest.raises(SynthesisError):
        synthesise(bad, count=3, seed=1, out=UPath(tmp_path / "out"))
    with pytest.raises(SynthesisError, match="at least 1"):
        synthesise(recipe, count=0, seed=1, out=UPath(tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []


def test_the_contact_sheet_shows_each_line_with_its_label(tmp_path: Path) -> None:
    recipe = load_recipe("thai-words")
    faces_or_skip(recipe)
    few = synthesise(recipe, count=2, seed=1, out=UPath(tmp_path / "few"), workers=1)
    more = synthesise(recipe, count=40, seed=1, out=UPath(tmp_path / "more"), workers=1)
    sheets = [open_image((s.folder / CONTACT_SHEET).read_bytes(), "sheet") for s in (few, more)]
    assert sheets[0].width == sheets[1].width
    assert sheets[0].height < sheets[1].height
