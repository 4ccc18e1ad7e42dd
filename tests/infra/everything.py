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
    """The templates by stack, and what cdk-nag said of the app."""

    templates: dict[str, dict[str, Any]]
    report: dict[str, Any]


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
        return Everything(
            {path.name.split(".")[0]: json.loads(path.read_bytes()) for path in out.glob("*.template.json")},
            json.loads((out / "validation-report.json").read_bytes()),
        )
