"""Where container images lie, and what builds them in the account where nobody has Docker."""

from __future__ import annotations

from importlib.metadata import version

from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.resources.image_build import ImageBuild
from infra.resources.repository import ImageRepository, images_of
from infra.stack import EnvironmentStack
from pipelines.place import Place


class ImagesStack(EnvironmentStack):
    """`repositories` and `builds` by the image's name; the tag is the version that a pipeline names."""

    def __init__(self, scope: Construct, *, place: Place, key: kms.IKey) -> None:
        super().__init__(scope, "images", place=place, description="Container images and their builds")
        images = images_of(place.environment)
        self.repositories = {
            image: ImageRepository(
                self,
                f"{image.capitalize()}Repository",
                repository_name=place.repository(image),
                key=key,
                removal=self.removal,
            )
            for image in images
        }
        self.builds = {
            image: ImageBuild(
                self,
                f"{image.capitalize()}Build",
                image=image,
                tag=version("glyphline"),
                place=place,
                repository=self.repositories[image],
                key=key,
            )
            for image in images
        }
