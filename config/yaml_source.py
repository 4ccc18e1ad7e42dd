"""Read a YAML file into a pydantic model, and say which line and key is wrong when it does not fit."""

from __future__ import annotations

from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from config.errors import ConfigError, Problem, did_you_mean

ModelT = TypeVar("ModelT", bound=BaseModel)
KeyPath = tuple[str | int, ...]


class Settings(BaseModel):
    """A model for a file that people edit: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def load_model(path: Path, model: type[ModelT]) -> ModelT:
    """Return `path` as a `model`.

    Raises:
        ConfigError: the file is missing, is not YAML, repeats a key, or does not fit the model.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(_missing(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            Problem("config.encoding", f"not UTF-8 ({error.reason})", "UTF-8", "Save it as UTF-8.", str(path))
        ) from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        lines = _lines_of_keys(node, path)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(_syntax(path, error)) from error
    try:
        return model.model_validate(content if content is not None else {})
    except ValidationError as error:
        raise ConfigError(_misfit(path, model, error, lines)) from error


def path_of(name_or_path: str | Path, folder: Path) -> Path:
    """Return the file that is meant: any YAML file by its path, or one of `folder` by its name."""
    given = str(name_or_path)
    return Path(given) if given.endswith((".yaml", ".yml")) or "/" in given else folder / f"{given}.yaml"


def load_named(name_or_path: str | Path, folder: Path, model: type[ModelT], key: str) -> ModelT:
    """Return a file of `folder` by its name, which its `key` must repeat, or any YAML file by its path.

    Raises:
        ConfigError: no such file (with the nearest name), or it is wrong (with file, line and key).
    """
    path = path_of(name_or_path, folder)
    loaded = load_model(path, model)
    name = getattr(loaded, key)
    if path.parent == folder and name != path.stem:
        found, expected = f"{key} is {name!r}", f"{path.stem!r}, the name of the file"
        raise ConfigError(Problem("config.name", found, expected, "Rename one of the two.", str(path)))
    return loaded


def names_in(folder: Path) -> list[str]:
    """Return the names of the YAML files that `folder` holds."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def _missing(path: Path) -> Problem:
    siblings = names_in(path.parent)
    remedy = (
        did_you_mean(path.stem, siblings) if siblings else f"Create it, or check the folder {path.parent}/."
    )
    return Problem("config.missing", "no such file", "a YAML file", remedy, str(path))


def _syntax(path: Path, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    found = getattr(error, "problem", None) or str(error)
    line = mark.line + 1 if mark is not None else None
    return Problem("config.syntax", f"not YAML: {found}", "valid YAML", "Mend the line.", str(path), line)


def _lines_of_keys(node: yaml.Node | None, path: Path, prefix: KeyPath = ()) -> dict[KeyPath, int]:
    """Map each key path to its line (from 1); a key that stands twice is refused, YAML would drop one."""
    lines: dict[KeyPath, int] = {}
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            here = (*prefix, str(key_node.value))
            line = key_node.start_mark.line + 1
            if here in lines:
                key = ".".join(map(str, here))
                found = f"the key {key!r} stands twice (first on line {lines[here]})"
                raise ConfigError(
                    Problem("config.repeated-key", found, "it once", "Delete one.", str(path), line)
                )
            lines[here] = line
            lines |= _lines_of_keys(value_node, path, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value_node in enumerate(node.value):
            lines[(*prefix, index)] = value_node.start_mark.line + 1
            lines |= _lines_of_keys(value_node, path, (*prefix, index))
    return lines


def _misfit(path: Path, model: type[BaseModel], error: ValidationError, lines: dict[KeyPath, int]) -> Problem:
    # a misspelt key is also a missing one: speak of the misspelling
    detail = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    # pydantic's location also names union members and the like: keep what is really in the file
    location: KeyPath = ()
    for part in detail["loc"]:
        if (*location, part) in lines or part == detail["loc"][-1]:
            location = (*location, part)
    key = ".".join(map(str, location)) or "the file"
    line = next((lines[location[:n]] for n in range(len(location), 0, -1) if location[:n] in lines), None)
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if detail["type"] == "extra_forbidden":
        known = _fields_at(model, location[:-1])
        found = f"unknown key {key!r}{more}"
        expected = "a key that exists here" if not known else "one of " + ", ".join(sorted(known))
        remedy = did_you_mean(str(location[-1]), known)
        return Problem("config.unknown-key", found, expected, remedy, str(path), line)
    if detail["type"] == "missing":
        found, expected = f"the key {key!r} is missing{more}", "it, since it has no default"
        return Problem("config.missing-key", found, expected, "Add it.", str(path), line)
    found = f"{key} is {detail['input']!r}{more}"
    expected = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return Problem("config.bad-value", found, expected, _nearest_value(detail), str(path), line)


def _nearest_value(detail: Any) -> str:
    context = detail.get("ctx", {}).get("expected")
    if detail["type"] != "literal_error" or not isinstance(context, str):
        return "Change the value."
    known = [word.strip("' ") for word in context.replace(" or ", ",").split(",")]
    return did_you_mean(str(detail["input"]), known)


def _fields_at(model: type[BaseModel], location: KeyPath) -> set[str]:
    """Return the field names of the model that sits at `location` inside `model`."""
    current: Any = model
    for part in location:
        annotation = current
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            annotation = field.annotation if field else None
        current = _inner_model(annotation)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return set(current.model_fields)
    return set()


def _inner_model(annotation: Any) -> Any:
    """Return the first pydantic model inside `annotation` (through unions, lists and dicts)."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, list, tuple, dict) or get_args(annotation):
        for argument in get_args(annotation):
            inner = _inner_model(argument)
            if inner is not None:
                return inner
    return None
