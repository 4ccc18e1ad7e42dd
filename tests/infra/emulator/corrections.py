"""Where moto makes of a template something else than AWS would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudformation.models import Stack
from moto.kms.models import Key
from moto.s3.exceptions import BucketNotEmpty
from moto.s3.models import FakeBucket, s3_backends
from moto.utilities.utils import get_partition


def install() -> None:
    """Correct stacks, buckets and keys."""
    Stack.delete = _without_outputs(Stack.delete)
    FakeBucket.create_from_cloudformation_json = classmethod(
        _then(FakeBucket.create_from_cloudformation_json.__func__, _configure)
    )
    FakeBucket.delete = _delete
    Key.create_from_cloudformation_json = classmethod(
        _with_tags_of_kms(Key.create_from_cloudformation_json.__func__)
    )


def _without_outputs(delete: Callable[[Stack], None]) -> Callable[[Stack], None]:
    """Delete a stack for good: who asks for its outputs afterwards makes moto create what they name."""

    def deleted(stack: Stack) -> None:
        delete(stack)
        stack.output_map._output_json_map = {}

    return deleted


def _then(make: Callable[..., Any], configure: Callable[[Any, dict[str, Any]], None]) -> Callable[..., Any]:
    def made(cls: type, name: str, template: dict[str, Any], *arguments: Any, **named: Any) -> Any:
        one = make(cls, name, template, *arguments, **named)
        configure(one, template.get("Properties", {}))
        return one

    return made


def _with_tags_of_kms(make: Callable[..., Any]) -> Callable[..., Any]:
    """Name the tags of a key as KMS's API does: moto reads them so, a template says Key and Value."""

    def made(cls: type, name: str, template: dict[str, Any], *arguments: Any, **named: Any) -> Any:
        tags = [
            {"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in template["Properties"].get("Tags", [])
        ]
        template = {**template, "Properties": {**template["Properties"], "Tags": tags}}
        return make(cls, name, template, *arguments, **named)

    return made


def _delete(bucket: FakeBucket, account: str, region: str) -> None:
    """Keep a bucket that is not empty: its stack's deletion fails."""
    if s3_backends[account][get_partition(region)].delete_bucket(bucket.name) is None:
        raise BucketNotEmpty(bucket.name)


def _configure(bucket: FakeBucket, properties: dict[str, Any]) -> None:
    backend = s3_backends[bucket.account_id][get_partition(bucket.region_name)]
    if "VersioningConfiguration" in properties:
        backend.put_bucket_versioning(bucket.name, properties["VersioningConfiguration"]["Status"])
    if "PublicAccessBlockConfiguration" in properties:
        block = {
            key: str(value).lower() for key, value in properties["PublicAccessBlockConfiguration"].items()
        }
        backend.put_public_access_block(bucket.name, block)
    events = properties.get("NotificationConfiguration", {}).get("EventBridgeConfiguration", {})
    if str(events.get("EventBridgeEnabled")).lower() == "true":
        backend.put_bucket_notification_configuration(bucket.name, {"EventBridgeConfiguration": ""})
