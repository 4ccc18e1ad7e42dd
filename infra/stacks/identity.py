"""Who may do what: the seven roles of an environment, of which only the approver approves.

A version is approved by UpdateModelPackage, or by CreateModelPackage with a status; both can be told apart by
the request: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-staging-construct-set-up.html
"""

from __future__ import annotations

from typing import get_args

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.families import by_family
from infra.resources.access import ANY, Access, Statements, allow, deny, from_here
from infra.resources.studio_access import have_notebooks, look_around, never_as_approver
from infra.resources.tracked import log_runs
from infra.stack import EnvironmentStack
from pipelines.parameters import NOTHING
from pipelines.place import BucketKind, Place, RoleKind

_DESCRIPTIONS: dict[RoleKind, str] = {
    "pipeline": "Starts the jobs of a pipeline run and registers what they made, pending approval",
    "processing": "Reads data and models, writes what it found",
    "training": "Reads data, writes models and checkpoints",
    "labelling": "Shows raw images to labellers, writes what they said",
    "deployment": "Loads approved models and answers requests",
    "approver": "Reads reports; approves and rejects versions",
    "scientist": "Adds data, starts pipelines, reads everything, approves nothing",
}
_PENDING = "PendingManualApproval"
_DECIDED = ["Approved", "Rejected"]
_STATUS, _STAGE = "sagemaker:ModelApprovalStatus", "sagemaker:ModelLifeCycle:stage"
_STAGE_STATUS = "sagemaker:ModelLifeCycle:stageStatus"


class IdentityStack(EnvironmentStack):
    """`roles` by their kind; other stacks name them by `Place.role_arn`."""

    def __init__(self, scope: Construct, *, place: Place, key: kms.IKey) -> None:
        super().__init__(scope, "identity", place=place, description="Roles: who may do what")
        own = place.environment.kms_key
        self._access = Access(place, (key.key_arn,) if own is None else (key.key_arn, own))
        self.roles = {kind: self._role(kind) for kind in get_args(RoleKind)}
        if not place.environment.approvers:
            self._close("approver")

    def _role(self, kind: RoleKind) -> iam.Role:
        documents = {"May": iam.PolicyDocument(statements=_MAY[kind](self._access))}
        if kind != "approver":
            documents["Never"] = iam.PolicyDocument(statements=_never_approve(self._access))
        return iam.Role(
            self,
            kind.capitalize(),
            role_name=self.place.role_arn(kind).rpartition("/")[2],
            description=_DESCRIPTIONS[kind],
            assumed_by=_trusted(kind, self.place),
            inline_policies=documents,
        )

    def _close(self, kind: RoleKind) -> None:
        """Refuse everybody: the role keeps its name and its place, and an explicit no is easily read."""
        resource = self.roles[kind].node.default_child
        assert isinstance(resource, iam.CfnRole)
        resource.add_property_override("AssumeRolePolicyDocument.Statement.0.Effect", "Deny")


def _trusted(kind: RoleKind, place: Place) -> iam.IPrincipal:
    environment = place.environment
    # Ground Truth is not among the services whose requests AWS says to name the account
    operator = "StringEqualsIfExists" if kind == "labelling" else "StringEquals"
    ours = from_here(place, operator)
    service = iam.ServicePrincipal("sagemaker.amazonaws.com", conditions=ours)
    account = iam.AccountPrincipal(place.account)
    if kind == "approver":
        people = [iam.ArnPrincipal(arn) for arn in environment.approvers]
        if not people:
            return account
        return iam.CompositePrincipal(*people, *([service] if environment.studio else []))
    if kind == "scientist":  # the account's own policies say who: whoever has it can approve nothing
        return iam.CompositePrincipal(account, *([service] if environment.studio else []))
    return service


def _never_approve(access: Access) -> Statements:
    """Return what no right that is given elsewhere overrules.

    A request that does not say its status is refused, too: should SageMaker not tell it, registering fails
    loudly rather than that anything registers as approved.
    """
    change = ["UpdateModelPackage", "DeleteModelPackage", "DeleteModelPackageGroup"]
    share = ["PutModelPackageGroupPolicy", "DeleteModelPackageGroupPolicy"]
    return [
        deny([f"sagemaker:{one}" for one in (*change, *share)], [ANY]),
        deny(["sagemaker:CreateModelPackage"], [ANY], {"StringNotEquals": {_STATUS: _PENDING}}),
        deny(["sagemaker:CreateModelPackage"], [ANY], {"Null": {_STAGE: "false"}}),
        deny(["sts:AssumeRole", "iam:PassRole"], [access.place.role_arn("approver")]),
        *never_as_approver(access),
    ]


def _pipeline(access: Access) -> Statements:
    jobs = access.sagemaker("training-job/pipelines-*", "processing-job/pipelines-*")
    verbs = [f"sagemaker:{verb}{job}" for verb in ("Create", "Describe", "Stop") for job in _JOBS]
    trials = access.sagemaker("experiment-trial/*", "experiment-trial-component/*")
    return [
        allow([*verbs, "sagemaker:AddTags", "sagemaker:ListTags"], jobs),
        allow(
            ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "sagemaker:AddTags"],
            access.named("model-package-group/{}", "model-package/{}/*"),
        ),
        allow(["sagemaker:DescribeModelPackageGroup"], access.named("model-package-group/{}")),
        allow(
            [f"sagemaker:{one}" for one in (*_TRACKED, "AddTags")],
            [*access.named("experiment/{}"), *trials],
        ),
        allow([f"sagemaker:{one}" for one in _LINEAGE], access.sagemaker("artifact/*")),
        *access.pass_on("processing", "training"),
        # JsonGet asks decision.json; a version names its weights and its image, which SageMaker looks up
        *access.read("artifacts", "runs", "models"),
        *access.pull(),
        allow(["ecr:DescribeImages"], access.repositories()),
        *_encrypt_disks(access),
    ]


