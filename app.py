"""The CDK application: `npx cdk deploy --all --context environment=dev` (docs/deploy.md)."""

from __future__ import annotations

import os

import aws_cdk as cdk

from config.environment import load_environment
from infra.application import compose
from pipelines.place import NO_ACCOUNT, Place

app = cdk.App()
environment = load_environment(app.node.try_get_context("environment") or "dev")
account = environment.account or os.environ.get("CDK_DEFAULT_ACCOUNT") or NO_ACCOUNT
compose(app, Place(environment, account))
app.synth()
