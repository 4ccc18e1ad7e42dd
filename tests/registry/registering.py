"""What a pipeline run hands over to be registered."""

from __future__ import annotations

from typing import Any

from registry.versions import NewVersion

GROUP = "pid-rec"


def request(run: str, **metadata: Any) -> dict[str, Any]:
    """The CreateModelPackage request of a run, as the pipeline's Register step makes it."""
    said = {"family": GROUP, "version": f"model-{run}", "snapshot": "5af0", "parent": "none", "run": run}
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
        "CustomerMetadataProperties": {"cer": 0.0123, "exact_match": 0.95, **said, **metadata},
        "ModelCard": {"ModelCardContent": '{"model_overview": {}}', "ModelCardStatus": "PendingReview"},
    }


def new(run: str, **metadata: Any) -> NewVersion:
    return NewVersion.from_request(request(run, **metadata))
