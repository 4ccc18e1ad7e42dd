"""What is remembered of each family, in DynamoDB: one item, written only over what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .decision import Run, Size, State


@dataclass(frozen=True, slots=True)
class Table:
    """The table `name`; `client` is boto3's client of DynamoDB.

    An item holds 65 bytes for each run that the family ever had: DynamoDB's 400 KB are 6,000 runs.
    """

    client: Any
    name: str

    def read(self, family: str) -> State:
        """Return the newest state of `family`; of one that nothing is known of, the empty one."""
        answer = self.client.get_item(TableName=self.name, Key={"family": {"S": family}}, ConsistentRead=True)
        return _state(answer["Item"]) if "Item" in answer else State()

    def write(self, family: str, state: State) -> State | None:
        """Write `state` over its revision; return it with the next one, or None where somebody was faster."""
        after = replace(state, revision=state.revision + 1)
        unchanged: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(revision)"}
        if state.revision:
            read = {":read": {"N": str(state.revision)}}
            unchanged = {"ConditionExpression": "revision = :read", "ExpressionAttributeValues": read}
        try:
            item = {"family": {"S": family}, **_item(after)}
            self.client.put_item(TableName=self.name, Item=item, **unchanged)
        except self.client.exceptions.ConditionalCheckFailedException:
            return None
        return after


def _item(state: State) -> dict[str, Any]:
    """Return the attributes; what is None is left out."""
    item: dict[str, Any] = {"revision": {"N": str(state.revision)}}
    if state.running is not None:
        item["running"] = {"M": _run_item(state.running)}
    if state.waiting is not None and state.waiting_since is not None:
        item["waiting"] = {"S": state.waiting}
        item["waiting_since"] = {"S": state.waiting_since.isoformat()}
    if state.last is not None:
        snapshot, size = state.last
        item |= {"last": {"S": snapshot}, "last_samples": {"N": str(size.samples)}}
        if size.images is not None:
            item["last_images"] = {"N": str(size.images)}
    if state.begun:
        item["begun"] = {"SS": sorted(state.begun)}
    return item


def _run_item(run: Run) -> dict[str, Any]:
    item: dict[str, Any] = {"snapshot": {"S": run.snapshot}, "champion_uri": {"S": run.champion_uri}}
    if run.execution is not None:
        item["execution"] = {"S": run.execution}
    return item


def _state(item: Mapping[str, Any]) -> State:
    running = item.get("running")
    since = item.get("waiting_since")
    return State(
        revision=int(item["revision"]["N"]),
        running=None if running is None else _run(running["M"]),
        waiting=_text(item, "waiting"),
        waiting_since=None if since is None else datetime.fromisoformat(since["S"]),
        last=(item["last"]["S"], _size(item)) if "last" in item else None,
        begun=frozenset(item["begun"]["SS"]) if "begun" in item else frozenset(),
    )


def _run(item: Mapping[str, Any]) -> Run:
    return Run(item["snapshot"]["S"], item["champion_uri"]["S"], _text(item, "execution"))


def _size(item: Mapping[str, Any]) -> Size:
    images = item.get("last_images")
    return Size(int(item["last_samples"]["N"]), None if images is None else int(images["N"]))


def _text(item: Mapping[str, Any], key: str) -> str | None:
    return str(item[key]["S"]) if key in item else None
