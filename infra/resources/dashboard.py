"""The page that says at a glance how it goes: runs, what waits, functions, endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.functions.on_approval.release import VARIANT
from infra.resources.queue import SafeQueue
from pipelines.place import Place

_RUNS = "AWS/Sagemaker/ModelBuildingPipeline"
"""https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html, spelt as there."""
_HOUR, _MINUTES = cdk.Duration.hours(1), cdk.Duration.minutes(5)


class Overview(cloudwatch.Dashboard):
    """One row for the runs and endpoints of all families, one for what brings events to them."""

    def __init__(
        self,
        scope: Construct,
        *,
        place: Place,
        queues: Mapping[str, SafeQueue],
        functions: Mapping[str, lambda_.IFunction],
    ) -> None:
        names = [place.name(family) for family in place.environment.families]
        waiting = [one.queue.metric_approximate_number_of_messages_visible() for one in queues.values()]
        dead = [one.dead.metric_approximate_number_of_messages_visible() for one in queues.values()]
        errors = [one.metric_errors(period=_MINUTES) for one in functions.values()]
        super().__init__(
            scope,
            "Overview",
            dashboard_name=place.prefix,
            default_interval=cdk.Duration.days(7),
            widgets=[
                [
                    _graph("Runs that succeeded", _runs("ExecutionSucceeded", names)),
                    _graph("Runs that failed", _runs("ExecutionFailed", names)),
                    _graph("Requests", [_requests(name) for name in names]),
                ],
                [
                    _graph("Events that wait", waiting),
                    _graph("Events that nobody could handle", dead),
                    _graph("Errors of functions", errors),
                ],
            ],
        )


def _runs(metric: str, names: Sequence[str]) -> list[cloudwatch.IMetric]:
    return [_metric(_RUNS, metric, {"PipelineName": name}, name) for name in names]


def _requests(name: str) -> cloudwatch.IMetric:
    return _metric("AWS/SageMaker", "Invocations", {"EndpointName": name, "VariantName": VARIANT}, name)


def _metric(namespace: str, metric: str, dimensions: dict[str, str], label: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=metric,
        dimensions_map=dimensions,
        statistic="Sum",
        period=_HOUR,
        label=label,
    )


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
