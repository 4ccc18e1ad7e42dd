"""What a recipe may say: the text, the type, the canvas and what a scanner does to them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from config.family import Share
from config.yaml_source import FileName, Settings, load_named, names_in
from corpus.splits import SplitPolicy
from corpus.synthesis.texts import analysers, receipts, tags

RECIPES = Path(__file__).parent / "recipes"

Range = tuple[float, float]
Weight = Annotated[float, Field(ge=0)]
GrammarName = Literal[
    "thai-clusters", "thai-words", "hindi-words", "vietnamese-words", "tags", "analysers", "receipts"
]

KINDS: Mapping[str, Mapping[str, Callable[[random.Random], str]]] = {
    "tags": tags.KINDS,
    "analysers": analysers.KINDS,
    "receipts": receipts.KINDS,
}
"""What each grammar that has ``kinds`` can write."""


def _range(low: float, high: float) -> AfterValidator:
    """Accept (least, most) where both lie between `low` and `high`, in order."""

    def check(value: Range) -> Range:
        if not low <= value[0] <= value[1] <= high:
            raise ValueError(f"[least, most] between {low:g} and {high:g}")
        return value

    return AfterValidator(check)


class TextSettings(Settings):
    """Where labels come from: `lengths` weighs how many clusters or words, or `kinds` what is written."""

    grammar: GrammarName
    lengths: dict[Annotated[int, Field(ge=1, le=20)], Weight] = Field(default_factory=dict)
    kinds: dict[str, Weight] = Field(default_factory=dict)
    """How often each kind of text is drawn, as weights."""
    balance: Annotated[int, Field(ge=1, le=64)] = 1
    """Texts drawn for each sample, of which those with rare characters are likelier taken; 1: no balance."""

    label_case: Literal["as-drawn", "upper"] = "as-drawn"
    """``upper``: labels are in capitals whatever the image shows, for data that is labelled so."""

    @model_validator(mode="after")
    def _has_weights(self) -> TextSettings:
        known = KINDS.get(self.grammar)
        if known is None:
            if self.kinds or not any(self.lengths.values()):
                raise ValueError(
                    f"lengths (not kinds) with a weight above 0, since the grammar is {self.grammar}"
                )
            return self
        if self.lengths or not any(self.kinds.values()):
            raise ValueError(
                f"kinds (not lengths) with a weight above 0, since the grammar is {self.grammar}"
            )
        if unknown := sorted(self.kinds.keys() - known.keys()):
            raise ValueError(f"kinds of {', '.join(known)} (not {unknown[0]!r})")
        return self


class FontSettings(Settings):
    """Which of the installed fonts are used: shell patterns over family and style, case ignored.

    A family is drawn first, then one of its styles, so that one with many styles does not crowd out the rest.
    """

    families: Annotated[tuple[str, ...], Field(min_length=1)]
    styles: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)


class LineSettings(Settings):
    """The image of one text line; sizes in pixels.

    `height_px` and `width_px` fix the canvas and the text is shrunk into it, or with `stretch` its ink
    is drawn out to the canvas's width; without them the canvas is the text with its margins.
    """

    ink_px: Annotated[Range, _range(6, 48)]
    """Height of the text's ink, before it is turned or shrunk to fit."""
    margin_px: Annotated[Range, _range(-4, 64)] = (2.0, 5.0)
    """Below 0 the edge cuts into the ink."""
    full_height: bool = False
    """Ink reaches at least from the baseline to the capitals' height, so that a full stop stays small."""
    aspect: Annotated[Range, _range(0.3, 3)] = (1.0, 1.0)
    """How much wider than it is designed the type is set."""
    height_px: Annotated[int, Field(ge=8, le=256)] | None = None
    width_px: Annotated[int, Field(ge=8, le=4096)] | None = None
    stretch: bool = False
    turned_share: Share = 0.0
    """The share of images turned by 90 degrees, so that the text reads upwards."""

    @model_validator(mode="after")
    def _canvas_is_whole(self) -> LineSettings:
        if (self.height_px is None) != (self.width_px is None):
            raise ValueError("height_px and width_px together, or neither")
        least_px = min(self.height_px or 256, self.width_px or 256)
        if least_px <= 2 * self.margin_px[1] + 4:
            raise ValueError(f"margin_px to leave more than 4 of the canvas's {least_px} pixels")
        if self.stretch and self.width_px is None:
            raise ValueError("a fixed canvas (height_px and width_px) to stretch to")
        return self


