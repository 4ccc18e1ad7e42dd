"""The steps of the pipeline, each built by the SageMaker SDK from a family and the place it runs in.

The image's first word names the job (`prepare`), inputs lie below `/opt/ml/processing/input`, outputs below
`/opt/ml/processing/output`: see `containers/common/contract.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sagemaker.core.helper.pipeline_variable import PipelineVariable
from sagemaker.core.network import NetworkConfig
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import (
    InstancePreference,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    Tag,
)
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import (
    CheckpointConfig,
    Compute,
    InputData,
    Networking,
    OutputDataConfig,
    StoppingCondition,
)

from config.environment import Jobs
from config.family import Family
from config.instances import has_local_disk
from pipelines.parameters import Parameters
from pipelines.place import Place

Uri: TypeAlias = str | PipelineVariable

_ROOT = "/opt/ml/processing"


@dataclass(frozen=True, slots=True)
class Builder:
    """What every step of one pipeline shares."""

    family: Family
    place: Place
    parameters: Parameters
    session: PipelineSession

    def processing(
        self,
        name: str,
        *,
        inputs: Mapping[str, Uri],
        outputs: Sequence[str],
        kept: bool = False,
        arguments: Sequence[str | PipelineVariable] = (),
        environment: Mapping[str, str | PipelineVariable] | None = None,
        files: Sequence[PropertyFile] = (),
        cached: bool = True,
    ) -> ProcessingStep:
        """Return the step that runs the image's job `name` on a processing instance.

        `kept`: what it wrote is kept although it failed.
        """
        jobs, place = self.place.environment.pipelines.processing, self.place
        first = self.parameters.processing_instance
        single = len(jobs.instances) == 1
        candidates = [{"InstanceType": one} for one in (first, *jobs.instances[1:])]
        processor = Processor(
            role=place.role_arn("processing"),
            image_uri=self.parameters.image_uri,
            instance_count=1,
            instance_type=first if single else None,
            instance_preferences=None if single else candidates,
            volume_size_in_gb=jobs.volume_gb,
            volume_kms_key=_disk_key(jobs, place),
            output_kms_key=place.environment.kms_key,
            max_runtime_in_seconds=jobs.max_runtime_s,
            sagemaker_session=self.session,
            env=dict(environment) if environment else None,
            tags=self._tags(),
            network_config=_processing_network(place),
        )
        arguments = [name, *arguments]
        return ProcessingStep(
            name.capitalize(),
            step_args=processor.run(
                inputs=[_input(one, uri) for one, uri in inputs.items()],
                outputs=[_output(one, self._run_uri(name, one), kept=kept) for one in outputs],
                arguments=arguments,
            ),
            cache_config=self._cache() if cached else None,
            retry_policies=_retries(),
            property_files=list(files),
        )

    def training(self, channels: Mapping[str, Uri]) -> TrainingStep:
        """Return the step that trains: on spot or the first instance there is, with checkpoints."""
        jobs, place = self.place.environment.pipelines.training, self.place
        said = {name: _text(value) for name, value in self.family.training.hyperparameters.items()}
        trainer = ModelTrainer(
            training_image=self.parameters.image_uri,
            role=place.role_arn("training"),
            sagemaker_session=self.session,
            base_job_name=f"glyphline-{self.family.family}",
            compute=Compute(volume_kms_key_id=_disk_key(jobs, place), **self._training_compute()),
            stopping_condition=StoppingCondition(
                max_runtime_in_seconds=jobs.max_runtime_s,
                **({} if jobs.max_wait_s is None else {"max_wait_time_in_seconds": jobs.max_wait_s}),
            ),
            networking=_training_network(place),
            hyperparameters={
                "family": self.family.family,
                "snapshot": self.parameters.snapshot,
                "examine": "false",  # the step Examine has, and all of it
                **said,
            },
            output_data_config=OutputDataConfig(
                s3_output_path=place.uri("models", self.family.family), kms_key_id=place.environment.kms_key
            ),
            checkpoint_config=CheckpointConfig(s3_uri=self._checkpoints()),
            tags=[Tag(**{key.lower(): value for key, value in tag.items()}) for tag in self._tags()],
        )
        return TrainingStep(
            "Train",
            step_args=trainer.train(
                input_data_config=[
                    InputData(channel_name=name, data_source=uri) for name, uri in channels.items()
                ]
            ),
            cache_config=self._cache(),
            retry_policies=_retries(),
        )

    def _training_compute(self) -> dict[str, Any]:
        jobs = self.place.environment.pipelines.training
        first = self.parameters.training_instance
        chosen: dict[str, Any] = {"instance_count": 1, "volume_size_in_gb": jobs.volume_gb}
        if len(jobs.instances) == 1:
            chosen["instance_type"] = first
        else:
            names = (first, *jobs.instances[1:])
            chosen["instance_preferences"] = [InstancePreference(instance_type=one) for one in names]
        if jobs.spot:
            chosen["enable_managed_spot_training"] = True
        if jobs.keep_warm_s:
            chosen["keep_alive_period_in_seconds"] = jobs.keep_warm_s
        return chosen

    def _checkpoints(self) -> Join:
        """Return where checkpoints go: the same for the same data, since it is part of the cache's key.

        Below it the job keeps those of one training apart from those of another.
        """
        start = self.place.uri("checkpoints", self.family.family)
        return Join(on="/", values=[start, self.parameters.snapshot])

    def _run_uri(self, step: str, output: str) -> Join:
        start = self.place.uri("runs", self.family.family)
        return Join(on="/", values=[start, ExecutionVariables.PIPELINE_EXECUTION_ID, step, output])

    def _cache(self) -> CacheConfig:
        days = self.place.environment.pipelines.cache_days
        return CacheConfig(enable_caching=True, expire_after=f"P{days}D")

    def _tags(self) -> list[dict[str, str]]:
        tags = {**self.place.environment.tags, "glyphline:family": self.family.family}
        return [{"Key": key, "Value": value} for key, value in tags.items()]


def _text(value: str | bool | float) -> str:
    """Return a hyperparameter as SageMaker takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def output_of(step: ProcessingStep, name: str) -> Any:
    """Return the URI of a step's output, as a reference that the pipeline resolves."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def _input(name: str, uri: Uri) -> ProcessingInput:
    source = ProcessingS3Input(
        s3_uri=uri, local_path=f"{_ROOT}/input/{name}", s3_data_type="S3Prefix", s3_input_mode="File"
    )
    return ProcessingInput(input_name=name, s3_input=source)


def _output(name: str, uri: Uri, *, kept: bool) -> ProcessingOutput:
    mode = "Continuous" if kept else "EndOfJob"
    target = ProcessingS3Output(s3_uri=uri, local_path=f"{_ROOT}/output/{name}", s3_upload_mode=mode)
    return ProcessingOutput(output_name=name, s3_output=target)


def _retries() -> list[Any]:
    """Return when a step is tried again: what fails for AWS's reasons, never what fails for ours."""
    job = SageMakerJobExceptionTypeEnum
    return [
        StepRetryPolicy(
            exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
            interval_seconds=10,
            max_attempts=5,
        ),
        SageMakerJobStepRetryPolicy(
            exception_types=[job.RESOURCE_LIMIT],
            failure_reason_types=[job.INTERNAL_ERROR, job.CAPACITY_ERROR],
            interval_seconds=60,
            max_attempts=5,
        ),
    ]


def _disk_key(jobs: Jobs, place: Place) -> str | None:
    own = any(has_local_disk(one) for one in jobs.instances)
    return None if own else place.environment.kms_key


def _processing_network(place: Place) -> NetworkConfig | None:
    network = place.environment.network
    if network is None:
        return None
    return NetworkConfig(
        subnets=list(network.subnets),
        security_group_ids=list(network.security_groups),
        encrypt_inter_container_traffic=True,
    )


def _training_network(place: Place) -> Networking | None:
    network = place.environment.network
    if network is None:
        return None
    return Networking(
        subnets=list(network.subnets),
        security_group_ids=list(network.security_groups),
        enable_inter_container_traffic_encryption=True,
    )
