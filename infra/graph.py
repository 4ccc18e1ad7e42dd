"""What the templates say about who talks to whom: the account as a graph of resources."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from infra.templates import Resource, Template, resources

KINDS: Mapping[str, str] = {
    "AWS::Budgets::Budget": "budget",
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::CloudWatch::CompositeAlarm": "alarm",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::CodeBuild::Project": "build",
    "AWS::Cognito::UserPool": "user pool",
    "AWS::DynamoDB::Table": "table",
    "AWS::EC2::VPC": "network",
    "AWS::EC2::VPCEndpoint": "network endpoint",
    "AWS::ECR::Repository": "image repository",
    "AWS::Events::Rule": "rule",
    "AWS::IAM::Role": "role",
    "AWS::KMS::Key": "key",
    "AWS::Lambda::Function": "function",
    "AWS::OpenSearchServerless::Collection": "search collection",
    "AWS::OpenSearchService::Domain": "search domain",
    "AWS::S3::Bucket": "bucket",
    "AWS::SNS::Topic": "topic",
    "AWS::SQS::Queue": "queue",
    "AWS::SageMaker::Domain": "studio",
    "AWS::SageMaker::Endpoint": "endpoint",
    "AWS::SageMaker::MlflowApp": "tracking",
    "AWS::SageMaker::ModelPackageGroup": "model group",
    "AWS::SageMaker::Pipeline": "pipeline",
    "AWS::SageMaker::UserProfile": "studio profile",
    "AWS::SageMaker::Workteam": "workteam",
    "AWS::Scheduler::Schedule": "rule",
}
"""What is drawn, by type; the rest (policies, permissions, log groups) belongs to one of these."""

_TOGETHER = {"alarm", "model group", "network endpoint", "pipeline", "role", "studio profile"}
"""Kinds of which a stack has many alike: one node for all of them."""
_NAMED_BY = ("Name", "Id", "AliasName")
_SPOKEN = {
    "aws.s3": "bucket",
    "Pipeline Execution": "pipeline",
    "Model Package": "model group",
    "Alarm": "alarm",
}
_SHARED_BY = {"pipeline": "pipeline", "model-package-group": "model group", "model-package": "model group"}
_SHARED = frozenset(_SHARED_BY.values())
_READING = ("BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan")
_TAKING = ("ChangeMessage", "DeleteMessage", "GetQueue", "ReceiveMessage")
_TELLING = ("Start", "Create", "Put", "Publish", "Send", "Update")
_VERB = re.compile("[A-Z][a-z]+")
READS = "reads"
"""How the edge is called along which something is only looked at."""
_HASH = re.compile(r"[0-9A-F]{8}$")
_WORD = re.compile(r"(?::(?P<type>[a-z-]+)[/:])?(?P<word>[A-Za-z0-9_.*-]+)")


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """One thing in the account, or several alike (`members`)."""

    stack: str
    kind: str
    name: str
    members: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return what it is known by: unique, and a word."""
        return re.sub(r"\W", "_", f"{self.stack}_{self.kind}_{self.name}")


@dataclass(frozen=True, slots=True)
class Graph:
    """`stacks` has every stack, also those of which nothing is drawn; an edge says how, or nothing."""

    stacks: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[tuple[Node, Node, str], ...]


def graph_of(templates: Mapping[str, Template]) -> Graph:
    """Return the graph of an environment; the same templates give the same graph."""
    everything = list(resources(templates))
    nodes = _nodes(everything)
    index = _Index(templates, nodes)
    found: dict[tuple[Node, Node], str] = {}
    for one in everything:
        for source, target, how in _edges(one, index):
            if source != target:
                found.setdefault((source, target), how)
    edges = sorted((source, target, how) for (source, target), how in found.items())
    drawn = {*nodes.values(), *(node for source, target, _ in edges for node in (source, target))}
    return Graph(tuple(sorted(templates)), tuple(sorted(drawn)), tuple(edges))


