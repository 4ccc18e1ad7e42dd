"""What an artifact carries of its family, so that whoever runs it needs no configuration beside it.

It is what the family says of its task and nothing else: how a model was judged and where it was trained may
change its form without an old model's becoming unreadable.
"""

from __future__ import annotations

from typing import Any

import yaml

from config.family import Family, with_value
from config.protocol import FAMILY_FILE
from config.tasks import TASKS
from config.yaml_source import load_model
from containers.common.artifact import Artifact
from tasks import task_of
from tasks.base import Task

_HEAD = ("family", "description", "task")


def shipped(family: Family) -> bytes:
    """Return what an artifact carries of `family`, as YAML; paths stay where they lead somewhere."""
    for key in family.named_files():
        if not key.startswith("training."):
            family = with_value(family, key, None)
    sections = type(family).model_fields.keys() - Family.model_fields.keys()
    content = family.model_dump(mode="json", include={*_HEAD, *sections})
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False).encode()


def family_of(artifact: Artifact) -> Family:
    """Return the family of `artifact`, as far as it concerns the task; all else is the task's default.

    Raises:
        ConfigError: what the artifact carries is no family of this version of Glyphline.
        ArtifactError: its file is missing.
    """
    about = artifact.description
    if FAMILY_FILE in about.files:
        return load_model(artifact.file(FAMILY_FILE), TASKS[about.task])
    head = {"family": about.family, "description": about.family, "task": about.task}
    return TASKS[about.task].model_validate({**head, about.task: _section(artifact)})


def served_task(artifact: Artifact) -> Task[Any, Any]:
    """Return the task that `artifact` was trained for, with the settings it was trained with."""
    return task_of(family_of(artifact))


def _section(artifact: Artifact) -> dict[str, Any]:
    """Return what an artifact of version 1, which carries no family, knows of its task's section."""
    contract = artifact.description.contract.model_dump()
    if artifact.description.task == "detection":
        return {key: value for key, value in contract["pages"].items() if key != "grayscale"}
    known = {key: value for key, value in contract["preprocessing"].items() if key != "grayscale"}
    return {**known, "step_px": 1, "max_text_length": 1024}  # what training was told, and nobody asks now
