"""What an artifact carries of its family, so that whoever runs it needs no configuration beside it.

It is what the family says of its task and nothing else: how a model was judged and where it was trained may
change its form without an old model's becoming unreadable.
"""

from __future__ import annotations

from typing import Any

import yaml

from config.family import Family, with_value
from config.protocol import FAMILY_FILE
from config.tasks import TASKS, any_family
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
    # version 1 carried no family; what answers asks nothing of what is made up here
    return any_family(about.task).model_copy(update={"family": about.family})


def served_task(artifact: Artifact) -> Task[Any, Any]:
    """Return the task that `artifact` was trained for, with the settings it was trained with."""
    return task_of(family_of(artifact))
