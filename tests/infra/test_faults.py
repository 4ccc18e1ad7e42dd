"""Faults put into real templates are found, each by its rule; the first four pass every validator."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import rules

Template = dict[str, Any]


def _first(template: Template, kind: str) -> dict[str, Any]:
    properties: dict[str, Any] = next(properties for _, properties in rules.of_type(template, kind))
    return properties


def _search_of_no_version(template: Template) -> None:
    said = {"EngineVersion": "OpenSearch_2.21", "VPCOptions": {"SubnetIds": ["subnet-0"]}}
    template["Resources"]["Search"] = {"Type": "AWS::OpenSearchService::Domain", "Properties": said}


def _bucket_without_block(template: Template) -> None:
    del _first(template, "AWS::S3::Bucket")["PublicAccessBlockConfiguration"]


def _everything_allowed(template: Template) -> None:
    role = _first(template, "AWS::IAM::Role")
    document = {"Statement": [{"Effect": "Allow", "Action": "*:*", "Resource": "*"}]}
    role["Policies"] = [{"PolicyName": "All", "PolicyDocument": document}]


def _misspelt_event(template: Template) -> None:
    pattern = next(
        one["EventPattern"]
        for _, one in rules.of_type(template, "AWS::Events::Rule")
        if "EventPattern" in one
    )
    pattern["detail-type"] = ["Object created"]


def _misspelt_field(template: Template) -> None:
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelApprovedStatus": ["Approved"]},
    }
    template["Resources"]["Rule"] = {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": pattern}}


def _action_with_star(template: Template) -> None:
    rules.listed(_first(template, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]["Statement"])[0][
        "Action"
    ] = "s3:Get*"


def _any_key(template: Template) -> None:
    _first(template, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    )


def _stream_of_all_streams(template: Template) -> None:
    """The ARN that a log group gives ends in ``:*`` already: nothing is called so."""
    group = {"Fn::Join": ["", [{"Fn::GetAtt": ["Log", "Arn"]}, ":log-stream:*"]]}
    _first(template, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": group}
    )


def _role_for_all(template: Template) -> None:
    trust = _first(template, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"][0]
    trust["Principal"] = {"AWS": "*"}


def _role_for_other_accounts(template: Template) -> None:
    del _first(template, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]


def _bucket_without_tls(template: Template) -> None:
    policy = _first(template, "AWS::S3::BucketPolicy")["PolicyDocument"]
    policy["Statement"] = [one for one in policy["Statement"] if one["Effect"] == "Allow"]


def _queue_without_dead_letters(template: Template) -> None:
    queue = next(one for _, one in rules.of_type(template, "AWS::SQS::Queue") if "RedrivePolicy" in one)
    del queue["RedrivePolicy"]


def _queue_in_the_clear(template: Template) -> None:
    del _first(template, "AWS::SQS::Queue")["SqsManagedSseEnabled"]


def _endless_log(template: Template) -> None:
    del _first(template, "AWS::Logs::LogGroup")["RetentionInDays"]


def _log_that_lambda_makes(template: Template) -> None:
    del _first(template, "AWS::Lambda::Function")["LoggingConfig"]


def _open_port(template: Template) -> None:
    said = {
        "SecurityGroupIngress": [{"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]
    }
    template["Resources"]["Group"] = {"Type": "AWS::EC2::SecurityGroup", "Properties": said}


def _function_with_url(template: Template) -> None:
    template["Resources"]["Url"] = {"Type": "AWS::Lambda::Url", "Properties": {"AuthType": "AWS_IAM"}}


def _collection_for_all(template: Template) -> None:
    said = {"Type": "network", "Policy": '[{"Rules": [], "AllowFromPublic": true}]'}
    template["Resources"]["Net"] = {"Type": "AWS::OpenSearchServerless::SecurityPolicy", "Properties": said}


FAULTS = [
    (_search_of_no_version, "storage", rules.unknown_versions),
    (_bucket_without_block, "storage", rules.open_buckets),
    (_everything_allowed, "identity", rules.wild_actions),
    (_misspelt_event, "pipelines", rules.deaf_rules),
    (_misspelt_field, "pipelines", rules.deaf_rules),
    (_action_with_star, "identity", rules.wild_actions),
    (_any_key, "identity", rules.wild_resources),
    (_stream_of_all_streams, "identity", rules.wild_resources),
    (_role_for_all, "identity", rules.open_to_all),
    (_role_for_other_accounts, "identity", rules.confused_deputies),
    (_bucket_without_tls, "storage", rules.open_buckets),
    (_queue_without_dead_letters, "pipelines", rules.lossy_queues),
    (_queue_in_the_clear, "pipelines", rules.lossy_queues),
    (_endless_log, "pipelines", rules.endless_logs),
    (_log_that_lambda_makes, "pipelines", rules.endless_logs),
    (_open_port, "storage", rules.public_endpoints),
    (_function_with_url, "pipelines", rules.public_endpoints),
    (_collection_for_all, "storage", rules.public_endpoints),
]


@pytest.mark.parametrize(("fault", "stack", "rule"), FAULTS, ids=lambda one: getattr(one, "__name__", one))
def test_fault_is_found(fault: Any, stack: str, rule: Any, templates: dict[str, Template]) -> None:
    template = deepcopy(templates[f"glyphline-prod-{stack}"])
    assert rule(template) == []
    fault(template)
    assert rule(template) != []


def test_every_rule_is_broken_once() -> None:
    assert {rule for _, _, rule in FAULTS} == set(rules.RULES)
