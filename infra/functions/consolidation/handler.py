"""Reads what labellers submitted from S3, and hands one label for each image back to Ground Truth."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3

from ..shared.uris import bucket_and_key
from .agreement import Answer, agreed, answer_of


@cache
def _s3() -> Any:
    return boto3.client("s3")


def handler(event: dict[str, Any], _context: object) -> list[dict[str, Any]]:
    """Return the labels of a batch of images, under the job's own name for them.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-custom-templates-step3-lambda-requirements.html

    Raises:
        ValueError: an answer is not what the template submits.
    """
    name = event["labelAttributeName"]
    return [
        {
            "datasetObjectId": item["datasetObjectId"],
            "consolidatedAnnotation": {
                "content": {name: agreed([_answer(one) for one in item["annotations"]])}
            },
        }
        for item in json.loads(_text(event["payload"]["s3Uri"]))
    ]


def _answer(annotation: dict[str, Any]) -> Answer:
    data = annotation["annotationData"]
    content = data["content"] if "content" in data else _text(data["s3Uri"])
    return answer_of(annotation["workerId"], content)


def _text(uri: str) -> str:
    return str(_s3().get_object(**bucket_and_key(uri))["Body"].read().decode())