def _nodes(everything: Sequence[Resource]) -> dict[tuple[str, str], Node]:
    """Return the node of every resource that is drawn, by stack and logical id."""
    alike: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for one in everything:
        kind = KINDS.get(one.type)
        if kind is not None and (
            kind != "role" or _physical(one) is not None
        ):  # the others serve one function
            alike[one.stack, KINDS[one.type]].append(one)
    nodes: dict[tuple[str, str], Node] = {}
    for (stack, kind), group in alike.items():
        names = [_name(one) for one in group]
        if kind in _TOGETHER and len(group) > 1:
            node = Node(stack, kind, f"{len(group)} {kind}s", tuple(sorted(names)))
            nodes |= {(stack, one.name): node for one in group}
        else:
            twice = {name for name in names if names.count(name) > 1}
            for one, name in zip(group, names, strict=True):
                nodes[stack, one.name] = Node(stack, kind, one.name if name in twice else name)
    return nodes


def _name(one: Resource) -> str:
    """Return the name that a person knows: what it is called, else its logical id without the hash."""
    said = _physical(one)
    if said is None:
        return _HASH.sub("", one.name)
    prefix = one.stack.rsplit("-", 1)[0]
    bare = re.sub(r"-\d{12}(-[a-z0-9-]+)?$", "", said)  # account and region
    bare = re.sub(r"^(com\.amazonaws|aws\.sagemaker)\.[a-z0-9-]+\.", "", bare)  # before a service's name
    return KINDS[one.type] if bare == prefix else re.sub(rf"^{prefix}[-/]", "", bare)


def _physical(one: Resource) -> str | None:
    for key, value in one.said.items():
        if key.endswith(_NAMED_BY) and isinstance(value, str) and not key.startswith(("Alias", "Kms")):
            return value
    return None


class _Index:
    """Finds what a value in a template refers to, also in another stack."""

    def __init__(self, templates: Mapping[str, Template], nodes: Mapping[tuple[str, str], Node]) -> None:
        self.nodes = nodes
        self.named = [
            (name, nodes[one.stack, one.name])
            for one in resources(templates)
            if (one.stack, one.name) in nodes and (name := _physical(one)) is not None
        ]
        self.roles: dict[tuple[str, str], Node] = {}
        for one in resources(templates):
            if one.type in ("AWS::Lambda::Function", "AWS::CodeBuild::Project"):
                role = one.said.get("Role", one.said.get("ServiceRole"))
                for reference in _references(role):
                    self.roles[one.stack, reference] = nodes[one.stack, one.name]
        self.exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    def of(self, stack: str, value: Any) -> Iterator[Node]:
        """Yield the nodes that `value` refers to: by reference, by import, or by name."""
        if isinstance(value, str):
            yield from self._by_name(value)
        elif isinstance(value, Mapping):
            for reference in _references(value):
                if (stack, reference) in self.nodes:
                    yield self.nodes[stack, reference]
            exported = value.get("Fn::ImportValue")
            if isinstance(exported, str) and exported in self.exports:
                yield from self.of(*self.exports[exported])
            for key, one in value.items():
                if key not in ("Ref", "Fn::GetAtt", "Fn::ImportValue"):
                    yield from self.of(stack, one)
        elif isinstance(value, Sequence):
            for one in value:
                yield from self.of(stack, one)

    def _by_name(self, text: str) -> Iterator[Node]:
        plain = not text.startswith("arn:")
        for found in _WORD.finditer(text):
            word, type_ = found["word"], found["type"]
            for name, node in self.named:
                # a pipeline, its models and its endpoint share a name: an ARN says which is meant
                sure = node.kind not in _SHARED or _SHARED_BY.get(type_) == node.kind
                meant = word == name.split("/")[-1] or ("*" in word.strip("*") and fnmatchcase(name, word))
                if meant and (sure or (plain and type_ is None)):
                    yield node


def _endpoints(stack: str) -> Node:
    """Return what stands for the endpoints: no template has them, an approval makes them."""
    return Node(stack, "endpoint", "endpoints", ("made on approval",))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if "Ref" in value:
            yield str(value["Ref"])
        if "Fn::GetAtt" in value:
            yield str(value["Fn::GetAtt"][0])


