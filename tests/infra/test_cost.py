"""What an environment costs: nothing that costs money is left out in silence."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from families import Families
from typer.testing import CliRunner

from cli.main import app
from config.environment import Environment, load_environment
from config.errors import InputError
from infra.cost.estimate import Estimate, estimate
from infra.cost.prices import latest_prices
from infra.cost.standing import BY_USE, FREE, standing
from infra.cost.usage import Use, load_scenario, scenario_names, uses
from infra.cost.what_if import changed
from infra.templates import Resource, synthesised

Templates = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def dev() -> Mapping[str, Mapping[str, Any]]:
    return synthesised(load_environment("dev"))


def costs(environment: Environment, templates: Mapping[str, Mapping[str, Any]], scenario: str) -> Estimate:
    return estimate(environment, templates, load_scenario(scenario), latest_prices())


def of(result: Estimate, what: str) -> float:
    return sum(line.usd for line in result.lines if line.what == what)


def template(*types: str) -> Templates:
    made = {f"R{number}": {"Type": one} for number, one in enumerate(types)}
    return {"glyphline-dev-x": {"Resources": made}}


def test_everything_that_is_deployed_has_a_price(
    templates: Templates, dev: Mapping[str, Mapping[str, Any]]
) -> None:
    assert costs(load_environment("prod"), templates, "prod").unpriced == ()
    assert costs(load_environment("dev"), dev, "dev").unpriced == ()


def test_an_idle_dev_and_the_poc_cost_little(dev: Mapping[str, Mapping[str, Any]]) -> None:
    result = costs(load_environment("dev"), dev, "poc")
    assert 0 < result.idle_usd <= 10
    assert result.idle_usd < result.usd <= load_scenario("poc").seed_usd / 2


def test_a_type_that_nobody_knows_is_named() -> None:
    result = costs(load_environment("dev"), template("AWS::EC2::NatGateway", "AWS::KMS::Key"), "poc")
    assert [one.what for one in result.unpriced] == ["AWS::EC2::NatGateway (glyphline-dev-x/R0)"]
    assert of(result, "keys") == 1.0


def test_an_instance_without_a_price_in_the_region_is_named() -> None:
    content = load_environment("dev").model_dump(mode="json", exclude_unset=True)
    content["pipelines"]["training"] |= {"instances": ["ml.g5.xlarge"]}
    there = costs(Environment.model_validate({**content, "region": "us-east-1"}), {}, "poc")
    assert there.unpriced == ()
    (missing,) = costs(Environment.model_validate(content), {}, "poc").unpriced
    assert "ml.g5.xlarge" in missing.what
    assert "eu-central-1" in missing.why


def test_sums_are_as_one_reckons_by_hand() -> None:
    prod = load_environment("prod")
    result = costs(prod, template(*["AWS::CloudWatch::Alarm"] * 7), "prod")
    assert of(result, "alarms") == pytest.approx(0.70)
    assert of(result, "endpoints' least instances") == pytest.approx(3 * 730 * 0.1164)
    scenario = load_scenario("prod")
    hours = scenario.retrains_per_month * (scenario.minutes.train + scenario.startup_minutes) / 60
    assert of(result, "training") == pytest.approx(hours * 0.9312)
    assert result.usd == pytest.approx(sum(line.usd for line in result.lines))


def test_a_family_that_says_its_own_instances_pays_for_them(families: Families) -> None:
    """Of three families one trains and serves on a GPU: a third of all runs, and its own endpoint."""
    jobs = {"instances": ["ml.g5.xlarge"], "max_runtime_s": 3600}
    serving = {"kind": "realtime", "instance": "ml.g5.xlarge", "min_instances": 1}
    prod, scenario = load_environment("prod"), load_scenario("prod")
    before = list(uses(prod, scenario))
    families.say("thai-rec", resources={"training": jobs}, serving=serving)
    after = list(uses(prod, scenario))

    def hours(found: list[Use], what: str) -> dict[str, float]:
        return {one.item: one.quantity for one in found if one.what == what}

    (trained,) = hours(before, "training").values()
    assert hours(after, "training") == pytest.approx(
        {"ml.c5.4xlarge": trained * 2 / 3, "ml.g5.xlarge": trained / 3}
    )
    assert hours(before, "endpoints' least instances") == {"ml.c5.large": 3 * 730}
    assert hours(after, "endpoints' least instances") == {"ml.c5.large": 2 * 730, "ml.g5.xlarge": 730}
    assert hours(after, "processing jobs") == hours(before, "processing jobs")


def test_thoughts_change_what_they_say_and_nothing_else() -> None:
    dev = load_environment("dev")
    before = costs(dev, {}, "poc")
    dear = costs(changed(dev, ["spot=off"]), {}, "poc")
    assert of(dear, "training") == pytest.approx(of(before, "training on spot") / 0.4)
    standing_endpoints = costs(changed(dev, ["serving=realtime"]), {}, "poc")
    assert standing_endpoints.idle_usd - before.idle_usd == pytest.approx(3 * 730 * 0.1164)
    searching = costs(changed(dev, ["search=serverless"]), {}, "poc")
    assert of(searching, "search, while awake") > 0
    assert changed(dev, ["search=serverless"]).make_network  # without one it could not be deployed
    assert changed(dev, ["spot=on", "serving=serverless", "search=none"]) == dev


@pytest.mark.parametrize(
    ("asked", "told"),
    [("spots=off", "'spot'"), ("serving=realtme", "'realtime'"), ("search", "none, serverless")],
)
def test_a_thought_that_there_is_not_is_refused(asked: str, told: str) -> None:
    with pytest.raises(InputError, match="--what-if") as caught:
        changed(load_environment("dev"), [asked])
    assert told in str(caught.value) or "Use one of" in str(caught.value)


def test_a_thought_leaves_out_what_its_kind_does_not_use() -> None:
    prod = load_environment("prod").model_dump(exclude_unset=True)
    search = {"kind": "managed", "instance": "t3.small.search", "nodes": 2}
    serving = {"memory_mb": 2048, "max_concurrency": 9}
    large = Environment.model_validate({**prod, "search": search})
    small = Environment.model_validate({**prod, "serving": serving})
    assert changed(large, ["serving=serverless", "search=none"]).serving.instance is None
    assert changed(small, ["serving=async"]).serving.max_concurrency == 5


def test_a_collection_sleeps_only_in_a_group_that_may() -> None:
    said: dict[str, Any] = {"Name": "drawings", "Type": "VECTORSEARCH"}
    kind = "AWS::OpenSearchServerless::Collection"
    group = "AWS::OpenSearchServerless::CollectionGroup"
    alone, unknown = standing([Resource("s", "C", kind, said)])
    assert unknown == []
    assert alone[0].quantity == 2 * 730
    grouped = Resource("s", "C", kind, {**said, "CollectionGroupName": "drawings"})
    assert standing([grouped, Resource("s", "G", group, {"CapacityLimits": {}})])[0] == []
    limits = {"CapacityLimits": {"MinSearchCapacityInOcu": 1}}
    assert standing([grouped, Resource("s", "G", group, limits)])[0][0].quantity == 730


def test_what_is_paid_by_use_has_its_line() -> None:
    assert not FREE.keys() & BY_USE.keys()
    for name in scenario_names():
        lines = {use.what for use in uses(load_environment("dev"), load_scenario(name))}
        assert set(BY_USE.values()) <= lines


def test_the_command_says_what_it_does_not_know(tmp_path: Path) -> None:
    made = template("AWS::EC2::NatGateway", "AWS::KMS::Key")["glyphline-dev-x"]
    (tmp_path / "glyphline-dev-x.template.json").write_text(json.dumps(made))
    told = CliRunner().invoke(app, ["cost", "--templates", str(tmp_path)])
    assert told.exit_code == 1
    assert "AWS::EC2::NatGateway" in told.stderr
    assert "at least $" in told.stdout
    answer = CliRunner().invoke(app, ["cost", "--templates", str(tmp_path), "--json"])
    content = json.loads(answer.stdout)
    assert content["seed_usd"] == 174
    assert content["usd"] == pytest.approx(sum(line["usd"] for line in content["lines"]))
    assert content["assumptions"]["retrains_per_month"] == 8
