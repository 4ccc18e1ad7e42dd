"""Read a YAML file into a pydantic model, and report the line and key of what does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic.annotated_handlers import GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from config.errors import ConfigError, Problem, did_you_mean

ModelT = TypeVar("ModelT", bound=BaseModel)
KeyPath = tuple[str | int, ...]

_BLOCK = "a block of keys"
_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": _BLOCK,
    "model_type": _BLOCK,
    "string_pattern_mismatch": "text of the form {pattern}",
}
"""Pydantic's messages that use Python's terms or do not fit the end of a sentence."""
_BEFORE = re.compile(r"^(Value error, |\w+ should (be |have )?)")
_AFTER = re.compile(r"( after validation, not |, unable to ).*$")
_LONGEST_FOUND = 80


class Settings(BaseModel):
    """A model for a file that users edit: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


@dataclass(frozen=True, slots=True)
class Form:
    """Requires a text to match `pattern` in full; `words` describe it, in messages and in editors."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        form = re.compile(self.pattern, re.ASCII)

        def fits(text: str) -> str:
            if form.fullmatch(text) is None:
                raise ValueError(self.words)
            return text

        return core_schema.no_info_after_validator_function(fits, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        told = {"pattern": f"^(?:{self.pattern})$", "patternErrorMessage": f"Expected {self.words}."}
        return {**handler(schema), **told}


def of_form(pattern: str, words: str) -> Form:
    """Return the requirement that a text match `pattern` in full, described by `words`."""
    return Form(pattern, words)


Share = Annotated[float, Field(ge=0.0, le=1.0)]
FileName = Annotated[
    str, of_form(r"[a-z][a-z0-9-]{1,40}", "2 to 41 characters of a-z, 0-9 and -, starting with a letter")
]
"""The name in a file of ours."""


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
        ConfigError: no such file (with the closest name), or it is wrong (with file, line and key).
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


def line_of(path: Path, key: str) -> int | None:
    """Return the line of a key such as ``families.0`` in a file that was read, or of its nearest parent."""
    node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    location = tuple(int(part) if part.isdigit() else part for part in key.split("."))
    return _line(_lines_of_keys(node, path), location)


def _line(lines: dict[KeyPath, int], location: KeyPath) -> int | None:
    return next((lines[location[:n]] for n in range(len(location), 0, -1) if location[:n] in lines), None)


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
    """Map each key path to its line (from 1); duplicate keys are refused, since YAML would drop one."""
    lines: dict[KeyPath, int] = {}
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            here = (*prefix, str(key_node.value))
            line = key_node.start_mark.line + 1
            if here in lines:
                key = ".".join(map(str, here))
                found = f"the key {key!r} is given twice (first on line {lines[here]})"
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
    # a misspelt key is also a missing one: report the misspelling, and the first in the file
    details = [one for one in error.errors() if not _follows(one)]
    strange = [one for one in details if one["type"] == "extra_forbidden"]
    detail = min(strange, key=lambda one: _line(lines, _location(one, lines)) or 0) if strange else details[0]
    location = _location(detail, lines)
    key = ".".join(map(str, location)) or "the file"
    line = _line(lines, location)
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    if detail["type"] == "extra_forbidden":
        fields = _fields_at(model, location[:-1])
        twin = next((name for name, one in fields.items() if location[-1] in other_names(one)), None)
        if twin is not None:
            found = f"{key!r} and {twin!r}, which mean the same{more}"
            return Problem("config.repeated-key", found, "one of them", "Delete one.", str(path), line)
        known = set(fields)
        found = f"unknown key {key!r}{more}"
        expected = "a key that exists here" if not known else "one of " + ", ".join(sorted(known))
        remedy = did_you_mean(str(location[-1]), known)
        return Problem("config.unknown-key", found, expected, remedy, str(path), line)
    if detail["type"] == "missing":
        found, expected = f"the key {key!r} is missing{more}", "a value, since it has no default"
        return Problem("config.missing-key", found, expected, "Add it.", str(path), line)
    found, expected, remedy = _told(key, detail)
    return Problem("config.bad-value", f"{found}{more}", expected, remedy, str(path), line)


def _location(detail: Any, lines: dict[KeyPath, int]) -> KeyPath:
    """Return the part of pydantic's location that is in the file; it also names members of unions."""
    location: KeyPath = ()
    for part in detail["loc"]:
        if (*location, part) in lines or part == detail["loc"][-1]:
            location = (*location, part)
    return location


def _follows(detail: Any) -> bool:
    """Tell whether a list is too short only because its contents were refused, which is reported already."""
    return bool(detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"])


def _told(key: str, detail: Any) -> tuple[str, str, str]:
    """Return what was found, what was expected and what to do about a value that does not fit."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    said = _AFTER.sub("", _BEFORE.sub("", detail["msg"]))
    expected = _EXPECTED[kind].format_map(context) if kind in _EXPECTED else said
    if kind == "value_error" and isinstance(value, Mapping | BaseModel):
        return f"the keys of {key} do not fit together", expected, "Change one of its keys."
    found = f"{key} is {_shown(value)}"
    if kind == "string_type" and not isinstance(value, list | dict | None):
        return found, expected, "Quote it: without quotes YAML does not read it as text."
    if kind == "literal_error" and isinstance(value, str):
        known = [word.strip("' ") for word in context["expected"].replace(" or ", ",").split(",")]
        return found, expected, did_you_mean(value, known)
    return found, expected, "Change the value."


def _shown(value: object) -> str:
    """Return a value as it can appear in a sentence."""
    if value is None:
        return "empty"
    if isinstance(value, Mapping | BaseModel):
        return _BLOCK
    text = repr(value)
    return text if len(text) <= _LONGEST_FOUND else f"{text[:_LONGEST_FOUND]}…"


def other_names(field: FieldInfo) -> list[str]:
    """Return the aliases of a key."""
    choices = field.validation_alias.choices if isinstance(field.validation_alias, AliasChoices) else []
    return [one for one in choices[1:] if isinstance(one, str)]


def _fields_at(model: type[BaseModel], location: KeyPath) -> dict[str, FieldInfo]:
    """Return the fields of the model at `location` inside `model`."""
    current: Any = model
    for part in location:
        annotation = current
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            annotation = field.annotation if field else None
        current = _inner_model(annotation)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return current.model_fields
    return {}


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
