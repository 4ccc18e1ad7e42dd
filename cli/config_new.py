"""A family's file to begin with: what its task needs, the values to change, and what each one means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.errors import InputError, Problem, StateError, did_you_mean

if TYPE_CHECKING:
    from config.family import Family

_SCHEMA = "# yaml-language-server: $schema="
_WIDTH = 100
_PLAIN = re.compile(r"(?!(?:yes|no|on|off|true|false|null)$)[A-Za-z][\w-]*", re.ASCII | re.IGNORECASE)
"""Text that needs no quotes."""


def write_family(path: Path, task: str, image: str | None) -> None:
    """Write the file of a family for `task` that is called like the file.

    Raises:
        InputError: there is no such task or image, or the name cannot be a family's.
        StateError: something is at `path` already, or its folder is not there.
    """
    from config.tasks import TASKS, load_family

    if task not in TASKS:
        raise InputError(
            Problem("family.task", f"the task {task!r}", "one that there is", did_you_mean(task, TASKS))
        )
    if path.suffix not in (".yaml", ".yml"):
        remedy = f"Name it {path.name}.yaml."
        raise InputError(Problem("family.file", f"the file {str(path)!r}", "FILE.yaml", remedy))
    offered = TASKS[task].images
    if image is not None and image not in offered:
        found, expected = f"the image {image!r}", f"one that offers {task}"
        raise InputError(Problem("family.image", found, expected, did_you_mean(image, offered)))
    if not path.parent.is_dir():
        raise StateError(f"{path.parent} is not a folder. Make it, or name another file.")
    text = _text(path, TASKS[task], task, image or offered[0])
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise StateError(f"{path} exists already. Name another file, or remove it.") from error
    try:
        load_family(str(path))
    except InputError:
        path.unlink()
        raise


def _text(path: Path, kind: type[Family], task: str, image: str) -> str:
    """Return the file: what must be said as lines, what has a default as comments."""
    from config.family import FAMILIES
    from config.schemas import file_of

    beside = path.absolute().parent == FAMILIES.absolute()
    schema = "../schemas/family.json" if beside else file_of("family").as_uri()
    fields = kind.model_fields
    training = fields["training"].annotation
    assert training is not None
    recipe = training.model_fields["recipe"].get_default()
    lines = [
        f"{_SCHEMA}{schema}",
        f"family: {path.stem}",
        "description: What these models are for, in a line",
        f"task: {task}",
    ]
    if task in fields:
        keys = list(_section(fields[task].annotation, kind.sketch.get(task, {})))
        all_default = all(key.startswith("  # ") for key in keys)  # a block must not be empty
        lines += [f"# {task}:" if all_default else f"{task}:"]
        lines += [f"#   {key.removeprefix('  # ')}" if all_default else key for key in keys]
    lines += [
        "training:",
        f"  image: {image} # which container image trains it",
        f"  recipe: {recipe} # glyphline config check names them all; or a YAML file",
        "  # hyperparameters: {epochs: 5} # in place of the recipe's",
        "gate: # what a candidate must hold before anybody is asked to approve it",
        *_section(fields["gate"].annotation, {"max_error": None}, rest=False),
    ]
    return "\n".join(lines) + "\n"


def _section(model: Any, said: Mapping[str, Any], *, rest: bool = True) -> Iterator[str]:
    """Yield the keys of a section: those that are `said` or have no default, and the `rest` as comments."""
    from config.schemas import schema_of

    told = schema_of(model)["properties"]
    for name, field in model.model_fields.items():
        meaning = " ".join(str(told.get(name, {}).get("description", "")).split())
        comment = f" # {meaning}" if meaning and len(meaning) < _WIDTH else ""
        if name in said or field.is_required():
            value = said.get(name)
            yield f"  {name}: {_yaml(field.get_default() if value is None else value)}{comment}"
        elif rest:
            yield f"  # {name}: {_yaml(field.get_default(call_default_factory=True))}{comment}"


def _yaml(value: Any) -> str:
    import json

    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False, default=list)
