"""Why a right has a ``*``: a table for actions that can name no resource, one for what has no name yet.

Source: the actions' "Resource types" in https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_METRIC = "a metric has no ARN"
_LIST = "a list is of the whole account"
_LOOK = "EC2 describes no single resource"

UNSCOPED: Mapping[str, str] = {
    "application-autoscaling:DescribeScalableTargets": _LIST,
    "cloudwatch:GetMetricData": _METRIC,
    "cloudwatch:ListMetrics": _METRIC,
    "cloudwatch:PutMetricData": f"{_METRIC}; a condition says which namespace",
    "ec2:DescribeDhcpOptions": _LOOK,
    "ec2:DescribeNetworkInterfaces": _LOOK,
    "ec2:DescribeSecurityGroups": _LOOK,
    "ec2:DescribeSubnets": _LOOK,
    "ec2:DescribeVpcs": _LOOK,
    "ecr:GetAuthorizationToken": "the token is for every repository that other statements open",
    "sagemaker:GetSearchSuggestions": _LIST,
    "sagemaker:ListApps": _LIST,
    "sagemaker:ListArtifacts": _LIST,
    "sagemaker:ListAssociations": _LIST,
    "sagemaker:ListDomains": _LIST,
    "sagemaker:ListEndpointConfigs": _LIST,
    "sagemaker:ListEndpoints": _LIST,
    "sagemaker:ListModelMetadata": _LIST,
    "sagemaker:ListModelPackageGroups": _LIST,
    "sagemaker:ListModelPackages": _LIST,
    "sagemaker:ListPipelines": _LIST,
    "sagemaker:ListProcessingJobs": _LIST,
    "sagemaker:ListSpaces": _LIST,
    "sagemaker:ListTrainingJobs": _LIST,
    "sagemaker:ListUserProfiles": _LIST,
    "sagemaker:Search": _LIST,
}
"""Actions that take ``*`` as their only resource."""

_ARN = r"arn:[^:]+"
_HERE = r"[^:]+:\d{12}"
_JOBS_LOG = r"/aws/sagemaker/([^*:]+|([^*:]+/)?\*)"
UNNAMED: Mapping[str, str] = {
    rf"{_ARN}:s3:::[^*/]+/([^*]+/)?\*": "objects get their keys when they are written",
    rf"{_ARN}:sagemaker:{_HERE}:(training|processing)-job/(pipelines-)?\*": "a run names its jobs",
    rf"{_ARN}:sagemaker:{_HERE}:model-package/[^*]+/\*": "versions are numbered when they are registered",
    rf"{_ARN}:sagemaker:{_HERE}:(domain|user-profile|space|app)/([^*]+/)?\*": "a domain gets its id then",
    rf"{_ARN}:sagemaker:{_HERE}:pipeline/[^*]+/execution/\*": "an execution gets its id when it starts",
    rf"{_ARN}:sagemaker:{_HERE}:(model|endpoint-config)/[^*]+\*": "each version that is deployed has its own",
    rf"{_ARN}:sagemaker:{_HERE}:(artifact|experiment-trial(-component)?)/\*": "a run names them",
    rf"{_ARN}:logs:{_HERE}:log-group:{_JOBS_LOG}(:log-stream)?:\*": "SageMaker makes groups and streams",
    rf"{_ARN}:cloudwatch:{_HERE}:alarm:TargetTracking-endpoint/[^*]+/\*": "scaling names the alarms it makes",
    rf"{_ARN}:application-autoscaling:{_HERE}:scalable-target/\*": "a target gets its id when it is made",
    rf"{_ARN}:es:{_HERE}:domain/[^*]+/\*": "indexes of a domain get their names later",
    rf"{_ARN}:ec2:{_HERE}:network-interface/\*": "an interface gets its id when a job starts",
}
"""Forms of resources whose last part nobody knows before they exist."""


def reason_for(actions: Sequence[str], resource: str) -> str | None:
    """Return why `actions` may be allowed on `resource`, which has a ``*``; None: nobody gave a reason."""
    if resource == "*":
        reasons = [UNSCOPED.get(action) for action in actions]
        return "; ".join(sorted({one for one in reasons if one})) if all(reasons) else None
    return next((why for form, why in UNNAMED.items() if re.fullmatch(form, resource)), None)


def text_of(value: object) -> str:
    """Return a resource of a template as one text, references in brackets: ``<Bucket.Arn>/*``."""
    if isinstance(value, str):
        return value
    assert isinstance(value, dict), value
    ((function, inner),) = value.items()
    if function == "Fn::Join":
        return str(inner[0]).join(text_of(one) for one in inner[1])
    if function == "Fn::GetAtt":
        return f"<{'.'.join(inner)}>"
    return f"<{inner}>"
