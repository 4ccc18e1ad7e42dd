"""An environment in which every optional part is there: what prod leaves out is held to the rules, too."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ACCOUNT = "123456789012"
OPTIONS: dict[str, Any] = {
    "make_network": True,
    "approvers": [f"arn:aws:iam::{ACCOUNT}:role/head-of-drawings"],
    "permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "alarms_to": "drawings@example.org",
    "search": {"kind": "managed", "instance": "r7g.large.search", "nodes": 2},
    "labelling": {"backend": "ground-truth"},
}


@dataclass(frozen=True, slots=True)
class Everything:
    """The templates by stack, what cdk-nag said of the app, and what functions travel as."""

    templates: dict[str, dict[str, Any]]
    report: dict[str, Any]
    functions: dict[str, dict[str, bytes]]
    """The files of each function, by its handler."""


@cache
def everything() -> Everything:
    """Return what that environment synthesises to; once for a process, since it takes seconds."""
    import aws_cdk as cdk

    from config.environment import Environment, load_environment
    from infra.application import compose
    from infra.nag import hold_to_rules
    from pipelines.place import Place

    os.environ["CDK_VALIDATION"] = "false"  # cdk-nag runs nevertheless
    settings = load_environment("prod").model_dump(exclude_unset=True) | OPTIONS
    context = json.loads(Path("cdk.json").read_text())["context"]
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder, context=context)
        compose(app, Place(Environment.model_validate(settings), ACCOUNT))
        hold_to_rules(app)
        with suppress(RuntimeError):  # of findings; the report, which it leaves, says of which
            app.synth()
        out = Path(folder)
        templates = {
            path.name.split(".")[0]: json.loads(path.read_bytes()) for path in out.glob("*.template.json")
        }
        report = json.loads((out / "validation-report.json").read_bytes())
        return Everything(templates, report, _functions(templates, out))


def _functions(templates: dict[str, dict[str, Any]], out: Path) -> dict[str, dict[str, bytes]]:
    said = [
        one["Properties"]
        for template in templates.values()
        for one in template["Resources"].values()
        if one["Type"] == "AWS::Lambda::Function"
    ]
    return {one["Handler"]: _files(out / f"asset.{Path(one['Code']['S3Key']).stem}") for one in said}


def _files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}
