"""How many instances an endpoint has: with its load, and none while nobody asks an asynchronous one.

It is this function that registers an endpoint for scaling, for it makes the endpoint: CloudFormation's
`AWS::ApplicationAutoScaling::ScalableTarget` fails while there is no such endpoint, that is until the first
approval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .release import VARIANT
from .settings import Serving

_CONCURRENT_PER_INSTANCE = 4
"""Half of what the container takes into one batch."""
_BACKLOG_PER_INSTANCE = 5
_SCALE_IN_S, _SCALE_OUT_S = 300, 60


@dataclass(frozen=True, slots=True)
class Scaling:
    """`autoscaling` and `cloudwatch` are boto3's clients."""

    autoscaling: Any
    cloudwatch: Any

    def register(self, endpoint: str, serving: Serving) -> None:
        """Let the endpoint scale as `serving` says; doing so again changes nothing."""
        if serving.kind == "serverless":
            return
        self.autoscaling.register_scalable_target(
            **_target(endpoint), MinCapacity=serving.min_instances, MaxCapacity=serving.max_instances
        )
        self.autoscaling.put_scaling_policy(
            **_target(endpoint),
            PolicyName=f"{endpoint}-load",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                **(_backlog(endpoint) if serving.kind == "async" else _concurrency()),
                "ScaleInCooldown": _SCALE_IN_S,
                "ScaleOutCooldown": _SCALE_OUT_S,
            },
        )
        if serving.kind == "async" and serving.min_instances == 0:
            self._wake(endpoint)

    def deregister(self, endpoint: str, serving: Serving) -> None:
        """Let the endpoint be updated: one that scales keeps its instance type."""
        if serving.kind == "serverless":
            return
        target = _target(endpoint)
        found = self.autoscaling.describe_scalable_targets(
            ServiceNamespace=target["ServiceNamespace"], ResourceIds=[target["ResourceId"]]
        )
        if found["ScalableTargets"]:
            self.autoscaling.deregister_scalable_target(**target)

    def _wake(self, endpoint: str) -> None:
        """Give the first instance to a backlog of whatever size: a backlog per instance needs an instance.

        Source: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
        """
        answer = self.autoscaling.put_scaling_policy(
            **_target(endpoint),
            PolicyName=f"{endpoint}-wake",
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration={
                "AdjustmentType": "ChangeInCapacity",
                "MetricAggregationType": "Average",
                "Cooldown": _SCALE_IN_S,
                "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
            },
        )
        self.cloudwatch.put_metric_alarm(
            AlarmName=f"{endpoint}-wake",
            AlarmDescription="Requests wait and there is no instance",
            Namespace="AWS/SageMaker",
            MetricName="HasBacklogWithoutCapacity",
            Dimensions=[{"Name": "EndpointName", "Value": endpoint}],
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            Threshold=1,
            TreatMissingData="missing",
            AlarmActions=[answer["PolicyARN"]],
        )


def _target(endpoint: str) -> dict[str, Any]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{VARIANT}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def _concurrency() -> dict[str, Any]:
    metric = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    return {
        "TargetValue": _CONCURRENT_PER_INSTANCE,
        "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
    }


def _backlog(endpoint: str) -> dict[str, Any]:
    return {
        "TargetValue": _BACKLOG_PER_INSTANCE,
        "CustomizedMetricSpecification": {
            "Namespace": "AWS/SageMaker",
            "MetricName": "ApproximateBacklogSizePerInstance",
            "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
            "Statistic": "Average",
        },
    }
