"""The model card of a version, as the Model Registry takes it.

A model package's card knows no description and no name of its own:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelPackageModelCard.html
https://docs.aws.amazon.com/sagemaker/latest/dg/model-cards.html#model-cards-json-schema
"""

from __future__ import annotations

import json

from config.family import Family
from containers.common.artifact import Artifact, versions
from containers.common.jobs.lineage import hyperparameters_of, lineage_of, snapshot_of
from evaluation.evaluate import Evaluation
from evaluation.slices import matches

LARGEST = 100_000
"""Characters of a card; ours has a few thousand."""
_OBSERVATION, _TEXT, _DETAIL = 2096, 2048, 1024


def model_card(family: Family, artifact: Artifact, evaluation: Evaluation) -> str:
    """Return the card of the model in `artifact` as JSON on one line."""
    gate = evaluation.gate.summary if evaluation.gate is not None else "No gate was asked."
    trained = {f"val_{name}": value for name, value in artifact.description.provenance.figures.items()}
    said = hyperparameters_of(artifact)
    card = {
        "model_overview": {"model_creator": f"glyphline {versions()['glyphline']}"},
        "intended_uses": {"purpose_of_model": family.description[:_TEXT]},
        "training_details": {
            "training_job_details": {
                "training_datasets": [f"snapshot {snapshot_of(artifact)}"],
                "training_metrics": [{"name": k, "value": v} for k, v in trained.items()],
                "hyper_parameters": [{"name": k, "value": v} for k, v in said.items()],
            }
        },
        "evaluation_details": [
            {
                "name": f"held-out {evaluation.kind.noun}s",
                "evaluation_observation": gate[:_OBSERVATION],
                "datasets": [f"test and golden of snapshot {snapshot_of(artifact)}"],
                "metric_groups": _metric_groups(family, evaluation),
            }
        ],
        "additional_information": {
            "caveats_and_recommendations": " ".join(evaluation.warnings)[:_TEXT],
            "custom_details": {k: v[:_DETAIL] for k, v in lineage_of(artifact, None).items()},
        },
    }
    text = json.dumps(card, ensure_ascii=False)
    assert len(text) <= LARGEST
    return text


def _metric_groups(family: Family, evaluation: Evaluation) -> list[dict[str, object]]:
    guarded = (*family.gate.guarded_slices, family.gate.new_slice)
    compared = evaluation.comparison.figures if evaluation.comparison is not None else ()
    groups: dict[str, dict[str, float | None]] = {
        "candidate": {one.name: one.value for one in evaluation.figures},
        "champion": {one.name: one.champion for one in compared},
        "error by slice": {one.name: one.error for one in evaluation.slices if matches(one.name, guarded)},
    }
    groups["candidate"][f"{evaluation.kind.noun}s"] = float(evaluation.items)
    return [
        {
            "name": name,
            "metric_data": [
                {"name": k, "type": "number", "value": v} for k, v in values.items() if v is not None
            ],
        }
        for name, values in groups.items()
        if any(value is not None for value in values.values())
    ]
