"""What a family has in the account: its pipeline, and the group that its versions are registered in."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from config.family import Family
from pipelines.place import Place


class PipelineAndVersions(Construct):
    """Both are named ``glyphline-ENVIRONMENT-FAMILY``; `body` is the definition."""

    def __init__(
        self, scope: Construct, *, family: Family, place: Place, body: str, removal: cdk.RemovalPolicy
    ) -> None:
        super().__init__(scope, "".join(part.capitalize() for part in family.family.split("-")))
        name = place.name(family.family)
        versions = sagemaker.CfnModelPackageGroup(
            self,
            "Versions",
            model_package_group_name=name,
            model_package_group_description=family.description,
        )
        versions.apply_removal_policy(removal)
        pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=name,
            pipeline_description=family.description,
            role_arn=place.role_arn("pipeline"),
            pipeline_definition={"PipelineDefinitionBody": body},
        )
        pipeline.add_resource_dependency(versions)
