"""The templates of an environment as plain JSON: synthesised here and now, or read from a folder."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.environment import Environment
from config.errors import InputError, Problem

_CDK = Path(__file__).parent.parent / "cdk.json"
_SUFFIX = ".template.json"

Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a template: `name` is its logical id, `said` its properties."""

    stack: str
    name: str
    type: str
    said: Mapping[str, Any]


def synthesised(environment: Environment) -> dict[str, Template]:
    """Return the templates of `environment` by the name of their stack: no AWS, no network, nothing kept.

    It takes seconds: the CDK is JavaScript in a process of its own.
    """
    # the CDK warns of an old Node in a box of twelve lines; `doctor` says it in one
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
    os.environ["CDK_VALIDATION"] = "false"  # `cdk synth` validates; here it would take longer than the rest
    import aws_cdk as cdk

    from infra.application import compose
    from pipelines.place import NO_ACCOUNT, Place

    context = json.loads(_CDK.read_text(encoding="utf-8"))["context"]  # only the CLI reads it by itself
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder, context=context)
        compose(app, Place(environment, environment.account or NO_ACCOUNT))
        app.synth()
        return read(Path(folder), environment)


def read(folder: Path, environment: Environment) -> dict[str, Template]:
    """Return the templates of `environment` that `cdk synth` left in `folder`, by the name of their stack.

    Raises:
        InputError: there are none.
    """
    name = environment.environment
    found = {
        path.name.removesuffix(_SUFFIX): json.loads(path.read_bytes())
        for path in sorted(folder.glob(f"glyphline-{name}-*{_SUFFIX}"))
    }
    if not found:
        expected = f"what cdk synth makes of the environment {name}"
        remedy = f"Make it: npx cdk synth --context environment={name}."
        raise InputError(Problem("templates.none", "no templates", expected, remedy, str(folder)))
    return found


def resources(templates: Mapping[str, Template]) -> Iterator[Resource]:
    """Yield every resource, by stack and name."""
    for stack, template in sorted(templates.items()):
        for name, one in sorted(template.get("Resources", {}).items()):
            yield Resource(stack, name, one["Type"], one.get("Properties", {}))
