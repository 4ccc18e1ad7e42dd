"""HTML from templates, with the same ways to write numbers and characters everywhere."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import jinja2
from markupsafe import Markup

from evaluation.wording import counted, percent, points


def render(template: Path, **values: object) -> str:
    """Return what `template` makes of `values`; what is not `Markup` is escaped.

    Raises:
        jinja2.TemplateError: the template asks for what is not there.
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
    """Return HTML of our own making as what needs no escaping."""
    return Markup(html)  # noqa: S704 - it comes from a template of ours, which escaped its values


def visible(text: str) -> str:
    """Return `text` so that what cannot be seen can be: spaces, controls, marks without a letter."""
    shown = "".join(_visible(character) for character in text)
    return f"◌{shown}" if text and unicodedata.category(text[0]).startswith("M") else shown


def _visible(character: str) -> str:
    if character == " ":
        return "␣"
    if character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn"):
        return f"U+{ord(character):04X}"
    return character
