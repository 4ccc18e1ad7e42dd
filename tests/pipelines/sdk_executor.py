"""The SDK's own local executor of pipelines, with our jobs in the place of Docker's.

It knows neither RegisterModel nor Lineage, which are added as it would have them.
"""

from __future__ import annotations

import asyncio
import copy
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from sagemaker.mlops.local import pipeline as sdk
from sagemaker.mlops.local import pipeline_entities as entities
from sagemaker.mlops.workflow.steps import StepTypeEnum

from pipelines.local import jobs, store
from pipelines.local.processes import Stop
from pipelines.local.steps import Surroundings, run_job

_ADDED = (StepTypeEnum.REGISTER_MODEL, StepTypeEnum.LINEAGE)


class Jobs:
    """What the executor asks of `boto3.client("sagemaker")`, and how it reads from S3."""

    def __init__(self, around: Surroundings, run_id: str) -> None:
        self._around, self._run_id = around, run_id
        self._answers: dict[str, dict[str, Any]] = {}
        self.requests: dict[str, dict[str, Any]] = {}

    @property
    def sagemaker_client(self) -> Jobs:
        return self

    def read_s3_file(self, bucket: str, key: str) -> str:
        return store.read(f"s3://{bucket}/{key}", self._around.home).decode()

    def create_processing_job(self, name: str, **request: Any) -> None:
        self._run("Processing", name, request)

    def create_training_job(self, name: str, **request: Any) -> None:
        self._run("Training", name, request)

    def describe_processing_job(self, name: str) -> dict[str, Any]:
        return self._answers[name]

    describe_training_job = describe_processing_job

    def _run(self, kind: Literal["Processing", "Training"], name: str, request: dict[str, Any]) -> None:
        step = name.partition("-")[0]
        self.requests[step] = copy.deepcopy(request)  # the executor changes the answer that has it
        inputs = (request.get("ProcessingInputs") or []) + (request.get("InputDataConfig") or [])
        origins = {one.get("InputName") or one["ChannelName"]: "it" for one in inputs}
        job = jobs.plan(kind, f"{self._run_id}-{step}", request, origins, self._around.images)
        folder = self._around.home / "sdk" / step
        folder.mkdir(parents=True)
        held = os.open(os.devnull, os.O_RDONLY)
        try:
            self._answers[name] = asyncio.run(self._job(job, folder, held))
        finally:
            os.close(held)

    async def _job(self, job: jobs.Job, folder: Path, held: int) -> dict[str, Any]:
        return await run_job(job, folder, self._around, Stop(), held, lambda _: None)


class _Added(sdk._StepExecutor):
    def execute(self) -> dict[str, Any]:
        executor = self.pipline_executor  # the SDK's spelling
        arguments = executor.evaluate_step_arguments(self.step)
        executor.local_sagemaker_client.requests[self.step.name] = arguments
        return {"Arguments": arguments}


class _Factory(sdk._StepExecutorFactory):
    def get(self, step: Any) -> Any:
        return _Added(self.pipeline_executor, step) if step.step_type in _ADDED else super().get(step)


class _Execution(entities._LocalPipelineExecution):
    def _initialize_step_execution(self, steps: Any) -> None:
        known = []
        for step in steps:
            if getattr(step, "step_type", None) in _ADDED:
                added = entities._LocalPipelineExecutionStep(step.name, step.step_type, None)
                added._step_type_to_output_format_map[step.step_type] = dict
                self.step_execution[step.name] = added
            else:
                known.append(step)
        super()._initialize_step_execution(known)


def execute(pipeline: Any, client: Jobs, run_id: str, parameters: Mapping[str, Any]) -> Any:
    """Run a pipeline of the SDK; return its execution, as it describes itself."""
    execution = _Execution(run_id, pipeline, PipelineParameters=dict(parameters), local_session=client)
    executor = sdk.LocalPipelineExecutor(execution, client)
    executor._step_executor_factory = _Factory(executor)
    return executor.execute()
