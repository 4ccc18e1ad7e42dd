"""How a pipeline ends: the gate, and behind it a registered version with its lineage, or a reason."""

from __future__ import annotations

from typing import Any

from sagemaker.core.lineage.artifact import Artifact
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.shapes import ModelPackageModelCard
from sagemaker.core.workflow.conditions import ConditionLessThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.lineage_step import LineageAssociation, LineageEntityReference, LineageStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.steps import ProcessingStep
from sagemaker.serve import ModelBuilder

from config.protocol import EVALUATION, EVALUATION_FILE, REGISTERED_KEYS, REPORT_FILE
from pipelines.steps import Builder, output_of

_DOCUMENTS = ["application/json", "application/jsonlines"]


def gate(builder: Builder, model: Any, evaluate: ProcessingStep, decision: PropertyFile) -> ConditionStep:
    """Return the step that lets a model through or says why not."""

    def decided(key: str) -> JsonGet:
        return JsonGet(step_name=evaluate.name, property_file=decision, json_path=key)

    register = _register(builder, model, output_of(evaluate, EVALUATION), decided)
    lineage = _lineage(builder, model)
    lineage.add_depends_on([register])
    refused = Join(on="", values=["Refused by the gate. ", decided("summary")])
    return ConditionStep(
        "Gate",
        conditions=[
            ConditionLessThanOrEqualTo(left=decided("error"), right=builder.parameters.max_error),
            ConditionLessThanOrEqualTo(left=decided("failures"), right=0),
        ],
        if_steps=[register, lineage],
        else_steps=[FailStep("Fail", error_message=refused)],
    )


def _register(builder: Builder, model: Any, evaluation: Any, decided: Any) -> ModelStep:
    family, parameters = builder.family, builder.parameters
    maker = ModelBuilder(
        image_uri=parameters.image_uri,
        s3_model_data_url=model,
        role_arn=builder.place.role_arn("deployment"),
        sagemaker_session=builder.session,
    )
    statistics = MetricsSource(
        content_type="application/json", s3_uri=Join(on="/", values=[evaluation, EVALUATION_FILE])
    )
    facts = {key: Join(on="", values=[decided(key)]) for key in REGISTERED_KEYS}  # each must be a text
    facts["run"] = ExecutionVariables.PIPELINE_EXECUTION_ID
    facts["report"] = Join(on="/", values=[evaluation, REPORT_FILE])
    return ModelStep(
        "Register",
        step_args=maker.register(
            model_package_group_name=builder.place.name(family.family),
            content_types=[*family.accepts.content_types, *_DOCUMENTS],
            response_types=_DOCUMENTS,
            inference_instances=None,  # else a version could never be served by an instance chosen later
            transform_instances=None,
            model_metrics=ModelMetrics(model_statistics=statistics),
            approval_status="PendingManualApproval",
            description=f"{family.family}: {family.description}",
            customer_metadata_properties=facts,
            model_card=ModelPackageModelCard(
                model_card_content=Join(on="", values=[decided("model_card")]), model_card_status="Draft"
            ),
            task="OTHER",
            domain="COMPUTER_VISION" if "image" in family.accepts.keys else "MACHINE_LEARNING",
            skip_model_validation="All",
        ),
    )


def _lineage(builder: Builder, model: Any) -> LineageStep:
    """Return the step that says which data and which champion a model comes from.

    The run is part of each URI: SageMaker has artifacts of its own for some of them, and a second artifact of
    a URI may be refused (https://github.com/aws/amazon-sagemaker-examples/pull/1974), after all the work.
    """
    parameters, session = builder.parameters, builder.session
    run = ExecutionVariables.PIPELINE_EXECUTION_ID

    def artifact(kind: str, uri: Any, **properties: Any) -> tuple[Any, LineageEntityReference]:
        name = Join(on="-", values=[kind.lower(), run])
        made = Artifact.create(
            artifact_name=name,
            source_uri=Join(on="#run=", values=[uri, run]),
            artifact_type=kind,
            properties={"family": builder.family.family, **properties},
            sagemaker_session=session,
        )
        return made, LineageEntityReference(name=name, type="Artifact")

    data, data_name = artifact("DataSet", parameters.data_uri, snapshot=parameters.snapshot)
    champion, champion_name = artifact("Champion", parameters.champion_uri)
    trained, trained_name = artifact("Model", model, snapshot=parameters.snapshot)
    return LineageStep(
        "Lineage",
        artifacts=[data, champion, trained],
        associations=[
            LineageAssociation(data_name, trained_name, "ContributedTo"),
            LineageAssociation(champion_name, trained_name, "ContributedTo"),
        ],
    )
