"""Who labels, with Ground Truth: the team of labellers, what they see, and the functions before and after.

Only for accounts that Ground Truth is open to (`labelling.backend`). Jobs themselves are no resources: each
is started with its manifest, which belongs to the labels and not to the account (docs/labelling.md).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.lint import newer_than_lint
from infra.nag import acknowledge
from infra.resources.access import Access, allow
from infra.resources.family_files import publish
from infra.resources.function import PlainFunction
from infra.stack import EnvironmentStack
from pipelines.place import Place

_GROUP = "labellers"
_PASSWORD_CHARACTERS = 12
_TEMPLATE = "task.liquid.html"


@dataclass(frozen=True, slots=True)
class _Template:
    """The labelling task's template: where the deployment puts it, and the object as policies name it."""

    uri: str
    arn: str


@dataclass(frozen=True, slots=True)
class _Pool:
    """A Cognito user pool, and the client by which the workforce uses it."""

    pool: str
    client: str


class LabellingStack(EnvironmentStack):
    """A labelling job is started with `team`, `template` and the ARNs of `before` and `after`."""

    def __init__(self, scope: Construct, *, place: Place, key: kms.IKey) -> None:
        super().__init__(scope, "labelling", place=place, description="Who labels")
        access = Access(place, (key.key_arn,))
        pool, workforce = self._pool()
        group = cognito.CfnUserPoolGroup(self, "Group", user_pool_id=pool.pool, group_name=_GROUP)
        self.team = self._team(pool)
        for one in workforce:
            one.add_resource_dependency(group)
        for needed in (group, *workforce):
            self.team.add_resource_dependency(needed)
        self.before = PlainFunction(
            self,
            "PreAnnotation",
            folder="pre_annotation",
            environment=place.environment,
            settings={},
            statements=[],
        )
        self.after = PlainFunction(
            self,
            "Consolidation",
            folder="consolidation",
            shared=True,
            environment=place.environment,
            settings={},
            statements=access.read("labelled"),
        )
        self.template = self._template()
        functions = [self.before.function_arn, self.after.function_arn]
        iam.Policy(
            self,
            "LabellingAsks",
            roles=[iam.Role.from_role_arn(self, "Labelling", place.role_arn("labelling"))],
            statements=[
                allow(["lambda:InvokeFunction"], functions),
                allow(["s3:GetObject"], [self.template.arn]),
                # a job names its output's key (API_LabelingJobOutputConfig.html), and not only S3 uses it
                allow(["kms:Encrypt", "kms:GenerateDataKey"], [key.key_arn]),
            ],
        )
        self._say(
            TeamArn=self.team.ref,
            TemplateUri=self.template.uri,
            PreAnnotationArn=self.before.function_arn,
            ConsolidationArn=self.after.function_arn,
            RoleArn=place.role_arn("labelling"),
        )

    def _say(self, **outputs: str) -> None:
        """Output what `aws sagemaker create-labeling-job` asks for."""
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)

    def _template(self) -> _Template:
        """Bring the template to S3; its folder is named by its content, so jobs that run keep theirs."""
        data = resources.files("labeling").joinpath(_TEMPLATE).read_bytes()
        folder = f"s3://{self.place.prefix}/{hashlib.sha256(data).hexdigest()[:16]}"
        files = publish(self, f"{self.place.prefix}/labelling", {f"{folder}/{_TEMPLATE}": data})
        uri = f"{files.folders[folder]}/{_TEMPLATE}"
        return _Template(uri, f"arn:{self.place.partition}:s3:::{uri.removeprefix('s3://')}")

    def _team(self, pool: _Pool) -> sagemaker.CfnWorkteam:
        member = sagemaker.CfnWorkteam.CognitoMemberDefinitionProperty(
            cognito_client_id=pool.client, cognito_user_group=_GROUP, cognito_user_pool=pool.pool
        )
        return sagemaker.CfnWorkteam(
            self,
            "Team",
            workteam_name=self.place.prefix,
            description="Labels drawings",
            member_definitions=[
                sagemaker.CfnWorkteam.MemberDefinitionProperty(cognito_member_definition=member)
            ],
        )

    def _pool(self) -> tuple[_Pool, list[cdk.CfnResource]]:
        """Return the pool that there is, or make one; and what must be there before its team."""
        labelling = self.place.environment.labelling
        if labelling.user_pool is not None and labelling.user_pool_client is not None:
            return _Pool(labelling.user_pool, labelling.user_pool_client), []
        users = cognito.UserPool(
            self,
            "Users",
            user_pool_name=self.place.prefix,
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=_PASSWORD_CHARACTERS,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
            ),
            removal_policy=self.removal,
        )
        for rule in ("COG3", "COG8"):
            acknowledge(users, rule, "Threat protection is a paid plan; a second factor is required instead")
        prefix = f"{self.place.prefix}-{self.place.account}"
        options = cognito.CognitoDomainOptions(domain_prefix=prefix)
        domain = users.add_domain("Domain", cognito_domain=options).node.default_child
        # Ground Truth signs labellers in by the pool's own page, and sets its address at the client itself
        client = users.add_client("Client", generate_secret=True)
        pool = _Pool(users.user_pool_id, client.user_pool_client_id)
        workforce = sagemaker.CfnWorkforce(
            self,
            "Workforce",
            workforce_name=self.place.prefix,
            cognito_config=sagemaker.CfnWorkforce.CognitoConfigProperty(
                user_pool=pool.pool, client_id=pool.client
            ),
        )
        newer_than_lint(workforce, "E3006")
        # https://docs.aws.amazon.com/sagemaker/latest/dg/sms-workforce-create-private-cognito.html
        assert isinstance(domain, cdk.CfnResource)
        workforce.add_resource_dependency(domain)
        return pool, [workforce]
