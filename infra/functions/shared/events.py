"""What AWS calls the events that reach functions: rules let them through by these names."""

from __future__ import annotations

from collections.abc import Mapping

ARRIVAL = "Object Created"
RUN_END = "SageMaker Model Building Pipeline Execution Status Change"
VERSION_CHANGE = "SageMaker Model Package State Change"
CLOCK = "Scheduled Event"


def pipeline_of(detail: Mapping[str, str]) -> str:
    """Return the name of the pipeline whose run an event tells of."""
    return detail["pipelineArn"].rpartition("/")[2]
