"""The diagram of the account: every stack is named, and an arrow is there because a template says so."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from infra.diagram import mermaid
from infra.drawing import svg
from infra.graph import Graph, graph_of

Templates = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def graph(templates: Templates) -> Graph:
    return graph_of(templates)


def words(picture: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]


def test_every_stack_is_named(templates: Templates, graph: Graph) -> None:
    text, said = mermaid(graph), words(svg(graph, "all"))
    assert graph.stacks == tuple(sorted(templates))
    for stack in templates:
        assert f'["{stack}"]' in text
        assert stack.rsplit("-", 1)[1] in said


def test_the_same_templates_give_the_same_bytes(templates: Templates, graph: Graph) -> None:
    shuffled = {
        stack: {**one, "Resources": dict(reversed(one["Resources"].items()))}
        for stack, one in reversed(templates.items())
    }
    again = graph_of(shuffled)
    assert mermaid(again) == mermaid(graph)
    assert svg(again, "all") == svg(graph, "all")


def test_labels_reach_the_pipelines_and_approvals_the_endpoints(graph: Graph) -> None:
    arrows = {(source.kind, source.name, target.kind) for source, target, _ in graph.edges}
    after: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for source, target, _ in graph.edges:
        after.setdefault((source.kind, source.name), set()).add((target.kind, target.name))
    assert ("bucket", "snapshots", "rule") in arrows

    def leads(start: tuple[str, str], kinds: list[str]) -> bool:
        if not kinds:
            return True
        return any(kind == kinds[0] and leads((kind, name), kinds[1:]) for kind, name in after.get(start, ()))

    assert leads(("bucket", "snapshots"), ["rule", "queue", "function", "pipeline", "model group"])
    (group,) = {(one.kind, one.name) for one in graph.nodes if one.kind == "model group"}
    assert leads(group, ["rule", "queue", "function", "endpoint"])


def test_a_reference_into_another_stack_is_followed() -> None:
    queue = {"Fn::ImportValue": "a:QueueArn"}
    made: Templates = {
        "g-d-a": {
            "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {}}},
            "Outputs": {"O": {"Value": {"Fn::GetAtt": ["Q", "Arn"]}, "Export": {"Name": "a:QueueArn"}}},
        },
        "g-d-b": {
            "Resources": {
                "R": {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Arn": queue, "Id": "x"}]}}
            }
        },
        "g-d-empty": {},
    }
    graph = graph_of(made)
    ((source, target, _),) = graph.edges
    assert (source.stack, target.stack) == ("g-d-b", "g-d-a")
    assert "empty" in words(svg(graph, "three"))
