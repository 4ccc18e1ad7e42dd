"""What each kind of model means by data, figures and mistakes: one folder per task, one line in `TASKS`.

A task's folder holds `task.py` with ``build(family)``, which returns its `tasks.base.Task`, and `contract.py`
with ``Contract``, the settings that an artifact of the task carries. They are named by string, so that
whoever opens an artifact need not load all that evaluation needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from config.family import Family
    from config.yaml_source import Settings
    from tasks.base import Task

TASKS: dict[str, str] = {
    "detection": "tasks.detection",
    "recognition": "tasks.recognition",
}


def task_of(family: Family) -> Task[Any, Any]:
    """Return the task of `family`, which knows its settings."""
    module = import_module(f"{TASKS[family.task]}.task")
    return cast("Task[Any, Any]", module.build(family))


def contract_of(task: str) -> type[Settings]:
    """Return the class of the contract that artifacts of `task` carry.

    Raises:
        KeyError: there is no such task.
    """
    module = import_module(f"{TASKS[task]}.contract")
    return cast("type[Settings]", module.Contract)
