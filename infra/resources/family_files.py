"""The small files that a pipeline's jobs read, brought to S3 by the deployment itself.

CloudFormation makes no objects, and `aws_s3_deployment` brings a function of its own for each. So the files
travel as the assets that they are: CDK uploads them to the bucket of its bootstrap, under names made of their
content, before the stack that names them changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import aws_cdk as cdk

from infra.resources.access import Statements, allow


@dataclass(frozen=True, slots=True)
class FamilyFiles:
    """`folders` are their URIs by those that the definition names; all lie in the bucket below `prefix`."""

    folders: Mapping[str, str]
    bucket_name: str
    prefix: str

    def read(self, partition: str) -> Statements:
        """Let read them. The bucket's key, if it has one, lets whoever may read the object use it."""
        bucket = f"arn:{partition}:s3:::{self.bucket_name}"
        return [
            allow(["s3:GetObject"], [f"{bucket}/{self.prefix}/*"]),
            allow(["s3:ListBucket"], [bucket], {"StringLike": {"s3:prefix": [f"{self.prefix}/*"]}}),
        ]


def publish(stack: cdk.Stack, prefix: str, files: Mapping[str, bytes]) -> FamilyFiles:
    """Let the deployment of `stack` bring `files`, by their ``s3://BUCKET/FOLDER/NAME``, below `prefix`."""
    assembly = cdk.Stage.of(stack)
    assert assembly is not None
    folders, bucket_name = {}, ""
    for uri, data in sorted(files.items()):
        folder, _, name = uri.rpartition("/")
        below = PurePosixPath(prefix, *folder.split("/")[3:])
        staged = Path(assembly.asset_outdir, below, name)
        staged.parent.mkdir(parents=True, exist_ok=True)
        staged.write_bytes(data)
        at = stack.synthesizer.add_file_asset(
            source_hash=str(below / staged.stem),  # the object's key without the suffix that CDK adds
            file_name=str(staged.relative_to(assembly.asset_outdir)),
            packaging=cdk.FileAssetPackaging.FILE,
        )
        bucket_name = at.bucket_name
        folders[folder] = f"s3://{bucket_name}/{below}"
    return FamilyFiles(folders, bucket_name, prefix)
