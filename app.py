"""The CDK application: `npx cdk deploy --all --context environment=dev` (docs/deploy.md)."""

from __future__ import annotations

import gc
import os
import sys

import aws_cdk as cdk

from config.environment import ENVIRONMENTS, load_environment
from config.errors import GlyphlineError
from config.yaml_source import path_of
from infra.application import compose
from infra.checks import check
from pipelines.place import NO_ACCOUNT, Place


def main() -> None:
    """Synthesise the environment that the context names."""
    gc.disable()  # of a process of seconds, collecting garbage takes one
    app = cdk.App()
    name = app.node.try_get_context("environment") or "dev"
    environment = load_environment(name)
    check(environment, path_of(name, ENVIRONMENTS))
    account = environment.account or os.environ.get("CDK_DEFAULT_ACCOUNT") or NO_ACCOUNT
    compose(app, Place(environment, account))
    app.synth()


if __name__ == "__main__":
    try:
        main()
    except GlyphlineError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
