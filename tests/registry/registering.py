"""What a pipeline run hands over to be registered."""

from __future__ import annotations

from typing import Any

from registry.versions import NewVersion

GROUP = "pid-rec"


_ORIGIN = {"family": GROUP, "snapshot": "5af0", "parent": "none", "glyphline": "0.1.0"}
_SAID = {
    "task": "recognition",
    "headline": "cer",
    "error": 0.0123,
    "confidence": "best-path",
    "vocabulary_hash": "0e",
    "archive_sha256": "aa",
    "report_sha256": "bb",
}
_SAID_BEFORE = {"cer": 0.0123, "exact_match": 0.95, "charset_hash": "0e"}
"""What versions said before there were other kinds of models."""


def request(run: str, *, before: bool = False, **metadata: Any) -> dict[str, Any]:
    """The CreateModelPackage request of a run, as the pipeline's Register step makes it, or did before."""
    said = {**_ORIGIN, "version": f"model-{run}", "run": run, **(_SAID_BEFORE if before else _SAID)}
    uri = f"s3://glyphline/runs/{run}"
    return {
        "ModelPackageGroupName": GROUP,
        "ModelApprovalStatus": "PendingManualApproval",
        "ModelPackageDescription": f"Made by {run}",
        "InferenceSpecification": {
            "Containers": [{"Image": "glyphline-paddle:1", "ModelDataUrl": f"{uri}/model.tar.gz"}],
            "SupportedContentTypes": ["image/png"],
        },
        "ModelMetrics": {
            "ModelQuality": {
                "Statistics": {
                    "ContentType": "application/json",
                    "S3Uri": f"{uri}/evaluation/evaluation.json",
                }
            }
        },
        "CustomerMetadataProperties": {**said, **metadata},
        "ModelCard": {"ModelCardContent": '{"model_overview": {}}', "ModelCardStatus": "PendingReview"},
    }


def new(run: str, *, before: bool = False, **metadata: Any) -> NewVersion:
    return NewVersion.from_request(request(run, before=before, **metadata))
