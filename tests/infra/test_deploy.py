"""The real CDK command line deploys every stack of dev, and what is deployed does what it is for.

GLYPHLINE_DEPLOY_LOG names a file for what the command line says.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from emulator.client import ACCOUNT, Emulator, emulator

from config.environment import load_environment
from corpus.paths import as_path
from corpus.sample import Sample
from corpus.snapshot import Snapshot, open_snapshot, write_snapshot
from corpus.splits import SplitPolicy, split_of
from pipelines.place import Place
from registry.sagemaker import SagemakerRegistry
from registry.versions import NewVersion

ROOT = Path(__file__).parent.parent.parent
CDK = ROOT / "node_modules" / ".bin" / "cdk"
ENVIRONMENT = load_environment("dev")
PLACE = Place(ENVIRONMENT, ACCOUNT)
ENOUGH = ENVIRONMENT.labels.min_new
STORM = 1000


@dataclass(frozen=True, slots=True)
class Deployment:
    """The environment dev in an emulator, and the assembly it was deployed from."""

    aws: Emulator
    folder: Path
    log: Path

    @property
    def assembly(self) -> Path:
        return self.folder / "cdk.out"

    def cdk(self, *arguments: str) -> None:
        """Run the CDK's command line, which has to succeed; what it says is also written to the log."""
        began = time.monotonic()
        done = subprocess.run(
            [CDK, *arguments],
            cwd=ROOT,
            env=self.aws.environment() | {"CDK_VALIDATION": "false"},  # test_synth validates
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        took_s = time.monotonic() - began
        said = (
            f"$ npx cdk {' '.join(arguments)}\n{done.stdout}exit code {done.returncode}, {took_s:.1f} s\n\n"
        )
        self.note(said)
        assert done.returncode == 0, said + (self.folder / "emulator.log").read_text()

    def note(self, said: str) -> None:
        """Write a line to the log."""
        with self.log.open("a") as log:
            log.write(f"{said}\n")

    def put_snapshot(self, family: str, snapshot: Snapshot) -> None:
        """Complete the snapshot in the family's folder: what a run needs of it is read by jobs only."""
        body = (Path(str(snapshot.folder)) / "snapshot.json").read_bytes()
        s3 = self.aws.client("s3")
        s3.put_object(Bucket=PLACE.bucket("snapshots"), Key=f"{family}/snapshot.json", Body=body)

    def runs(self, family: str) -> list[dict[str, Any]]:
        """Return the executions of the family's pipeline, the oldest first, with their parameters."""
        sagemaker = self.aws.client("sagemaker")
        listed = sagemaker.list_pipeline_executions(PipelineName=PLACE.name(family))
        arns = [one["PipelineExecutionArn"] for one in listed["PipelineExecutionSummaries"]]
        return [
            {
                "arn": arn,
                "status": sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)[
                    "PipelineExecutionStatus"
                ],
                **{
                    one["Name"]: one["Value"]
                    for one in sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)[
                        "PipelineParameters"
                    ]
                },
            }
            for arn in arns
        ]

    def served(self, endpoint: str) -> str:
        """Return the ARN of the version that an endpoint serves."""
        sagemaker = self.aws.client("sagemaker")
        config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
        (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
        model = sagemaker.describe_model(ModelName=variant["ModelName"])
        return str(model["PrimaryContainer"]["ModelPackageName"])

    def subscribe(self) -> Callable[[], list[str]]:
        """Listen to what people are told from now on; return what reads it."""
        sns, sqs = self.aws.client("sns"), self.aws.client("sqs")
        queue = sqs.create_queue(QueueName="people")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        (topic,) = sns.list_topics()["Topics"]
        sns.subscribe(TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=arn)

        def read() -> list[str]:
            said = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
            return [
                " ".join((body["Subject"], body["Message"]))
                for body in (json.loads(one["Body"]) for one in said)
            ]

        return read

    def dead(self) -> int:
        """Return how many messages rest in dead-letter queues."""
        sqs = self.aws.client("sqs")
        name = "ApproximateNumberOfMessages"
        urls = [url for url in sqs.list_queues()["QueueUrls"] if "Dead" in url]
        assert urls
        attributes = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name]) for url in urls]
        return sum(int(one["Attributes"][name]) for one in attributes)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Bootstrap the account, and deploy every stack to it."""
    if not CDK.exists():
        pytest.skip(f"no {CDK.relative_to(ROOT)}: run npm ci")
    folder = tmp_path_factory.mktemp("deployment")
    log = Path(os.environ.get("GLYPHLINE_DEPLOY_LOG") or folder / "deploy.log").absolute()
    log.write_text("")
    with (folder / "emulator.log").open("w") as said, emulator(ENVIRONMENT.region, said) as aws:
        made = Deployment(aws, folder, log)
        made.cdk("synth", "--quiet", "--no-lookups", "--context=environment=dev", f"--output={made.assembly}")
        app = f"--app={made.assembly}"
        made.cdk("bootstrap", app, f"aws://{ACCOUNT}/{ENVIRONMENT.region}")
        made.cdk("deploy", app, "--all", "--method=direct", "--no-rollback", "--require-approval=never")
        made.note(f"accepted without effect: {', '.join(aws.ask('stubs'))}")
        yield made


def snapshot_of(folder: Path, samples: int, parent: Snapshot | None = None) -> Snapshot:
    """Return a snapshot of so many samples more than its parent, as `corpus` writes it."""
    first = parent.description.samples if parent else 0
    policy = SplitPolicy()
    made = [
        Sample(
            id=f"s{number}",
            image=f"images/{number}.png",
            sha256=f"{number:064x}",
            width=64,
            height=32,
            text=f"T-{number}",
            group=group,
            source="test",
            split=split_of(group, policy),
        )
        for number in range(first, first + samples)
        for group in (f"drawing-{number // 10}",)
    ]
    write_snapshot(as_path(str(folder)), made, [], policy=policy, form="NFC", parent=parent)
    return open_snapshot(str(folder))


def after_deploy_nothing_differs(deployment: Deployment, _: Path) -> None:
    again = f"--output={deployment.folder / 'again'}"
    deployment.cdk("diff", "--fail", "--method=template", "--no-lookups", "--context=environment=dev", again)


def a_snapshot_starts_its_pipeline_once(deployment: Deployment, folder: Path) -> None:
    snapshot = snapshot_of(folder, ENOUGH)
    for _ in range(2):
        deployment.put_snapshot("pid-rec", snapshot)
        deployment.aws.settle()
    (run,) = deployment.runs("pid-rec")
    assert run["status"] == "Executing"
    assert run["DataUri"] == PLACE.data_uri("pid-rec")
    assert run["Snapshot"] == snapshot.description.hash
    assert "nothing" in run["ChampionUri"]


def fewer_labels_than_enough_wait(deployment: Deployment, folder: Path) -> None:
    deployment.put_snapshot("thai-rec", snapshot_of(folder, ENOUGH - 1))
    deployment.aws.settle()
    assert deployment.aws.ask("tick") > 0
    deployment.aws.settle()
    assert deployment.runs("thai-rec") == []


def of_a_storm_of_events_one_run_begins_and_then_one_more(deployment: Deployment, folder: Path) -> None:
    first = snapshot_of(folder, ENOUGH)
    deployment.put_snapshot("receipt-rec", first)
    deployment.aws.settle()
    second = snapshot_of(folder, ENOUGH, first)
    began, before = time.monotonic(), len(deployment.aws.ask("invocations"))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: deployment.put_snapshot("receipt-rec", second), range(STORM)))
    deployment.aws.settle()
    took_s = time.monotonic() - began
    calls = len(deployment.aws.ask("invocations")) - before
    deployment.note(f"{STORM} snapshots put and handled by {calls} calls of on_labels in {took_s:.1f} s")
    assert took_s < 60
    (run,) = deployment.runs("receipt-rec")
    deployment.aws.end_run(run["arn"], "Failed", "Gate", "CER 0.31 is above 0.05")
    deployment.aws.settle()
    assert [one["Snapshot"] for one in deployment.runs("receipt-rec")] == [
        first.description.hash,
        second.description.hash,
    ]


def a_failed_run_is_told_to_people(deployment: Deployment, folder: Path) -> None:
    mail = deployment.subscribe()
    deployment.put_snapshot("pid-rec", snapshot_of(folder, ENOUGH))
    deployment.aws.settle()
    run = deployment.runs("pid-rec")[-1]
    deployment.aws.end_run(run["arn"], "Failed", "Gate", "CER 0.31 is above 0.05")
    deployment.aws.settle()
    said = mail()
    assert any("pid-rec" in one and "CER 0.31 is above 0.05" in one for one in said)


def an_approval_makes_the_endpoint_another_changes_it_an_older_one_brings_it_back(
    deployment: Deployment, _: Path
) -> None:
    registry = SagemakerRegistry(deployment.aws.client("sagemaker"))
    group = PLACE.name("thai-rec")
    served = []
    versions = [registry.register(trained(deployment, version_of(group, run))) for run in ("one", "two")]
    for version in (versions[0], versions[1], versions[0]):
        registry.decide(version.reference, "Approved", who="somebody", reason="reads well")
        deployment.aws.settle()
        served.append(deployment.served(group))
    assert served == [versions[0].arn, versions[1].arn, versions[0].arn]


def a_rejection_leaves_the_endpoint(deployment: Deployment, _: Path) -> None:
    registry = SagemakerRegistry(deployment.aws.client("sagemaker"))
    group = PLACE.name("thai-rec")
    before = deployment.served(group)
    third = registry.register(version_of(group, "three"))
    registry.decide(third.reference, "Rejected", who="somebody", reason="reads badly")
    deployment.aws.settle()
    assert deployment.served(group) == before


def the_next_run_begins_from_what_was_approved(deployment: Deployment, folder: Path) -> None:
    deployment.put_snapshot("thai-rec", snapshot_of(folder, ENOUGH))
    deployment.aws.settle()
    (run,) = deployment.runs("thai-rec")
    assert run["ChampionUri"] == version_of("", "one").model_data_uri


def what_nobody_can_read_rests_in_the_dead_queue(deployment: Deployment, _: Path) -> None:
    s3 = deployment.aws.client("s3")
    s3.put_object(Bucket=PLACE.bucket("snapshots"), Key="pid-rec/snapshot.json", Body=b"no JSON")
    deployment.aws.settle()
    assert deployment.dead() == 1


def nothing_went_wrong_unseen(deployment: Deployment, _: Path) -> None:
    assert deployment.aws.ask("undelivered") == []
    assert [one for one in deployment.aws.ask("invocations") if one["error"]] == []


def every_stack_can_be_torn_down(deployment: Deployment, _: Path) -> None:
    aws = deployment.aws
    sagemaker, s3 = aws.client("sagemaker"), aws.client("s3")
    for group in map(PLACE.name, ENVIRONMENT.families):
        for one in sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]:
            sagemaker.delete_model_package(ModelPackageName=one["ModelPackageArn"])
    for bucket in s3.list_buckets(Prefix=PLACE.prefix)["Buckets"]:
        empty(s3, bucket["Name"])
    deployment.cdk("destroy", "--all", "--force", f"--app={deployment.assembly}")
    stacks = aws.client("cloudformation").list_stacks()["StackSummaries"]
    left = {one["StackName"] for one in stacks if one["StackStatus"] != "DELETE_COMPLETE"}
    assert left == {"CDKToolkit"}
    assert s3.list_buckets(Prefix=PLACE.prefix)["Buckets"] == []
    assert sagemaker.list_pipelines()["PipelineSummaries"] == []
    assert aws.client("lambda").list_functions()["Functions"] == []


def trained(deployment: Deployment, version: NewVersion) -> NewVersion:
    """Let the version's weights be there before it is registered."""
    bucket, _, key = version.model_data_uri.removeprefix("s3://").partition("/")
    deployment.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"weights")
    return version


