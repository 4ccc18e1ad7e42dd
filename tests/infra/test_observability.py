"""Nothing is lost unheard: every queue of what nobody could handle and every function has an alarm."""

from __future__ import annotations

import json
from typing import Any

from everything import everything
from rules import listed

Templates = dict[str, dict[str, Any]]


def of_type(templates: Templates, kind: str, stack: str = "") -> dict[str, dict[str, Any]]:
    return {
        name: one["Properties"]
        for template, content in templates.items()
        if template.endswith(stack)
        for name, one in content["Resources"].items()
        if one["Type"] == kind
    }


def test_every_dead_queue_and_every_function_has_an_alarm_that_people_hear() -> None:
    templates = everything().templates
    dead = [name for name, one in of_type(templates, "AWS::SQS::Queue").items() if "RedrivePolicy" not in one]
    functions = of_type(templates, "AWS::Lambda::Function")
    alarms = of_type(templates, "AWS::CloudWatch::Alarm", "observability").values()
    watched = json.dumps([one["Dimensions"] for one in alarms])
    for name in [*dead, *functions]:
        assert name in watched, f"{name} has no alarm"
    assert len(alarms) == len(dead) + len(functions)
    for alarm in alarms:
        assert len(alarm["AlarmActions"]) == 1
        assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "notBreaching")


def test_alarms_and_budget_may_speak_on_the_encrypted_topic(templates: Templates) -> None:
    (topic,) = of_type(templates, "AWS::SNS::Topic").values()
    assert "KmsMasterKeyId" in topic
    (policy,) = of_type(templates, "AWS::SNS::TopicPolicy").values()
    (key,) = of_type(templates, "AWS::KMS::Key", "storage").values()
    for document in (policy["PolicyDocument"], key["KeyPolicy"]):
        speakers = {
            service: one["Condition"]["StringEquals"]
            for one in document["Statement"]
            if one["Effect"] == "Allow" and "Service" in one["Principal"]
            for service in listed(one["Principal"]["Service"])
        }
        for service in ("cloudwatch.amazonaws.com", "budgets.amazonaws.com"):
            assert speakers[service] == {"aws:SourceAccount": "123456789012"}


def test_a_spent_budget_stops_the_pipelines_and_nothing_else(templates: Templates) -> None:
    (budget,) = of_type(templates, "AWS::Budgets::Budget").values()
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 500, "Unit": "USD"}
    (stop,) = of_type(templates, "AWS::Budgets::BudgetsAction").values()
    assert (stop["ApprovalModel"], stop["NotificationType"]) == ("AUTOMATIC", "ACTUAL")
    assert stop["ActionThreshold"] == {"Type": "PERCENTAGE", "Value": 100}
    assert stop["Definition"]["IamActionDefinition"]["Roles"] == ["glyphline-prod-pipeline"]
    ((name, stopped),) = of_type(templates, "AWS::IAM::ManagedPolicy", "observability").items()
    (statement,) = stopped["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert set(statement["Action"]) == {"sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob"}
    (role,) = of_type(templates, "AWS::IAM::Role", "observability").values()
    (may,) = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert may["Condition"] == {"ArnEquals": {"iam:PolicyARN": {"Ref": name}}}
    assert may["Resource"].endswith(":role/glyphline-prod-pipeline")


def test_the_page_shows_every_family(templates: Templates) -> None:
    (dashboard,) = of_type(templates, "AWS::CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["DashboardBody"])
    for family in ("pid-rec", "receipt-rec", "thai-rec"):
        assert f"glyphline-prod-{family}" in body


def test_the_clock_of_the_drift_check_stands_still(templates: Templates) -> None:
    (rule,) = of_type(templates, "AWS::Events::Rule", "observability").values()
    assert rule["State"] == "DISABLED"
