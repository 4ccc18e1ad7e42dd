"""The JSON schemas by which an editor completes and checks the files under `config/`.

Each file there names its schema in its first line; `python -m config.schemas` regenerates them when the
settings have changed.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from config.environment import Environment
from config.tasks import TASKS
from config.yaml_source import other_names

FOLDER = Path(__file__).parent


def schema(name: str) -> JsonSchemaValue:
    """Return the schema of one of `NAMES`."""
    return _MADE[name]()


def schema_of(model: type[BaseModel]) -> JsonSchemaValue:
    """Return the schema of a settings file that always has the same model."""
    return {"$schema": _Explained.schema_dialect, **model.model_json_schema(schema_generator=_Explained)}


def as_text(made: JsonSchemaValue) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def file_of(name: str) -> Path:
    """Return the file of the schema of one of `NAMES`."""
    return FOLDER / f"{name}.json"


def _by_task(name: str, models: Mapping[str, type[BaseModel]]) -> JsonSchemaValue:
    """Return the schema of a file whose `task` selects its model."""
    made, together = models_json_schema(
        [(model, "validation") for model in models.values()], schema_generator=_Explained
    )
    choices = [
        {"if": _has_task({"const": task}), "then": made[model, "validation"]}
        for task, model in models.items()
    ]
    head = {"$schema": _Explained.schema_dialect, "title": name, "type": "object"}
    return {**head, **_has_task({"enum": list(models)}), "allOf": choices, **together}


def _has_task(value: JsonSchemaValue) -> JsonSchemaValue:
    return {"properties": {"task": value}, "required": ["task"]}


_MADE: dict[str, Callable[[], JsonSchemaValue]] = {
    "environment": lambda: schema_of(Environment),
    "family": lambda: _by_task("family", TASKS),
    "recipe": lambda: _by_task("recipe", {task: family.recipe_kind for task, family in TASKS.items()}),
}
NAMES = tuple(_MADE)


class _Explained(GenerateJsonSchema):
    """Adds what pydantic leaves out: the sentence below each key, and the key's aliases.

    `use_attribute_docstrings` would do the former, but reads the sources whenever a model is imported: 50 ms
    on every command.
    """

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Return the schema of a model."""
        made, model = super().model_schema(schema), schema["cls"]
        keys = made.get("properties", {})
        for name, sentence in _sentences_of(model).items():
            if name in keys:
                keys[name]["description"] = sentence
        for name, field in model.model_fields.items():
            for other in other_names(field):
                keys[other] = {**keys[name], "description": f"Same as {name}."}
        return made

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return a schema with its default, unless that is a block, which editors would write out in full."""
        made = super().default_schema(schema)
        return {key: value for key, value in made.items() if key != "default" or not isinstance(value, dict)}

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Tell pydantic that a key is its own title."""
        return False


def _sentences_of(model: type[BaseModel]) -> dict[str, str]:
    """Return the texts below the fields of a model and of its bases."""
    own = [one for one in reversed(model.__mro__) if issubclass(one, BaseModel) and one is not BaseModel]
    return {
        name: sentence for one in own for name, sentence in _sentences(one.__module__)[one.__name__].items()
    }


@cache
def _sentences(module: str) -> dict[str, dict[str, str]]:
    """Return the texts below the fields of each class of a module."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: dict(_below(node)) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def _below(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for statement, text in pairwise(node.body):
        match statement, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                yield name, inspect.cleandoc(said)
