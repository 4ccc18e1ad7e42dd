"""What may be spent in a month: people hear of it in time, and at the end of it no new job is started."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.resources.access import ANY, allow, deny, from_here
from pipelines.place import Place

_SPENT = (("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""Kinds and percents of the budget that people are told of."""
_STOPPED = ("sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob")


class MonthlyBudget(Construct):
    """The budget of the whole account: tags would count only once somebody has activated them.

    When it is spent, AWS Budgets denies the role of the pipelines to start jobs. What runs goes on, endpoints
    answer, and AWS counts what was spent a few times a day: it is no limit to the cent. Somebody who wants to
    go on reverses the action in the console.

    Source: https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-controls.html
    """

    def __init__(self, scope: Construct, *, place: Place, topic: sns.ITopic) -> None:
        super().__init__(scope, "Budget")
        to = budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)
        limit = budgets.CfnBudget.SpendProperty(amount=place.environment.monthly_budget_usd, unit="USD")
        name = f"{place.prefix}-month"
        budget = budgets.CfnBudget(
            self,
            "Month",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=name, budget_type="COST", time_unit="MONTHLY", budget_limit=limit
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind, comparison_operator="GREATER_THAN", threshold=percent
                    ),
                    subscribers=[to],
                )
                for kind, percent in _SPENT
            ],
        )
        self._stop(place, topic, name).add_resource_dependency(budget)

    def _stop(self, place: Place, topic: sns.ITopic, budget: str) -> budgets.CfnBudgetsAction:
        stopped = iam.ManagedPolicy(
            self,
            "Stopped",
            description="Starts no job: attached to the role of the pipelines when the budget is spent",
            statements=[deny(_STOPPED, [ANY])],
        )
        pipeline = place.role_arn("pipeline")
        only_this = {"ArnEquals": {"iam:PolicyARN": stopped.managed_policy_arn}}
        change = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
        role = iam.Role(
            self,
            "StopRole",
            assumed_by=iam.ServicePrincipal("budgets.amazonaws.com", conditions=from_here(place)),
            description="Lets AWS Budgets stop the pipelines",
            inline_policies={"Stop": iam.PolicyDocument(statements=[allow(change, [pipeline], only_this)])},
        )
        action = budgets.CfnBudgetsAction
        return action(
            self,
            "Stop",
            budget_name=budget,
            action_type="APPLY_IAM_POLICY",
            approval_model="AUTOMATIC",
            notification_type="ACTUAL",
            action_threshold=action.ActionThresholdProperty(type="PERCENTAGE", value=100),
            execution_role_arn=role.role_arn,
            definition=action.DefinitionProperty(
                iam_action_definition=action.IamActionDefinitionProperty(
                    policy_arn=stopped.managed_policy_arn, roles=[pipeline.rpartition("/")[2]]
                )
            ),
            subscribers=[action.SubscriberProperty(type="SNS", address=topic.topic_arn)],
        )
