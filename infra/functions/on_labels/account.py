"""What the account says of a family: its snapshot, its champion, its runs; and how a run is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..shared.approvals import approved, archive_of
from .decision import NOTHING, Champion, Run, Seen, Size, Snapshot, State

SNAPSHOT_FILE = "snapshot.json"
"""As `config/protocol.py` says it."""
_GOES_ON = ("Executing", "Stopping")


class UnreadableError(Exception):
    """A file or a model version that somebody must mend before a run can be decided."""


@dataclass(frozen=True, slots=True)
class Account:
    """`s3` and `sagemaker` are boto3's clients; `bucket` holds a snapshot in each family's folder."""

    s3: Any
    sagemaker: Any
    bucket: str

    def see(self, family: str, pipeline: str, state: State) -> Seen:
        """Return what is to be known for a decision about `family`, whose state was read before.

        The order matters: a snapshot that is read after the state is at least as new as what the state knows.

        Raises:
            UnreadableError: what says how much is new cannot be read.
        """
        snapshot = self._snapshot(family, SNAPSHOT_FILE)
        champion = None if snapshot is None else self._champion(family, pipeline, snapshot)
        execution = state.running.execution if state.running else None
        ended = execution is not None and self._has_ended(execution)
        free = state.running is None or ended
        return Seen(datetime.now(UTC), snapshot, champion, ended, elsewhere=free and self._goes_on(pipeline))

    def start(self, family: str, pipeline: str, run: Run) -> str:
        """Start `run`, or learn that it was started before; return the ARN of its execution."""
        values = {
            "DataUri": f"s3://{self.bucket}/{family}",
            "Snapshot": run.snapshot,
            "ChampionUri": run.champion_uri,
        }
        answer = self.sagemaker.start_pipeline_execution(
            PipelineName=pipeline,
            PipelineExecutionDisplayName=f"snapshot-{run.snapshot[:12]}",
            PipelineParameters=[{"Name": name, "Value": value} for name, value in values.items()],
            ClientRequestToken=run.token(family),
        )
        return str(answer["PipelineExecutionArn"])

    def _snapshot(self, family: str, name: str) -> Snapshot | None:
        """Return what `corpus/snapshot.py` wrote about a snapshot, or None where there is none."""
        key = f"{family}/{name}"
        try:
            data = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None
        try:
            said = json.loads(data)
            images = None if said.get("images") is None else int(said["images"])
            return Snapshot(str(said["hash"]), Size(int(said["samples"]), images), tuple(said["parents"]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            where = f"s3://{self.bucket}/{key}"
            raise UnreadableError(
                f"{where} is no description of a snapshot ({error!r}): restore it."
            ) from error

    def _champion(self, family: str, group: str, found: Snapshot) -> Champion | None:
        """Return the version of `group` that was approved last."""
        versions = approved(self.sagemaker, group)
        if not versions:
            return None
        champion = versions[-1]
        model_uri, arn = archive_of(champion), champion["ModelPackageArn"]
        if model_uri is None:
            raise UnreadableError(f"The champion {arn} names no model data: approve a version that does.")
        snapshot = champion.get("CustomerMetadataProperties", {}).get("snapshot")
        return Champion(model_uri, snapshot, self._size(family, snapshot, found))

    def _size(self, family: str, snapshot: str | None, found: Snapshot) -> Size:
        """Return how much the champion's snapshot has; what is not in the folder's counts nothing."""
        if snapshot is None or not found.holds(snapshot):
            return NOTHING
        if snapshot == found.hash:
            return found.size
        name = f"history/{snapshot}.json"
        description = self._snapshot(family, name)
        if description is None:
            raise UnreadableError(f"s3://{self.bucket}/{family}/{name} is missing: restore it.")
        return description.size

    def _has_ended(self, execution: str) -> bool:
        """Tell whether a run has; one that was deleted with its pipeline has, too."""
        try:
            said = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
        except self.sagemaker.exceptions.ResourceNotFound:
            return True
        return said["PipelineExecutionStatus"] not in _GOES_ON

    def _goes_on(self, pipeline: str) -> bool:
        """Tell whether one of the newest runs goes on: one that somebody started by hand."""
        newest = self.sagemaker.list_pipeline_executions(
            PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending", MaxResults=20
        )
        runs = newest["PipelineExecutionSummaries"]
        return any(one["PipelineExecutionStatus"] in _GOES_ON for one in runs)