def _edges(one: Resource, index: _Index) -> Iterator[tuple[Node, Node, str]]:
    own, said, stack = index.nodes.get((one.stack, one.name)), one.said, one.stack
    if one.type == "AWS::Lambda::EventSourceMapping":
        for source in index.of(stack, said.get("EventSourceArn")):
            for function in index.of(stack, said.get("FunctionName")):
                yield source, function, ""
    elif one.type == "AWS::IAM::Policy":
        yield from _allowed(one, index)
    elif own is None:
        return
    elif own.kind == "rule":
        yield from ((source, own, "") for source in _heard(said.get("EventPattern", {}), stack, index))
        targets = [target.get("Arn") for target in said.get("Targets", [])]
        targets.append(said.get("Target", {}).get("Arn"))
        yield from ((own, node, "") for node in index.of(stack, targets))
    elif own.kind == "queue":
        dead = said.get("RedrivePolicy", {}).get("deadLetterTargetArn")
        yield from ((own, node, "failed") for node in index.of(stack, dead))
    elif own.kind == "alarm":
        yield from ((own, node, "") for node in index.of(stack, said.get("AlarmActions", [])))
        yield from ((node, own, "") for node in _watched(own, said.get("Dimensions", []), index))
    elif own.kind == "pipeline":
        yield from _in_definition(own, said, stack, index)
    elif own.kind == "budget":
        yield from ((own, node, "") for node in index.of(stack, said))


def _watched(alarm: Node, dimensions: Sequence[Mapping[str, Any]], index: _Index) -> Iterator[Node]:
    for one in dimensions:
        if one["Name"] == "EndpointName":
            yield _endpoints(alarm.stack)
        else:
            yield from index.of(alarm.stack, one["Value"])


def _in_definition(
    own: Node, said: Mapping[str, Any], stack: str, index: _Index
) -> Iterator[tuple[Node, Node, str]]:
    """Yield what a pipeline's definition names: images and data go in, artifacts and versions come out."""
    for node in index.of(stack, said.get("PipelineDefinition")):
        if node.kind == "image repository":
            yield node, own, "runs in"
        elif node.kind == "model group":
            yield own, node, "registers"
        elif node.kind == "bucket":
            yield (own, node, "writes") if "artifacts" in node.name else (node, own, READS)


def _heard(pattern: Mapping[str, Any], stack: str, index: _Index) -> Iterator[Node]:
    """Yield what a rule listens to: what its pattern names, else all of the kind that it speaks of."""
    spoken = " ".join([*pattern.get("source", []), *pattern.get("detail-type", [])])
    kinds = {kind for word, kind in _SPOKEN.items() if word in spoken}
    named = {node for node in index.of(stack, pattern.get("detail", {})) if node.kind in kinds}
    yield from sorted(named or {node for node in index.nodes.values() if node.kind in kinds - {"bucket"}})


def _allowed(policy: Resource, index: _Index) -> Iterator[tuple[Node, Node, str]]:
    """Yield what a function or a build may do to what: that is what it does."""
    users = [
        index.roles[policy.stack, reference]
        for role in policy.said.get("Roles", [])
        for reference in _references(role)
        if (policy.stack, reference) in index.roles
    ]
    for user in users:
        done: dict[Node, list[str]] = defaultdict(list)
        for statement in policy.said["PolicyDocument"]["Statement"]:
            said = statement["Action"]
            actions = [one.split(":")[1] for one in ([said] if isinstance(said, str) else said)]
            for node in index.of(policy.stack, statement["Resource"]):
                done[node] += actions
            if "CreateEndpoint" in actions:
                done[_endpoints(user.stack)] += ["CreateEndpoint"]
        for node, actions in done.items():
            if node.kind not in ("role", "key"):
                yield from _deed(user, node, actions)


def _deed(user: Node, node: Node, actions: Sequence[str]) -> Iterator[tuple[Node, Node, str]]:
    """Yield the edge of what is done: towards what is changed, from what is only read."""
    others = [one for one in actions if not one.startswith(_TAKING)]  # a queue's events come by themselves
    changing = sorted(one for one in others if not one.startswith(_READING))
    if changing:
        telling = [one for start in _TELLING for one in changing if one.startswith(start)]
        yield user, node, _VERB.findall((telling or changing)[0])[0].lower()
    elif others:
        yield node, user, READS
