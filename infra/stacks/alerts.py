"""Where the account speaks to people: one encrypted topic, and a mail address that hears it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.resources.access import from_here
from infra.stack import EnvironmentStack
from pipelines.place import Place

_SPEAKERS = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")
"""Services that publish by themselves: alarms and the budget."""


class AlertsStack(EnvironmentStack):
    """`topic` is for failures, alarms, the budget, and versions that wait for an approver."""

    def __init__(self, scope: Construct, *, place: Place, key: kms.IKey) -> None:
        super().__init__(scope, "alerts", place=place, description="The topic that people hear")
        self.topic = sns.Topic(
            self, "Topic", topic_name=f"{place.prefix}-alerts", master_key=key, enforce_ssl=True
        )
        for service in _SPEAKERS:
            self.topic.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(service)],
                    actions=["sns:Publish"],
                    resources=[self.topic.topic_arn],
                    conditions=from_here(place),
                )
            )
        if place.environment.alarms_to is not None:
            sns.Subscription(
                self,
                "Mail",
                topic=self.topic,
                protocol=sns.SubscriptionProtocol.EMAIL,
                endpoint=place.environment.alarms_to,
            )
        cdk.CfnOutput(self, "TopicArn", value=self.topic.topic_arn)


def let_speak(key: kms.Key, place: Place) -> None:
    """Let the services that publish by themselves encrypt what they say.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    for service in _SPEAKERS:
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],  # of a key's own policy: this key
                conditions=from_here(place),
            )
        )
