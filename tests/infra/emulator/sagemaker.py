"""SageMaker: runs that are going, tokens that count once, endpoints that change, and their events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import (
    FakeEndpoint,
    FakePipelineExecution,
    SageMakerModelBackend,
    sagemaker_backends,
)
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemaker.utils import get_pipeline_execution_from_arn, get_pipeline_from_name

from emulator import events

_RUN = "SageMaker Model Building Pipeline Execution Status Change"
_PACKAGE = "SageMaker Model Package State Change"


def install() -> None:
    """Add what the platform needs of SageMaker, and correct what moto answers otherwise than AWS."""
    start = SageMakerModelBackend.start_pipeline_execution
    describe = SageMakerModelBackend.describe_pipeline_execution
    update = SageMakerModelBackend.update_model_package

    def start_once(
        backend: SageMakerModelBackend,
        name: str,
        display: str,
        parameters: list[dict[str, str]] | None,
        description: str,
        parallelism: dict[str, int],
        token: str,
    ) -> dict[str, str]:
        pipeline = get_pipeline_from_name(backend.pipelines, name)
        for run in pipeline.pipeline_executions.values():
            if token and run.client_request_token == token:
                return {"PipelineExecutionArn": run.arn}
        _check_parameters(pipeline.pipeline_definition, parameters or [])
        made = start(backend, name, display, parameters or [], description, parallelism, token)
        run = pipeline.pipeline_executions[made["PipelineExecutionArn"]]
        run.pipeline_execution_status = "Executing"
        _tell_of_run(backend, run, previous=None)
        return made

    def describe_with_reason(backend: SageMakerModelBackend, arn: str) -> dict[str, Any]:
        run = get_pipeline_execution_from_arn(backend.pipelines, arn)
        return {**describe(backend, arn), "FailureReason": run.pipeline_execution_failure_reason}

    def update_and_tell(backend: SageMakerModelBackend, model_package_arn: str, **changes: Any) -> str:
        package = backend.describe_model_package(model_package_arn)
        updated = [name for name, value in changes.items() if value is not None]
        kept = ("model_approval_status", "approval_description", "customer_metadata_properties")
        for name in kept:  # what a caller leaves out stays as it is
            if changes.get(name) is None:
                changes[name] = getattr(package, name)
        arn: str = update(backend, model_package_arn, **changes)
        _tell_of_package(backend, package, updated)
        return arn

    backend_type = SageMakerModelBackend
    backend_type.create_model = _new_only(
        backend_type.create_model, "model", lambda one: one._models, "model_name"
    )
    backend_type.create_endpoint_config = _new_only(
        backend_type.create_endpoint_config,
        "endpoint configuration",
        lambda one: one.endpoint_configs,
        "endpoint_config_name",
    )
    backend_type.create_endpoint = _new_only(
        backend_type.create_endpoint, "endpoint", lambda one: one.endpoints, "endpoint_name"
    )
    SageMakerModelBackend.start_pipeline_execution = start_once
    SageMakerModelBackend.describe_pipeline_execution = describe_with_reason
    SageMakerModelBackend.update_model_package = update_and_tell
    SageMakerResponse.update_endpoint = _update_endpoint
    SageMakerResponse.list_pipeline_execution_steps = _list_steps
    SageMakerResponse.delete_model_package = _delete_package


def end_run(account: str, region: str, arn: str, status: str, step: str | None, reason: str | None) -> None:
    """Let a run end as `status`, where it failed at `step` for `reason`, and tell of it."""
    backend = sagemaker_backends[account][region]
    run = get_pipeline_execution_from_arn(backend.pipelines, arn)
    before, run.pipeline_execution_status = run.pipeline_execution_status, status
    run.pipeline_execution_failure_reason = reason
    run.failed_step = step
    run.last_modified_time = utcnow()
    _tell_of_run(backend, run, previous=before)


def _check_parameters(definition: str, given: list[dict[str, str]]) -> None:
    """Refuse what SageMaker refuses: parameters that the pipeline does not declare, or misses."""
    declared = {one["Name"]: "DefaultValue" in one for one in json.loads(definition).get("Parameters", [])}
    names = {one["Name"] for one in given}
    unknown = names - set(declared)
    missing = {name for name, has_default in declared.items() if not has_default} - names
    if unknown or missing:
        raise ValidationError(f"Unknown parameters {sorted(unknown)}, missing {sorted(missing)}")


def _tell_of_run(backend: SageMakerModelBackend, run: FakePipelineExecution, *, previous: str | None) -> None:
    pipeline = run.arn.split("/execution/")[0]
    detail = {
        "pipelineExecutionDisplayName": run.pipeline_execution_display_name,
        "currentPipelineExecutionStatus": run.pipeline_execution_status,
        "previousPipelineExecutionStatus": previous,
        "executionStartTime": run.start_time.isoformat(),
        "executionEndTime": None if previous is None else run.last_modified_time.isoformat(),
        "pipelineExecutionDescription": run.pipeline_execution_description,
        "pipelineArn": pipeline,
        "pipelineExecutionArn": run.arn,
    }
    events.publish(backend.account_id, backend.region_name, _RUN, [pipeline, run.arn], detail)


def _tell_of_package(backend: SageMakerModelBackend, package: Any, updated: list[str]) -> None:
    detail = {
        "ModelPackageGroupName": package.model_package_group_name,
        "ModelPackageVersion": package.model_package_version,
        "ModelPackageArn": package.arn,
        "CreationTime": package.creation_time.isoformat(),
        "InferenceSpecification": package.inference_specification,
        "ModelPackageStatus": package.model_package_status,
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
        "ModelApprovalStatus": package.model_approval_status,
        "CustomerMetadataProperties": package.customer_metadata_properties,
        "LastModifiedTime": package.last_modified_time.isoformat(),
        "UpdatedModelPackageFields": ["".join(map(str.capitalize, one.split("_"))) for one in updated],
    }
    events.publish(backend.account_id, backend.region_name, _PACKAGE, [package.arn], detail)


def _update_endpoint(response: SageMakerResponse) -> ActionResult:
    """Change an endpoint at once, and keep how it was to be done: DescribeEndpoint tells it."""
    backend, name = response.sagemaker_backend, response._get_param("EndpointName")
    backend.describe_endpoint(name)  # raises where there is none
    config = backend.describe_endpoint_config(response._get_param("EndpointConfigName"))
    endpoint: FakeEndpoint = backend.endpoints[name]
    endpoint.endpoint_config_name = config["EndpointConfigName"]
    endpoint.production_variants = endpoint._process_production_variants(config["ProductionVariants"])
    endpoint.last_deployment_config = response._get_param("DeploymentConfig")
    endpoint.last_modified_time = utcnow()
    return ActionResult({"EndpointArn": endpoint.arn})


def _new_only(
    create: Callable[..., Any], what: str, known: Callable[[Any], Any], name: str
) -> Callable[..., Any]:
    """Refuse a name that is taken; moto would replace what has it."""

    def created(backend: SageMakerModelBackend, **request: Any) -> Any:
        if request[name] in known(backend):
            raise ValidationError(f'Cannot create already existing {what} "{request[name]}".')
        return create(backend, **request)

    return created


def _list_steps(response: SageMakerResponse) -> ActionResult:
    """List the one step that a failed run has here: nothing runs in the emulator."""
    arn = response._get_param("PipelineExecutionArn")
    run = get_pipeline_execution_from_arn(response.sagemaker_backend.pipelines, arn)
    failed = getattr(run, "failed_step", None)
    steps = []
    if failed:
        reason = run.pipeline_execution_failure_reason
        steps = [{"StepName": failed, "StepStatus": "Failed", "FailureReason": reason}]
    return ActionResult({"PipelineExecutionSteps": steps})


def _delete_package(response: SageMakerResponse) -> ActionResult:
    backend, arn = response.sagemaker_backend, response._get_param("ModelPackageName")
    package = backend.describe_model_package(arn)  # raises where there is none
    del backend.model_packages[package.arn]
    return ActionResult({})
