"""Who may do what: of the seven roles the approver alone approves, and of the people those who are named."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

import pytest
from everything import everything
from rules import listed, of_type

from infra.resources.tracked import log_runs
from infra.wildcards import text_of

ROLES = ("pipeline", "processing", "training", "labelling", "deployment", "approver", "scientist")
HERE = "arn:aws:sagemaker:eu-central-1:123456789012"
PACKAGE = f"{HERE}:model-package/glyphline-prod-pid-rec/7"
STATUS, STAGE = "sagemaker:ModelApprovalStatus", "sagemaker:ModelLifeCycle:stage"


def _role(template: dict[str, Any], kind: str) -> dict[str, Any]:
    named = f"glyphline-prod-{kind}"
    roles = [one["Properties"] for one in template["Resources"].values() if one["Type"] == "AWS::IAM::Role"]
    (role,) = (one for one in roles if one["RoleName"] == named)
    return role


def _may(role: dict[str, Any], action: str, resource: str, **request: str) -> bool:
    """Tell what IAM would: an explicit no wins, and what nothing allows is refused."""
    said = [one for policy in role["Policies"] for one in policy["PolicyDocument"]["Statement"]]
    effects = {one["Effect"] for one in said if _applies(one, action, resource, request)}
    return effects == {"Allow"}


def _applies(statement: dict[str, Any], action: str, resource: str, request: dict[str, str]) -> bool:
    resources = map(text_of, listed(statement["Resource"]))
    return (
        action in listed(statement["Action"])
        and any(fnmatch.fnmatchcase(resource, one) for one in resources)
        and all(
            _holds(operator, listed(wanted), request.get(key))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _holds(operator: str, wanted: list[str], found: str | None) -> bool:
    """As https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html."""
    if operator == "Bool":
        return found in wanted
    if operator == "Null":
        return wanted == [str(found is None).lower()]
    if operator == "StringNotEquals":
        return found not in wanted
    if operator.endswith("IfExists"):
        return found is None or found in wanted
    assert operator in ("ArnLike", "StringEquals", "StringLike")
    return found is not None and any(fnmatch.fnmatchcase(found, one) for one in wanted)


@pytest.fixture(scope="session")
def identity(templates: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return templates["glyphline-prod-identity"]


@pytest.mark.parametrize("kind", ROLES)
def test_only_the_approver_approves(kind: str, identity: dict[str, Any]) -> None:
    role = _role(identity, kind)
    for status in ("Approved", "Rejected"):
        can = _may(role, "sagemaker:UpdateModelPackage", PACKAGE, **{STATUS: status})
        assert can == (kind == "approver")
    assert not _may(role, "sagemaker:UpdateModelPackage", PACKAGE, **{STAGE: "Production"})
    assert not _may(role, "sagemaker:DeleteModelPackage", PACKAGE)


@pytest.mark.parametrize("kind", sorted(set(ROLES) - {"approver"}))
def test_no_right_that_is_added_lets_others_approve(kind: str, identity: dict[str, Any]) -> None:
    changes = ["sagemaker:UpdateModelPackage", "sagemaker:CreateModelPackage", "sagemaker:DeleteModelPackage"]
    added = {"Statement": [{"Effect": "Allow", "Action": changes, "Resource": "*"}]}
    role = _role(identity, kind)
    role = role | {"Policies": [*role["Policies"], {"PolicyName": "Added", "PolicyDocument": added}]}
    assert not any(_may(role, one, PACKAGE, **{STATUS: "Approved"}) for one in changes)


@pytest.mark.parametrize("kind", ROLES)
def test_nobody_registers_what_is_approved_already(kind: str, identity: dict[str, Any]) -> None:
    role, create = _role(identity, kind), "sagemaker:CreateModelPackage"
    pending = {STATUS: "PendingManualApproval"}
    assert _may(role, create, PACKAGE, **pending) == (kind == "pipeline")
    assert not _may(role, create, PACKAGE, **{STATUS: "Approved"})
    assert not _may(role, create, PACKAGE, **pending, **{STAGE: "Production"})
    assert not _may(role, create, PACKAGE)


def test_whoever_trains_cannot_become_the_approver(identity: dict[str, Any]) -> None:
    approver = "arn:aws:iam::123456789012:role/glyphline-prod-approver"
    for kind in set(ROLES) - {"approver"}:
        said = [
            one
            for policy in _role(identity, kind)["Policies"]
            for one in policy["PolicyDocument"]["Statement"]
        ]
        refused = {
            action
            for one in said
            if one["Effect"] == "Deny" and one["Resource"] == approver
            for action in one["Action"]
        }
        assert refused == {"iam:PassRole", "sts:AssumeRole"}


def test_an_approver_decides_about_this_environment_only(identity: dict[str, Any]) -> None:
    role, update = _role(identity, "approver"), "sagemaker:UpdateModelPackage"
    elsewhere = f"{HERE}:model-package/glyphline-dev-pid-rec/7"
    assert not _may(role, update, elsewhere, **{STATUS: "Approved"})
    assert not _may(role, update, PACKAGE)  # other fields of a version are nobody's to change
    staged = {STATUS: "Approved", "sagemaker:ModelLifeCycle:stageStatus": "InProgress"}
    assert not _may(role, update, PACKAGE, **staged)


def test_a_notebook_is_made_only_for_the_own_profile(identity: dict[str, Any]) -> None:
    space = f"{HERE}:space/${{sagemaker:DomainId}}/mine"
    own = f"{HERE}:user-profile/${{sagemaker:DomainId}}/${{sagemaker:UserProfileName}}"
    private = {"sagemaker:SpaceSharingType": "Private"}
    for kind in ROLES:
        role = _role(identity, kind)
        mine = _may(role, "sagemaker:CreateSpace", space, **private, **{"sagemaker:OwnerUserProfileArn": own})
        assert mine == (kind == "scientist")
        other = {"sagemaker:OwnerUserProfileArn": f"{HERE}:user-profile/d-1/somebody"}
        assert not _may(role, "sagemaker:CreateSpace", space, **private, **other)


@pytest.mark.parametrize("kind", sorted(set(ROLES) - {"approver"}))
def test_nobody_opens_an_approvers_profile(kind: str, identity: dict[str, Any]) -> None:
    """Not even with rights that are added: what runs in such a profile has the approver's role."""
    profile = f"{HERE}:user-profile/d-1/approver-ada"
    added = {"Effect": "Allow", "Action": ["sagemaker:CreatePresignedDomainUrl", "sagemaker:CreateSpace"]}
    role = _role(identity, kind)
    more = {"PolicyName": "Added", "PolicyDocument": {"Statement": [{**added, "Resource": "*"}]}}
    role = role | {"Policies": [*role["Policies"], more]}
    assert not _may(role, "sagemaker:CreatePresignedDomainUrl", profile)
    assert _may(role, "sagemaker:CreatePresignedDomainUrl", f"{HERE}:user-profile/d-1/scientist")
    space, owner = f"{HERE}:space/d-1/theirs", "sagemaker:OwnerUserProfileArn"
    assert not _may(role, "sagemaker:CreateSpace", space, **{owner: profile})


