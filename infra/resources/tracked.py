"""What logging a run takes of IAM, by what it is logged to: an app and a server have different actions.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/mlflow-app-setup-prerequisites-iam.html and
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemakerwithmlflow.html
"""

from __future__ import annotations

from infra.resources.access import Statements, allow

_OF_AN_APP = ("sagemaker:CallMlflowAppApi", "sagemaker:DescribeMlflowApp")
"""An app has one action for all of MLflow's API."""
_OF_A_SERVER = tuple(
    f"sagemaker-mlflow:{one}"
    for one in (
        *("CreateExperiment", "GetExperiment", "GetExperimentByName", "CreateRun", "GetRun", "UpdateRun"),
        *("SearchRuns", "DeleteRun", "LogBatch", "LogMetric", "LogParam", "SetTag"),
    )
)


def call_app(arn: str) -> Statements:
    """Let use MLflow's API of an app."""
    return [allow(_OF_AN_APP, [arn])]


def log_runs(arn: str | None) -> Statements:
    """Let log runs to the app or the server that the environment's file names; None: to nothing.

    Files go past both to S3, to a bucket that its ARN does not tell: its owner lets the role write there.
    """
    if arn is None:
        return []
    return call_app(arn) if ":mlflow-app/" in arn else [allow(_OF_A_SERVER, [arn])]
