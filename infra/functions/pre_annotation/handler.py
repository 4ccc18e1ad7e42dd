"""Makes a labeller's task from a line of the manifest: the image, and what a model has read of it before."""

from __future__ import annotations

from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return the task of one image; `initial` are boxes with their text, which the labeller corrects.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-custom-templates-step3-lambda-requirements.html

    Raises:
        ValueError: the line names no image; Ground Truth shows this for the object, and goes on.
    """
    line = event["dataObject"]
    image = line.get("source-ref")
    if image is None:
        found = ", ".join(sorted(line)) or "nothing"
        raise ValueError(
            f"a line of {event['labelingJobArn']} has {found}; expected source-ref: an image's URI"
        )
    return {
        "taskInput": {"taskObject": image, "initial": line.get("initial", [])},
        "isHumanAnnotationRequired": True,
    }
