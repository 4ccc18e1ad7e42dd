"""The pipeline of a family as SageMaker takes it: one JSON document, the same bytes for the same input.

`Examine → Prepare → Train → Evaluate → Gate → Register, Lineage | Fail`
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from config.family import Family
from pipelines.offline import offline_session
from pipelines.parameters import Parameters, parameters_of
from pipelines.place import Place

if TYPE_CHECKING:
    from sagemaker.mlops.workflow.pipeline import Pipeline

    from pipelines.steps import Builder

DECISION = "decision.json"
"""What Evaluate says to the steps after it; `containers/common/jobs` writes it."""


def build(family: Family, place: Place, *, family_uri: str, image_tag: str) -> bytes:
    """Return the pipeline's definition.

    Args:
        family: whose pipeline.
        place: the account, or this machine.
        family_uri: folder where the family's YAML file lies for the jobs.
        image_tag: of the container image, where a start does not name another.
    """
    with offline_session(place) as session:
        pipeline = assemble(family, place, session, family_uri=family_uri, image_tag=image_tag)
        document = json.loads(pipeline.definition())
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def assemble(family: Family, place: Place, session: Any, *, family_uri: str, image_tag: str) -> Pipeline:
    """Return the pipeline as the SDK's object; it must be built within `offline_session`."""
    from sagemaker.mlops.workflow.pipeline import Pipeline

    from pipelines.steps import Builder

    parameters = parameters_of(family, place, family_uri=family_uri, image_tag=image_tag)
    steps = _steps(Builder(family, place, parameters, session), parameters)
    return Pipeline(
        name=place.name(family.family), parameters=parameters.all(), steps=steps, sagemaker_session=session
    )


def _steps(builder: Builder, parameters: Parameters) -> list[Any]:
    from sagemaker.core.workflow.execution_variables import ExecutionVariables
    from sagemaker.core.workflow.properties import PropertyFile

    from pipelines.outcome import gate
    from pipelines.steps import output_of

    data, config = parameters.data_uri, parameters.family_uri
    champion, snapshot = parameters.champion_uri, parameters.snapshot
    examine = builder.processing(
        "examine",
        inputs={"data": data, "config": config},
        outputs=["report"],
        kept=True,  # who is refused wants to read why
        arguments=["--snapshot", snapshot],
    )
    prepare = builder.processing(
        "prepare",
        inputs={"data": data, "champion": champion, "config": config},
        outputs=["train", "replay", "heldout"],
        arguments=["--snapshot", snapshot, "--replay-share", parameters.replay_share.to_string()],
    )
    prepare.add_depends_on([examine])
    train = builder.training(
        {
            "data": output_of(prepare, "train"),
            "replay": output_of(prepare, "replay"),
            "model": champion,
            "config": config,
        }
    )
    decision = PropertyFile(name="Decision", output_name="evaluation", path=DECISION)
    model = train.properties.ModelArtifacts.S3ModelArtifacts
    tracking = builder.place.environment.pipelines.tracking
    evaluate = builder.processing(
        "evaluate",
        inputs={
            "model": model,
            "champion": champion,
            "heldout": output_of(prepare, "heldout"),
            "config": config,
        },
        outputs=["evaluation"],
        arguments=[
            *("--max-cer", parameters.max_cer.to_string()),
            *("--max-regression", parameters.max_regression.to_string()),
        ],
        environment={
            "GLYPHLINE_RUN": ExecutionVariables.PIPELINE_EXECUTION_ID,
            **({} if tracking is None else {"MLFLOW_TRACKING_URI": tracking}),
        },
        files=[decision],
        cached=False,  # each run has an evaluation of its own, which its model version names
    )
    return [examine, prepare, train, evaluate, gate(builder, model, evaluate, decision)]