_JOBS = ("TrainingJob", "ProcessingJob")
_LINEAGE = ("CreateArtifact", "DescribeArtifact", "AddAssociation", "AddTags")
_TRACKED = (
    *("CreateExperiment", "DescribeExperiment", "CreateTrial", "DescribeTrial", "CreateTrialComponent"),
    *("DescribeTrialComponent", "UpdateTrialComponent", "AssociateTrialComponent"),
)
"""A run is an experiment's trial to SageMaker: the definition's PipelineExperimentConfig."""


def _encrypt_disks(access: Access) -> Statements:
    """Let SageMaker attach the jobs' disks, which the environment's keys encrypt."""
    to_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [allow(["kms:CreateGrant"], access.keys, to_aws), allow(["kms:DescribeKey"], access.keys)]


def _encrypt_job(access: Access) -> Statements:
    """Let a job have what its request names keys for: its disks, and what it puts into S3.

    It is the job's own role that needs this, beside that of whoever starts it; not only through S3, since
    SageMaker asks for a key of the output before the job runs.
    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, CreateTrainingJob API and
    CreateProcessingJob API.
    """
    return [*_encrypt_disks(access), allow(["kms:Encrypt", "kms:GenerateDataKey"], access.keys)]


def _processing(access: Access) -> Statements:
    return [
        *access.read("snapshots"),
        *access.read("artifacts", "families", NOTHING, "models", "runs"),
        *access.write("artifacts", "runs"),
        *access.pull(),
        *_encrypt_job(access),
        *access.report("ProcessingJobs"),
        *access.join_network(),
        *log_runs(access.place.environment.pipelines.tracking),
    ]


def _training(access: Access) -> Statements:
    return [
        *access.read("artifacts", "families", NOTHING, "models", "runs", "checkpoints"),
        *access.write("artifacts", "models", "checkpoints"),
        *access.pull(),
        *_encrypt_job(access),
        *access.report("TrainingJobs"),
        *access.join_network(),
    ]


def _labelling(access: Access) -> Statements:
    return [
        *access.read("raw"),
        *access.read("labelled"),
        *access.write("labelled"),
        *access.report("LabelingJobs"),
    ]


def _deployment(access: Access) -> Statements:
    answers = [*access.read("artifacts", "requests"), *access.write("artifacts", "answers")]
    waits = any(one.serving.kind == "async" for one in by_family(access.place.environment).values())
    return [
        *access.read("artifacts", "models"),
        *(answers if waits else []),
        *access.pull(),
        *access.report("Endpoints/*"),
        *_encrypt_disks(access),
        *access.join_network(),
    ]


def _approver(access: Access) -> Statements:
    decided = {"StringEquals": {_STATUS: _DECIDED}, "StringEqualsIfExists": {_STAGE_STATUS: _DECIDED}}
    return [
        allow(["sagemaker:UpdateModelPackage"], access.named("model-package/{}/*"), decided),
        *_read_registry(access),
        *access.read("artifacts", "runs"),
        *look_around(access),
    ]


def _scientist(access: Access) -> Statements:
    execution = access.named("pipeline/{}", "pipeline/{}/execution/*")
    return [
        allow([f"sagemaker:{one}PipelineExecution" for one in ("Start", "Stop", "Retry")], execution),
        allow([f"sagemaker:{one}" for one in _PIPELINE_READ], execution),
        allow(
            [f"sagemaker:{one}" for one in ("DescribeTrainingJob", "DescribeProcessingJob", "ListTags")],
            access.sagemaker("training-job/*", "processing-job/*"),
        ),
        allow(["sagemaker:DescribeEndpoint"], access.named("endpoint/{}")),
        allow(["sagemaker:DescribeEndpointConfig"], access.named("endpoint-config/{}*")),
        allow([f"sagemaker:List{one}" for one in _LISTED], [ANY]),
        *_read_registry(access),
        *(statement for kind in _DATA for statement in access.read(kind)),
        *(statement for kind in _DATA[:-1] for statement in access.write(kind)),
        allow(
            ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:DescribeLogStreams"],
            [access.arn("logs", "log-group:/aws/sagemaker/*:*")],
        ),
        allow(["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"], [ANY]),
        *look_around(access),
        *have_notebooks(access),
    ]


_DATA: tuple[BucketKind, ...] = ("raw", "labelled", "snapshots", "artifacts")
_PIPELINE_READ = (
    *("DescribePipeline", "DescribePipelineExecution", "DescribePipelineDefinitionForExecution"),
    *("ListPipelineExecutions", "ListPipelineExecutionSteps", "ListPipelineParametersForExecution"),
)
_LISTED = ("Pipelines", "TrainingJobs", "ProcessingJobs", "Endpoints", "EndpointConfigs")


def _read_registry(access: Access) -> Statements:
    return [
        allow(["sagemaker:DescribeModelPackage"], access.named("model-package/{}/*")),
        allow(["sagemaker:DescribeModelPackageGroup"], access.named("model-package-group/{}")),
        allow(["sagemaker:ListModelPackageGroups", "sagemaker:ListModelPackages"], [ANY]),
    ]


_MAY = {
    "pipeline": _pipeline,
    "processing": _processing,
    "training": _training,
    "labelling": _labelling,
    "deployment": _deployment,
    "approver": _approver,
    "scientist": _scientist,
}
