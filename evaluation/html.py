"""HTML from templates, with the same formats for numbers and characters everywhere."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import jinja2
from markupsafe import Markup

from evaluation.wording import counted, percent, points


def render(template: Path, **values: object) -> str:
    """Return `template` rendered with `values`; everything but `Markup` is escaped.

    Raises:
        jinja2.TemplateError: the template uses an undefined name.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "points": points, "visible": visible, "counted": counted}
    return environment.get_template(template.name).render(**values)


def safe(html: str) -> Markup:
    """Return HTML of our own making as markup that needs no escaping."""
    return Markup(html)  # noqa: S704 - from a template of ours, which escaped its values


def visible(text: str) -> str:
    """Return `text` with what is invisible made visible: spaces, controls, marks without a letter."""
    shown = "".join(_visible(character) for character in text)
    return f"◌{shown}" if text and unicodedata.category(text[0]).startswith("M") else shown


def _visible(character: str) -> str:
    if character == " ":
        return "␣"
    if character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn"):
        return f"U+{ord(character):04X}"
    return character