class SheetSettings(Settings):
    """A whole drawing; sizes in pixels (A3 at 150 dpi is 2480 x 1754)."""

    width_px: Annotated[int, Field(ge=1200, le=6000)] = 2480
    height_px: Annotated[int, Field(ge=900, le=4500)] = 1754
    stages: Annotated[tuple[int, int], _range(2, 12)] = (4, 6)
    """How many pieces of main equipment stand on the sheet."""


class Tone(Settings):
    """Grey levels, 0 (black) to 255 (white)."""

    paper: Annotated[Range, _range(0, 255)] = (215.0, 255.0)
    ink: Annotated[Range, _range(0, 255)] = (0.0, 70.0)

    @model_validator(mode="after")
    def _is_legible(self) -> Tone:
        if self.paper[0] - self.ink[1] < 40:
            raise ValueError("paper at least 40 grey levels lighter than ink")
        return self


def _effect(low: float, high: float) -> Callable[[Effect], Effect]:
    """Accept an effect whose range lies between `low` and `high`."""

    def check(effect: Effect) -> Effect:
        if not low <= effect.range[0] <= effect.range[1] <= high:
            raise ValueError(f"its range to be [least, most] between {low:g} and {high:g}")
        return effect

    return check


class Effect(Settings):
    """One degradation: how often, and how strong, drawn evenly from the range."""

    probability: Share
    range: Range


class Degradations(Settings):
    """What copying and scanning do to a text; what is left out does not happen."""

    spacing_em: Annotated[Effect, AfterValidator(_effect(-0.2, 1))] | None = None
    """Space between letters; for scripts whose letters stand alone."""
    dots_px: Annotated[Effect, AfterValidator(_effect(6, 64))] | None = None
    """Printer's dots to the em: type is set without grey at so many, as a thermal or needle printer does."""
    weight: Annotated[Effect, AfterValidator(_effect(-1, 1))] | None = None
    """Strokes grow thicker (above 0) or thinner, as heat and ribbon have it."""
    fade_share: Annotated[Effect, AfterValidator(_effect(0, 1))] | None = None
    """How much of the ink is missing in patches."""
    skew_deg: Annotated[Effect, AfterValidator(_effect(-15, 15))] | None = None
    strokes_px: Annotated[Effect, AfterValidator(_effect(0.5, 6))] | None = None
    """Thickness of pipes and dimension lines that cross the text or run along it."""
    bleed_share: Annotated[Effect, AfterValidator(_effect(0, 0.6))] | None = None
    """Darkness of the back's writing that shines through, as a share of the ink's."""
    paper_grey: Annotated[Effect, AfterValidator(_effect(0, 60))] | None = None
    """Unevenness of the paper in grey levels (standard deviation)."""
    blur_px: Annotated[Effect, AfterValidator(_effect(0, 5))] | None = None
    """Standard deviation of the blur."""
    noise_grey: Annotated[Effect, AfterValidator(_effect(0, 60))] | None = None
    """Standard deviation of the sensor's noise in grey levels."""
    jpeg_quality: Annotated[Effect, AfterValidator(_effect(5, 100))] | None = None


class Recipe(Settings):
    """One file of `corpus/synthesis/recipes/`. It draws either lines (`text`, `line`) or sheets (`sheet`)."""

    recipe: FileName
    description: str
    text: TextSettings | None = None
    line: LineSettings | None = None
    sheet: SheetSettings | None = None
    fonts: FontSettings
    tone: Tone = Tone()
    degradations: Degradations = Degradations()
    splits: SplitPolicy = SplitPolicy()

    @model_validator(mode="after")
    def _draws_one_thing(self) -> Recipe:
        of_lines = (self.text is not None, self.line is not None)
        if of_lines != ((False, False) if self.sheet is not None else (True, True)):
            raise ValueError("text and line (for lines), or sheet alone (for drawings)")
        return self


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Return a recipe by its name in `corpus/synthesis/recipes/`, or from the path of any YAML file.

    Raises:
        ConfigError: no such recipe, or its file is wrong (with file, line, key and the nearest name).
    """
    return load_named(name_or_path, RECIPES, Recipe, "recipe")


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with Glyphline."""
    return names_in(RECIPES)