def test_nobody_is_the_approver_where_nobody_is_named(identity: dict[str, Any]) -> None:
    (trust,) = _role(identity, "approver")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Effect"] == "Deny"


def test_the_approver_is_who_is_named() -> None:
    """And SageMaker, for them: Studio acts with the role of their profile there."""
    template = everything().templates["glyphline-prod-identity"]
    people, studio = _role(template, "approver")["AssumeRolePolicyDocument"]["Statement"]
    assert people["Principal"] == {"AWS": "arn:aws:iam::123456789012:role/head-of-drawings"}
    assert studio["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert studio["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_a_pipeline_runs_from_end_to_end(identity: dict[str, Any]) -> None:
    """What each role must be able to do, or the first run in an account fails."""
    bucket = "arn:aws:s3:::glyphline-prod-{}-123456789012-eu-central-1"
    artifacts, snapshots = bucket.format("artifacts"), bucket.format("snapshots")
    runs, model = f"{artifacts}/runs/pid-rec/x/prepare/a", f"{artifacts}/models/pid-rec/t/output/model.tar.gz"
    to_sagemaker = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    can = [
        ("pipeline", "sagemaker:CreateTrainingJob", f"{HERE}:training-job/pipelines-x-Train-y", {}),
        ("pipeline", "iam:PassRole", "arn:aws:iam::123456789012:role/glyphline-prod-training", to_sagemaker),
        ("pipeline", "s3:GetObject", runs, {}),
        ("processing", "s3:GetObject", f"{snapshots}/pid-rec/snapshot.json", {}),
        ("processing", "s3:ListBucket", artifacts, {"s3:prefix": "nothing"}),
        ("processing", "s3:PutObject", runs, {}),
        ("processing", "s3:GetObject", model, {}),
        ("training", "s3:GetObject", runs, {}),
        ("training", "s3:PutObject", model, {}),
        ("training", "s3:PutObject", f"{artifacts}/checkpoints/pid-rec/hash/1", {}),
        ("deployment", "s3:GetObject", model, {}),
        ("approver", "s3:GetObject", f"{artifacts}/runs/pid-rec/x/evaluate/evaluation/report.html", {}),
        ("scientist", "sagemaker:StartPipelineExecution", f"{HERE}:pipeline/glyphline-prod-pid-rec", {}),
        ("scientist", "s3:PutObject", f"{snapshots}/pid-rec/snapshot.json", {}),
    ]
    for kind, action, resource, request in can:
        assert _may(_role(identity, kind), action, resource, **request), (kind, action, resource)
    cannot = [
        (
            "pipeline",
            "iam:PassRole",
            "arn:aws:iam::123456789012:role/glyphline-prod-deployment",
            to_sagemaker,
        ),
        ("training", "s3:GetObject", f"{snapshots}/pid-rec/snapshot.json", {}),
        ("training", "s3:PutObject", runs, {}),
        ("processing", "s3:PutObject", model, {}),
        ("deployment", "s3:PutObject", model, {}),
        ("scientist", "s3:PutObject", model, {}),
    ]
    for kind, action, resource, request in cannot:
        assert not _may(_role(identity, kind), action, resource, **request), (kind, action, resource)


def test_a_job_may_use_the_keys_that_its_request_names(templates: dict[str, dict[str, Any]]) -> None:
    """SageMaker encrypts disks and output with the rights of the job's own role."""
    jobs = [
        step["Arguments"]
        for _, said in of_type(templates["glyphline-prod-pipelines"], "AWS::SageMaker::Pipeline")
        for step in json.loads(text_of(said["PipelineDefinition"]["PipelineDefinitionBody"]))["Steps"]
        if step["Type"] in ("Training", "Processing")
    ]
    used = {
        (job["RoleArn"].rpartition("-")[2], action, key)
        for job in jobs
        for action, key in [
            ("kms:CreateGrant", _disks_of(job).get("VolumeKmsKeyId")),
            ("kms:GenerateDataKey", _output_of(job).get("KmsKeyId")),
            ("kms:Encrypt", _output_of(job).get("KmsKeyId")),
        ]
        if key is not None
    }
    assert {(role, action) for role, action, _ in used} == {
        (role, f"kms:{action}")
        for role in ("training", "processing")
        for action in ("CreateGrant", "GenerateDataKey", "Encrypt")
    }
    grant = {"kms:GrantIsForAWSResource": "true"}
    for role, action, key in used:
        request = grant if action == "kms:CreateGrant" else {}
        assert _may(_role(templates["glyphline-prod-identity"], role), action, key, **request), (role, action)


def _disks_of(job: dict[str, Any]) -> dict[str, Any]:
    return dict(job.get("ResourceConfig") or job["ProcessingResources"]["ClusterConfig"])


def _output_of(job: dict[str, Any]) -> dict[str, Any]:
    return dict(job.get("OutputDataConfig") or job["ProcessingOutputConfig"])


def test_whoever_logs_a_run_may_do_all_that_logging_does() -> None:
    """`containers.common.tracking` looks for what was logged of a run before, and deletes it."""
    server, app = f"{HERE}:mlflow-tracking-server/runs", f"{HERE}:mlflow-app/app-ABC"
    said = {arn: [one.to_statement_json() for one in log_runs(arn)] for arn in (server, app)}
    called = ("CreateExperiment", "GetExperimentByName", "SearchRuns", "CreateRun", "LogBatch", "UpdateRun")
    for action in (*called, "DeleteRun"):
        assert any(_applies(one, f"sagemaker-mlflow:{action}", server, {}) for one in said[server]), action
    assert any(_applies(one, "sagemaker:CallMlflowAppApi", app, {}) for one in said[app])
    assert log_runs(None) == []
