"""The picture of the layers is that of the import rules, and every page is two links from the README."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYERS = runpy.run_path(str(ROOT / "scripts" / "layers.py"))
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def links(page: Path) -> set[Path]:
    """Return the files and folders of the project that a page links to."""
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    return {found for target in targets if (found := (page.parent / target).resolve()).exists()}


def test_the_layers_are_drawn_as_the_rules_are() -> None:
    page: str = LAYERS["PAGE"].read_text(encoding="utf-8")
    assert LAYERS["drawn"](page) == page, "run: python scripts/layers.py"
    assert "containers.runtime" in LAYERS["picture"]()


def test_every_page_is_two_links_from_the_readme() -> None:
    first = links(ROOT / "README.md")
    second = {target for page in first if page.suffix == ".md" for target in links(page)}
    near = first | second
    far = [page.name for page in (ROOT / "docs").rglob("*.md") if not {page, page.parent} & near]
    assert far == []