def weights_that_are_written_over_are_cried_of(deployment: Deployment, _: Path) -> None:
    served = deployment.served(PLACE.name("thai-rec"))
    time.sleep(1.1)  # S3 tells whole seconds
    trained(deployment, version_of("", "one"))
    assert deployment.aws.ask("tick") > 0
    deployment.aws.settle()
    cries = [str(one["error"]) for one in deployment.aws.ask("invocations") if one["error"]]
    assert cries
    assert all("they are not those that were evaluated" in one for one in cries)
    assert deployment.served(PLACE.name("thai-rec")) == served


def version_of(group: str, run: str) -> NewVersion:
    """Return a version as a pipeline's run registers it."""
    folder = PLACE.uri("models", "thai-rec", run)
    lineage = {"family": "thai-rec", "version": "1", "snapshot": "0" * 64, "parent": "none", "run": run}
    return NewVersion(
        group or PLACE.name("thai-rec"),
        f"{folder}/model.tar.gz",
        PLACE.image_uri("paddle", "1"),
        f"{folder}/e.json",
        lineage,
    )


def empty(s3: Any, bucket: str) -> None:
    """Delete every version of every object: CloudFormation deletes no bucket that holds one."""
    while True:
        page = s3.list_object_versions(Bucket=bucket)
        found = (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        if not found:
            return
        objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


STORY = (
    after_deploy_nothing_differs,
    a_snapshot_starts_its_pipeline_once,
    fewer_labels_than_enough_wait,
    of_a_storm_of_events_one_run_begins_and_then_one_more,
    a_failed_run_is_told_to_people,
    an_approval_makes_the_endpoint_another_changes_it_an_older_one_brings_it_back,
    a_rejection_leaves_the_endpoint,
    the_next_run_begins_from_what_was_approved,
    what_nobody_can_read_rests_in_the_dead_queue,
    nothing_went_wrong_unseen,
    weights_that_are_written_over_are_cried_of,
    every_stack_can_be_torn_down,
)


def test_an_environment_lives(deployment: Deployment, subtests: pytest.Subtests, tmp_path: Path) -> None:
    """One test, as all this happens in one account: pytest-xdist would part it between processes."""
    for chapter in STORY:
        with subtests.test(chapter.__name__):
            chapter(deployment, tmp_path / chapter.__name__)
