"""The model card of a version, as the Model Registry takes it.

A model package's card knows no description and no name of its own:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelPackageModelCard.html
https://docs.aws.amazon.com/sagemaker/latest/dg/model-cards.html#model-cards-json-schema
"""

from __future__ import annotations

import json

from config.family import Family
from containers.common.artifact import Artifact, versions
from containers.common.jobs.lineage import lineage_of, snapshot_of
from evaluation.evaluate import Evaluation
from evaluation.slices import matches
from evaluation.text import TextMetrics

LARGEST = 100_000
"""Characters of a card; ours has a few thousand."""
_OBSERVATION, _TEXT, _DETAIL = 2096, 2048, 1024


def model_card(family: Family, artifact: Artifact, evaluation: Evaluation) -> str:
    """Return the card of the model in `artifact` as JSON on one line."""
    provenance = artifact.description.provenance
    gate = evaluation.gate.summary if evaluation.gate is not None else "No gate was asked."
    hyperparameters = {
        "recipe": provenance.recipe,
        "seed": str(provenance.seed),
        "epochs": str(provenance.epochs),
        "steps": str(provenance.steps),
    }
    trained = {"val_cer": provenance.val_cer, "val_exact_match": provenance.val_exact_match}
    card = {
        "model_overview": {"model_creator": f"glyphline {versions()['glyphline']}"},
        "intended_uses": {"purpose_of_model": family.description[:_TEXT]},
        "training_details": {
            "training_job_details": {
                "training_datasets": [f"snapshot {snapshot_of(artifact)}"],
                "training_metrics": [{"name": k, "value": v} for k, v in trained.items() if v is not None],
                "hyper_parameters": [{"name": k, "value": v} for k, v in hyperparameters.items()],
            }
        },
        "evaluation_details": [
            {
                "name": "held-out lines",
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
    slices = {one.name: one.cer for one in evaluation.slices if matches(one.name, guarded)}
    groups = {
        "candidate": _rates(evaluation.metrics),
        "champion": {} if evaluation.champion is None else _rates(evaluation.champion),
        "CER by slice": slices,
    }
    return [
        {
            "name": name,
            "metric_data": [
                {"name": k, "type": "number", "value": v} for k, v in rates.items() if v is not None
            ],
        }
        for name, rates in groups.items()
        if any(rate is not None for rate in rates.values())
    ]


def _rates(metrics: TextMetrics) -> dict[str, float | None]:
    return {
        "cer": metrics.characters.rate,
        "wer": metrics.words.rate,
        "exact_match": metrics.exact_match,
        "lines": float(metrics.samples),
    }
