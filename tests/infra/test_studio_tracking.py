"""Where people look and what runs are logged to: made only where wanted, closed to the internet."""

from __future__ import annotations

import pytest
from alone import NETWORK, Resources, alone, inside_of, place_of

from config.errors import InputError
from pipelines.place import Place


def _studio(place: Place) -> Resources:
    from infra.stacks.studio import StudioStack

    return alone(StudioStack, place)


def _tracking(place: Place) -> Resources:
    from infra.stacks.tracking import TrackingStack

    return alone(TrackingStack, place)


def test_studio_is_inside_and_nobody_has_the_approvers_role_by_default() -> None:
    people = ("role/aws-reserved/AWSReservedSSO_Heads_0a1b", "user/ada@example.org")
    place = inside_of(approvers=[f"arn:aws:iam::123456789012:{one}" for one in people])
    resources = _studio(place)
    domain = resources.one("SageMaker::Domain")
    assert domain["AppNetworkAccessType"] == "VpcOnly"
    assert (domain["VpcId"], domain["SubnetIds"]) == ("vpc-1", ["subnet-1", "subnet-2"])
    assert domain["KmsKeyId"] == "1"
    assert domain["DefaultUserSettings"]["ExecutionRole"] == place.role_arn("scientist")
    assert _profiles(resources) == {
        "approver-AWSReservedSSO-Heads-0a1b": place.role_arn("approver"),
        "approver-ada-example-org": place.role_arn("approver"),
        "scientist": place.role_arn("scientist"),
    }


def test_applications_of_studio_reach_each_other_and_what_jobs_reach() -> None:
    resources = _studio(inside_of())
    group = {"Fn::GetAtt": ["Group", "GroupId"]}
    for said in (resources.one("SageMaker::Domain")["DefaultUserSettings"], *_settings(resources)):
        assert said["SecurityGroups"] == ["sg-1", group]
    among = resources.of("EC2::SecurityGroupIngress")
    assert {(one["FromPort"], one["ToPort"]) for one in among} == {(2049, 2049), (8192, 65535)}
    assert all(one["SourceSecurityGroupId"] == one["GroupId"] == group for one in among)


def _settings(studio: Resources) -> list[dict[str, object]]:
    return [one["UserSettings"] for one in studio.of("SageMaker::UserProfile")]


def test_studio_has_no_profile_for_an_approver_that_nobody_is() -> None:
    """The role refuses everybody where `approvers` is empty: a profile that has it would not open."""
    place = inside_of()
    assert _profiles(_studio(place)) == {"scientist": place.role_arn("scientist")}


def _profiles(studio: Resources) -> dict[str, str]:
    names = [one["UserProfileName"] for one in studio.of("SageMaker::UserProfile")]
    return dict(zip(names, [str(one["ExecutionRole"]) for one in _settings(studio)], strict=True))


@pytest.mark.parametrize(
    ("network", "found"),
    [(None, "no network"), ({**NETWORK, "vpc": None}, "a network without its vpc")],
)
def test_studio_without_a_network_says_what_to_change(network: object, found: str) -> None:
    with pytest.raises(InputError, match=rf"prod\.yaml: studio: true and {found}.*Set make_network: true"):
        _studio(place_of(make_network=False, network=network))


def test_an_app_keeps_its_files_in_its_own_folder() -> None:
    place = place_of()
    resources = _tracking(place)
    app = resources.one("SageMaker::MlflowApp")
    assert app["ArtifactStoreUri"] == place.uri("mlflow")
    assert app["ModelRegistrationMode"] == "AutoModelRegistrationDisabled"
    (statement,) = (
        one
        for one in resources.one("IAM::Role")["Policies"][0]["PolicyDocument"]["Statement"]
        if "s3:PutObject" in one["Action"]
    )
    assert statement["Resource"] == f"arn:aws:s3:::{place.bucket('artifacts')}/mlflow/*"


def test_what_is_not_wanted_is_not_made(templates: dict[str, object]) -> None:
    assert "glyphline-prod-tracking" in templates
    assert "glyphline-prod-studio" in templates
    assert "glyphline-prod-labelling" not in templates
