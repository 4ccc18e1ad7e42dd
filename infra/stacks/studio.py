"""Where people look: a SageMaker Studio domain without internet, with a profile for each of their roles."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.resources.inside import inside
from infra.stack import EnvironmentStack
from pipelines.place import Place, RoleKind


class StudioStack(EnvironmentStack):
    """Whoever opens a profile has its role, and CloudTrail notes the profile's name beside it."""

    def __init__(self, scope: Construct, *, place: Place, key: kms.IKey) -> None:
        super().__init__(scope, "studio", place=place, description="Studio, where versions are approved")
        network = inside(place, "studio: true")
        domain = sagemaker.CfnDomain(
            self,
            "Domain",
            domain_name=place.prefix,
            auth_mode="IAM",
            app_network_access_type="VpcOnly",
            vpc_id=network.vpc,
            subnet_ids=list(network.subnets),
            kms_key_id=key.key_id,
            default_user_settings=sagemaker.CfnDomain.UserSettingsProperty(
                execution_role=place.role_arn("scientist"),
                security_groups=list(network.security_groups),
                studio_web_portal="ENABLED",
                default_landing_uri="studio::",
            ),
            domain_settings=sagemaker.CfnDomain.DomainSettingsProperty(
                execution_role_identity_config="USER_PROFILE_NAME"
            ),
            tag_propagation="ENABLED",
        )
        domain.apply_removal_policy(self.removal)
        for kind in _profiles(place):
            sagemaker.CfnUserProfile(
                self,
                kind.capitalize(),
                domain_id=domain.attr_domain_id,
                user_profile_name=kind,
                user_settings=sagemaker.CfnUserProfile.UserSettingsProperty(
                    execution_role=place.role_arn(kind), security_groups=list(network.security_groups)
                ),
            )
        cdk.CfnOutput(self, "DomainId", value=domain.attr_domain_id)


def _profiles(place: Place) -> tuple[RoleKind, ...]:
    """Return whose profiles there are: where nobody is named, nobody takes the approver's role."""
    return ("approver", "scientist") if place.environment.approvers else ("scientist",)
