"""A family's pipeline, built and checked: what is uploaded, upserted or run."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from config.errors import GlyphlineError, Problem
from config.family import Family
from pipelines.definition import build
from pipelines.inputs import Upload, upload_of
from pipelines.place import Place
from pipelines.validate import validate


class DefinitionError(GlyphlineError):
    """SageMaker would refuse the definition; `problems` says why."""

    def __init__(self, name: str, problems: list[Problem]) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"the pipeline {name} cannot be:\n{lines}")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class FamilyPipeline:
    """`definition` refers to the files of `upload`, which must be there before a run."""

    name: str
    definition: bytes
    upload: Upload


def pipeline_of(family: Family, place: Place) -> FamilyPipeline:
    """Return the pipeline of `family` at `place`.

    Raises:
        DefinitionError: SageMaker would refuse it.
    """
    name, upload = place.name(family.family), upload_of(family, place)
    definition = build(family, place, family_uri=upload.family_uri, image_tag=version("glyphline"))
    problems = validate(name, definition)
    if problems:
        raise DefinitionError(name, problems)
    return FamilyPipeline(name, definition, upload)
