"""What a start of the pipeline may say: its parameters, their types and their defaults."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from config.family import Family
from pipelines.place import Place

if TYPE_CHECKING:
    from sagemaker.core.workflow.parameters import ParameterFloat, ParameterString

NOTHING = "nothing"
"""The folder in the bucket that stands for a champion which is not there yet."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The pipeline's parameters; what has no default must be said at every start."""

    data_uri: ParameterString
    """Folder of the snapshot."""
    snapshot: ParameterString
    """Hash of the snapshot that is meant: the folder may have grown since."""
    champion_uri: ParameterString
    """The champion's `model.tar.gz`, or a folder that says there is none."""
    family_uri: ParameterString
    """Folder with the family and the files that it names."""
    replay_share: ParameterFloat
    max_error: ParameterFloat
    """Of the headline figure: the character error rate, or one minus what is better when higher."""
    max_regression: ParameterFloat
    image_uri: ParameterString
    processing_instance: ParameterString
    training_instance: ParameterString

    def all(self) -> list[Any]:
        """Return them in the order of the definition."""
        return [getattr(self, field.name) for field in fields(self)]


def parameters_of(family: Family, place: Place, *, family_uri: str, image_tag: str) -> Parameters:
    """Return the parameters of the pipeline of `family`; the SDK must be importable (see `offline`)."""
    from sagemaker.core.workflow.parameters import ParameterFloat, ParameterString

    resources, gate = place.environment.pipelines, family.gate
    return Parameters(
        data_uri=ParameterString("DataUri", default_value=place.data_uri(family.family)),
        snapshot=ParameterString("Snapshot"),
        champion_uri=ParameterString("ChampionUri", default_value=place.uri(NOTHING)),
        family_uri=ParameterString("FamilyUri", default_value=family_uri),
        replay_share=ParameterFloat("ReplayShare", default_value=family.training.replay_share),
        max_error=ParameterFloat("MaxError", default_value=gate.max_error),
        max_regression=ParameterFloat("MaxRegression", default_value=gate.max_regression),
        image_uri=ParameterString(
            "ImageUri", default_value=place.pipeline_image_uri(family.training.image, image_tag)
        ),
        processing_instance=ParameterString(
            "ProcessingInstance", default_value=resources.processing.instances[0]
        ),
        training_instance=ParameterString("TrainingInstance", default_value=resources.training.instances[0]),
    )
