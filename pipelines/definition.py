"""The pipeline of a family as SageMaker takes it: one JSON document, the same bytes for the same input.

`Examine → Prepare → Train → Evaluate → Gate → Register, Lineage | Fail`
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from config.family import Family
from config.protocol import (
    CHAMPION,
    CONFIG,
    DATA,
    DECISION_FILE,
    EVALUATION,
    HELDOUT,
    MODEL,
    REPLAY,
    REPORT,
    RUN_VARIABLE,
    TRACKING_VARIABLE,
    TRAIN,
)
from pipelines.offline import offline_session
from pipelines.parameters import Parameters, parameters_of
from pipelines.place import Place

if TYPE_CHECKING:
    from sagemaker.mlops.workflow.pipeline import Pipeline

    from pipelines.steps import Builder


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

    place = place.for_family(family)
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
        inputs={DATA: data, CONFIG: config},
        outputs=[REPORT],
        kept=True,  # who is refused wants to read why
        arguments=["--snapshot", snapshot],
    )
    prepare = builder.processing(
        "prepare",
        inputs={DATA: data, CHAMPION: champion, CONFIG: config},
        outputs=[TRAIN, REPLAY, HELDOUT],
        arguments=["--snapshot", snapshot, "--replay-share", parameters.replay_share.to_string()],
    )
    prepare.add_depends_on([examine])
    train = builder.training(
        {
            DATA: output_of(prepare, TRAIN),
            REPLAY: output_of(prepare, REPLAY),
            MODEL: champion,
            CONFIG: config,
        }
    )
    decision = PropertyFile(name="Decision", output_name=EVALUATION, path=DECISION_FILE)
    model = train.properties.ModelArtifacts.S3ModelArtifacts
    tracking = builder.place.environment.pipelines.tracking
    evaluate = builder.processing(
        "evaluate",
        inputs={MODEL: model, CHAMPION: champion, HELDOUT: output_of(prepare, HELDOUT), CONFIG: config},
        outputs=[EVALUATION],
        arguments=[
            *("--max-error", parameters.max_error.to_string()),
            *("--max-regression", parameters.max_regression.to_string()),
        ],
        environment={
            RUN_VARIABLE: ExecutionVariables.PIPELINE_EXECUTION_ID,
            **({} if tracking is None else {TRACKING_VARIABLE: tracking}),
        },
        files=[decision],
        cached=False,  # each run has an evaluation of its own, which its model version names
    )
    return [examine, prepare, train, evaluate, gate(builder, model, evaluate, decision)]
