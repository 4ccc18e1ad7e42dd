"""A recipe that is wrong is refused with file, line and what to do; the ones that come along are right."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import ConfigError
from corpus.synthesis import load_recipe, recipe_names

GOOD = """\
recipe: mine
description: one line
text:
  grammar: thai-clusters
  lengths: { 1: 1.0 }
line:
  ink_px: [20, 28]
fonts:
  families: [Garuda]
"""


def test_the_recipes_that_were_promised_are_there() -> None:
    names = recipe_names()
    assert {load_recipe(name).recipe for name in names} == set(names)
    promised = {
        "thai-syllables",
        "thai-words",
        "hindi-lines",
        "vietnamese-lines",
        "pid-tags",
        "pid-drawings",
        "receipts",
    }
    assert promised <= set(names)


def test_a_recipe_is_read_from_a_path(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD, encoding="utf-8")
    assert load_recipe(tmp_path / "mine.yaml").recipe == "mine"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("ink_px", "ink_pxs", 7, "Did you mean 'ink_px'?"),
        ("[20, 28]", "[28, 20]", 7, "[least, most] between 6 and 48"),
        ("thai-clusters", "thai-cluster", 4, "Did you mean 'thai-clusters'?"),
        ("{ 1: 1.0 }", "{ 1: 0.0 }", 3, "lengths (not kinds) with a weight above 0"),
        ("families: [Garuda]", "families: []", 9, "at least 1 item"),
        ("line:\n  ink_px: [20, 28]\n", "", None, "text and line (for lines), or sheet alone"),
        (
            "fonts:",
            "degradations: { blur_px: { probability: 0.5, range: [1, 9] } }\nfonts:",
            8,
            "between 0 and 5",
        ),
        (
            "fonts:",
            "degradations: { blurr: { probability: 0.5, range: [1, 2] } }\nfonts:",
            8,
            "Did you mean 'blur_px'?",
        ),
        ("[20, 28]", "[20, 28]\n  height_px: 32", 6, "height_px and width_px together"),
        ("[20, 28]", "[20, 28]\n  height_px: 12\n  width_px: 90", 6, "margin_px to leave more than 4"),
        ("[20, 28]", "[20, 28]\n  stretch: true", 6, "a fixed canvas"),
        ("thai-clusters", "receipts", 3, "kinds (not lengths) with a weight above 0"),
        (
            "grammar: thai-clusters\n  lengths: { 1: 1.0 }",
            "grammar: receipts\n  kinds: { prices: 1 }",
            3,
            "kinds of price, count",
        ),
        ("fonts:", "tone: { paper: [90, 120], ink: [60, 80] }\nfonts:", 8, "lighter than ink"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, line: int | None, says: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_recipe(path)
    assert caught.value.problem.file == str(path)
    assert caught.value.problem.line == line
    assert says in str(caught.value)


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'pid-tags'"):
        load_recipe("pid-tag")


def test_the_recipe_in_the_documentation_is_one(tmp_path: Path) -> None:
    manual = Path(__file__).parents[2] / "docs" / "synthesis.md"
    (tmp_path / "mine.yaml").write_text(manual.read_text().split("```yaml\n")[1].split("```")[0])
    recipe = load_recipe(tmp_path / "mine.yaml")
    named = recipe.degradations.model_dump()
    assert all(named.values()), "every degradation is shown"
