"""The CloudFormation types that moto lacks and the platform needs to do something."""

from __future__ import annotations

import json
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.sagemaker.models import sagemaker_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from emulator.cloudformation import Asked, Made, register


def install() -> None:
    """Register them."""
    register("AWS::SageMaker::Pipeline", _pipeline, update=_update_pipeline, delete=_delete_pipeline)
    register(
        "AWS::SageMaker::ModelPackageGroup",
        _model_package_group,
        attributes=("ModelPackageGroupArn",),
        delete=_delete_model_package_group,
    )
    register("AWS::CloudWatch::Alarm", _alarm, attributes=("Arn",), delete=_delete_alarm)
    register("AWS::SNS::Subscription", _subscription, attributes=("Arn",), delete=_delete_subscription)
    register("AWS::SQS::QueuePolicy", _queue_policy)


def _pipeline(asked: Asked) -> Made:
    said = asked.properties
    sagemaker_backends[asked.account][asked.region].create_pipeline(
        pipeline_name=said["PipelineName"],
        pipeline_display_name=said.get("PipelineDisplayName", ""),
        pipeline_definition=_definition(said),
        pipeline_definition_s3_location={},
        pipeline_description=said.get("PipelineDescription", ""),
        role_arn=said["RoleArn"],
        tags=said.get("Tags", []),
        parallelism_configuration=said.get("ParallelismConfiguration", {}),
    )
    return Made(said["PipelineName"])


def _update_pipeline(asked: Asked, name: str) -> None:
    sagemaker_backends[asked.account][asked.region].update_pipeline(
        name, pipeline_definition=_definition(asked.properties), role_arn=asked.properties["RoleArn"]
    )


def _delete_pipeline(asked: Asked, name: str) -> None:
    sagemaker_backends[asked.account][asked.region].delete_pipeline(name)


def _definition(properties: dict[str, Any]) -> str:
    """Return the pipeline's definition, which has to be a JSON object."""
    body = properties["PipelineDefinition"]["PipelineDefinitionBody"]
    assert "Steps" in json.loads(body)
    return str(body)


def _model_package_group(asked: Asked) -> Made:
    name = asked.properties["ModelPackageGroupName"]
    arn = sagemaker_backends[asked.account][asked.region].create_model_package_group(
        name, asked.properties.get("ModelPackageGroupDescription", ""), asked.properties.get("Tags", [])
    )
    return Made(arn, {"ModelPackageGroupArn": arn})


def _delete_model_package_group(asked: Asked, arn: str) -> None:
    """Delete a group that holds no versions; AWS refuses another."""
    backend = sagemaker_backends[asked.account][asked.region]
    name = arn.rpartition("/")[2]
    if any(one.model_package_group_name == name for one in backend.model_packages.values()):
        raise ValueError(f"the model package group {name} holds versions")
    del backend.model_package_groups[name]


def _alarm(asked: Asked) -> Made:
    said, name = asked.properties, asked.properties.get("AlarmName", asked.name)
    cloudwatch_backends[asked.account][asked.region].put_metric_alarm(
        name=name,
        namespace=said.get("Namespace", ""),
        metric_name=said.get("MetricName", ""),
        comparison_operator=said["ComparisonOperator"],
        evaluation_periods=int(said["EvaluationPeriods"]),
        period=int(said.get("Period", 60)),
        threshold=float(said["Threshold"]),
        statistic=said.get("Statistic", ""),
        description=said.get("AlarmDescription", ""),
        dimensions=[],
        alarm_actions=said.get("AlarmActions", []),
    )
    return Made(name, {"Arn": f"arn:aws:cloudwatch:{asked.region}:{asked.account}:alarm:{name}"})


def _delete_alarm(asked: Asked, name: str) -> None:
    cloudwatch_backends[asked.account][asked.region].delete_alarms([name])


def _subscription(asked: Asked) -> Made:
    said = asked.properties
    made = sns_backends[asked.account][asked.region].subscribe(
        said["TopicArn"], said["Endpoint"], said["Protocol"]
    )
    return Made(made.arn, {"Arn": made.arn})


def _delete_subscription(asked: Asked, arn: str) -> None:
    sns_backends[asked.account][asked.region].unsubscribe(arn)


def _queue_policy(asked: Asked) -> Made:
    policy = json.dumps(asked.properties["PolicyDocument"])
    for url in asked.properties["Queues"]:
        sqs_backends[asked.account][asked.region].set_queue_attributes(
            url.rpartition("/")[2], {"Policy": policy}
        )
    return Made(asked.name)
