"""What people are told of without asking, and what they see when they look: alarms, a page, a budget."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.resources.budget import MonthlyBudget
from infra.resources.dashboard import Overview
from infra.resources.queue import SafeQueue
from infra.stack import EnvironmentStack
from pipelines.place import Place

_MINUTES = cdk.Duration.minutes(5)


class ObservabilityStack(EnvironmentStack):
    """`queues` and `functions` are by what an alarm calls them; endpoints have alarms of their own."""

    def __init__(
        self,
        scope: Construct,
        *,
        place: Place,
        topic: sns.ITopic,
        queues: Mapping[str, SafeQueue],
        functions: Mapping[str, lambda_.IFunction],
    ) -> None:
        super().__init__(scope, "observability", place=place, description="Alarms, dashboard, budget")
        self._action = actions.SnsAction(topic)
        for name, queue in queues.items():
            lost = queue.dead.metric_approximate_number_of_messages_visible(
                period=_MINUTES, statistic="Maximum"
            )
            self._alarm(f"{name}-dead", f"An event of the queue {name} was tried five times in vain", lost)
        for name, function in functions.items():
            self._alarm(
                f"{name}-errors", f"The function {name} breaks", function.metric_errors(period=_MINUTES)
            )
        Overview(self, place=place, queues=queues, functions=functions)
        MonthlyBudget(self, place=place, topic=topic)
        self._drift()

    def _alarm(self, name: str, description: str, metric: cloudwatch.Metric) -> None:
        alarm = metric.create_alarm(
            self,
            "".join(part.capitalize() for part in name.split("-")),
            alarm_name=f"{self.place.prefix}-{name}",
            alarm_description=description,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)

    def _drift(self) -> None:
        """Leave the place where a check for drift will hang: a clock that is switched off."""
        events.Rule(
            self,
            "Drift",
            rule_name=f"{self.place.prefix}-drift",
            description="For checks whether requests have drifted from what was learnt; has no target yet",
            schedule=events.Schedule.cron(hour="3", minute="0"),
            enabled=False,
        )
