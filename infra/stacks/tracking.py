"""Where runs are logged: an MLflow app, which costs nothing but its storage while nobody logs."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.lint import newer_than_lint
from infra.resources.access import Access, Statements, from_here
from infra.resources.tracked import call_app
from infra.stack import EnvironmentStack
from pipelines.place import Place

_FOLDER = "mlflow"


class TrackingStack(EnvironmentStack):
    """`arn` is what jobs take as their ``MLFLOW_TRACKING_URI``."""

    def __init__(self, scope: Construct, *, place: Place, key: kms.IKey) -> None:
        super().__init__(scope, "tracking", place=place, description="Where runs are logged")
        access = Access(place, (key.key_arn,))
        # MLflow apps are not among the services whose requests AWS says to name the account
        ours = from_here(place, "StringEqualsIfExists")
        self._files = [*access.read("artifacts", _FOLDER), *access.write("artifacts", _FOLDER)]
        role = iam.Role(
            self,
            "AppRole",
            description="Keeps the files of runs that are logged",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com", conditions=ours),
            inline_policies={"May": iam.PolicyDocument(statements=self._files)},
        )
        app = sagemaker.CfnMlflowApp(
            self,
            "App",
            name=place.prefix,
            artifact_store_uri=place.uri(_FOLDER),
            role_arn=role.role_arn,
            # the pipeline registers what its gate lets through; nothing else does
            model_registration_mode="AutoModelRegistrationDisabled",
        )
        app.apply_removal_policy(self.removal)
        newer_than_lint(app, "E3006")
        self.arn = app.attr_arn
        cdk.CfnOutput(self, "TrackingArn", value=self.arn)

    def log(self) -> Statements:
        """Let log runs; files go past the app to S3."""
        return [*call_app(self.arn), *self._files]
