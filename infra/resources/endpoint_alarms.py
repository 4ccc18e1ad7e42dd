"""What says that an endpoint does badly: people hear it, and a deployment that causes it is taken back.

CloudWatch takes an alarm on a metric that nobody has written yet: these are there before the first approval.
Metrics: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from config.environment import Serving
from infra.functions.on_approval.release import VARIANT

_MINUTE = cdk.Duration.minutes(1)
_FAILED_PERCENT = 5
_SLOW_MS = 5_000
_BACKLOG_AGE_S = 1800


class EndpointAlarms(Construct):
    """The alarms of one endpoint; `take_back` names those that a new version must not set off."""

    def __init__(
        self, scope: Construct, name: str, *, endpoint: str, serving: Serving, topic: sns.ITopic
    ) -> None:
        super().__init__(scope, name)
        self._endpoint = endpoint
        self._action = actions.SnsAction(topic)
        self.take_back: list[str] = []
        if serving.kind == "async":
            failed = self._metric("InvocationFailures", "Sum", variant=False)
            self.take_back.append(self._alarm("failures", "Requests failed", failed, threshold=1))
            age = self._metric("ApproximateAgeOfOldestRequest", "Maximum", variant=False)
            self._alarm("backlog", "A request waits for half an hour", age, threshold=_BACKLOG_AGE_S)
            return
        invocations = self._metric("Invocations", "Sum")
        share = cloudwatch.MathExpression(
            expression="100 * failed / asked",
            using_metrics={"failed": self._metric("Invocation5XXErrors", "Sum"), "asked": invocations},
            label="Requests that failed, in percent",
            period=_MINUTE,
        )
        slow = self._metric("ModelLatency", "p95")
        self.take_back += [
            self._alarm("errors", "Requests fail", share, threshold=_FAILED_PERCENT),
            self._alarm("latency", "Answers come late", slow, threshold=_SLOW_MS * 1000),  # microseconds
        ]

    def _metric(self, name: str, statistic: str, *, variant: bool = True) -> cloudwatch.Metric:
        dimensions = {"EndpointName": self._endpoint} | ({"VariantName": VARIANT} if variant else {})
        return cloudwatch.Metric(
            namespace="AWS/SageMaker",
            metric_name=name,
            dimensions_map=dimensions,
            statistic=statistic,
            period=_MINUTE,
        )

    def _alarm(self, kind: str, description: str, metric: cloudwatch.IMetric, *, threshold: float) -> str:
        """Make the alarm, which rings after two bad minutes of three; return its name."""
        name = f"{self._endpoint}-{kind}"
        alarm = cloudwatch.Alarm(
            self,
            kind.capitalize(),
            alarm_name=name,
            alarm_description=f"{description}: {self._endpoint}",
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
        return name
