"""Two versions of an account, compared by the predictions that their runs left in S3 (moto's server)."""

from __future__ import annotations

import boto3
import pytest
from registering import new
from s3fs import S3FileSystem

from registry.comparison import compare
from registry.sagemaker import SagemakerRegistry, account_registry


@pytest.fixture
def account(store: None) -> SagemakerRegistry:
    return account_registry("us-east-1")


def test_predictions_are_read_from_the_account(account: SagemakerRegistry) -> None:
    first, second = account.register(new("r1")), account.register(new("r2"))
    store = boto3.client("s3", region_name="us-east-1")
    store.create_bucket(Bucket="glyphline")
    lines = {
        "r1": b'{"id": "a", "reference": "PT-1", "prediction": "PI-1"}',
        "r2": b'{"id": "a", "reference": "PT-1", "prediction": "PT-1"}\n'
        b'{"id": "b", "reference": "PT-2", "prediction": ""}',
    }
    assert compare(first, second) is None  # nothing is there yet
    for run, content in lines.items():
        store.put_object(Bucket="glyphline", Key=f"runs/{run}/evaluation/candidate.jsonl", Body=content)
    store.close()
    S3FileSystem.clear_instance_cache()
    compared = compare(first, second)
    assert compared is not None
    assert (compared.answered_by_earlier, compared.answered_by_later, len(compared.later.items)) == (1, 2, 1)
    assert compared.evaluation.comparison is not None
    assert (compared.later.name, compared.earlier.name) == ("pid-rec/2", "pid-rec/1")
    assert compared.evaluation.figure("exact_match") == 1.0
