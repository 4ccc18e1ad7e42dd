"""Where people look: a SageMaker Studio domain without internet, with a profile for each of their roles."""

from __future__ import annotations

import re

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.resources.inside import Inside, inside
from infra.resources.studio_access import APPROVER_PROFILE
from infra.stack import EnvironmentStack
from pipelines.place import Place, RoleKind

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_NAME = 63
_NFS = 2049
_APPLICATIONS = (8192, 65535)


class StudioStack(EnvironmentStack):
    """Whoever opens a profile has its role."""

    def __init__(self, scope: Construct, *, place: Place, key: kms.IKey) -> None:
        super().__init__(scope, "studio", place=place, description="Studio, where versions are approved")
        network = inside(place, "studio: true")
        groups = [*network.security_groups, self._among_themselves(network).attr_group_id]
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
                security_groups=groups,
                studio_web_portal="ENABLED",
                default_landing_uri="studio::",
            ),
            tag_propagation="ENABLED",
        )
        domain.apply_removal_policy(self.removal)
        for name, kind in _profiles(place).items():
            sagemaker.CfnUserProfile(
                self,
                "".join(part.capitalize() for part in name.split("-")),
                domain_id=domain.attr_domain_id,
                user_profile_name=name,
                user_settings=sagemaker.CfnUserProfile.UserSettingsProperty(
                    execution_role=place.role_arn(kind), security_groups=groups
                ),
            )
        cdk.CfnOutput(self, "DomainId", value=domain.attr_domain_id)

    def _among_themselves(self, network: Inside) -> ec2.CfnSecurityGroup:
        """Return the group in which Studio's applications reach each other and their files.

        Source: https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-and-internet-access.html
        """
        about = "Applications of Studio, and their files"
        group = ec2.CfnSecurityGroup(self, "Group", group_description=about, vpc_id=network.vpc)
        for name, first, last in (("Files", _NFS, _NFS), ("Applications", *_APPLICATIONS)):
            ec2.CfnSecurityGroupIngress(
                self,
                f"To{name}",
                group_id=group.attr_group_id,
                source_security_group_id=group.attr_group_id,
                ip_protocol="tcp",
                from_port=first,
                to_port=last,
                description=f"{name}, from this group",
            )
        return group


def _profiles(place: Place) -> dict[str, RoleKind]:
    """Return the roles of the profiles by their names.

    Each approver has one, for Studio notes of a decision only the profile that it was made in. Where nobody
    is named, nobody takes the approver's role.
    """
    people = [arn.rpartition("/")[2] for arn in place.environment.approvers]
    approvers = [
        _NOT_IN_A_NAME.sub("-", f"{APPROVER_PROFILE}{one}")[:_LONGEST_NAME].strip("-") for one in people
    ]
    return {**dict.fromkeys(approvers, "approver"), "scientist": "scientist"}
