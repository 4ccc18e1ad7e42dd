"""Another environment in thought: what it would cost with spot, another way of serving or of searching."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from config.environment import Environment, unused_by
from config.errors import InputError, Problem, did_you_mean

CHOICES: Mapping[str, tuple[str, ...]] = {
    "spot": ("on", "off"),
    "serving": ("serverless", "async", "realtime"),
    "search": ("none", "serverless", "managed"),
}
_SERVING_INSTANCE = "ml.c5.large"
_SEARCH_INSTANCE = "t3.small.search"


def changed(environment: Environment, asked: Sequence[str]) -> Environment:
    """Return `environment` with every NAME=VALUE of `asked` applied, as valid as a file would have to be.

    A family that says its own instances or its own way of serving keeps them.

    Raises:
        InputError: a name or a value that there is not.
    """
    content = environment.model_dump(mode="json", exclude_unset=True)  # a default may be no choice
    for one in asked:
        name, _, value = one.partition("=")
        if name not in CHOICES or value not in CHOICES[name]:
            raise InputError(_no_such_choice(one, name, value))
        _APPLY[name](content, value)
    return Environment.model_validate(content)


def _no_such_choice(asked: str, name: str, value: str) -> Problem:
    known = CHOICES.get(name)
    remedy = did_you_mean(name, CHOICES) if known is None else did_you_mean(value, known)
    expected = "; ".join(f"{key}={'|'.join(values)}" for key, values in CHOICES.items())
    return Problem("cost.what-if", f"--what-if {asked}", expected, remedy)


def _spot(content: dict[str, Any], value: str) -> None:
    training = content["pipelines"]["training"]
    if value == "off":
        training |= {"spot": False, "max_wait_s": None}
    else:
        wait_s = training.get("max_wait_s") or 2 * training["max_runtime_s"]
        training |= {"spot": True, "instances": training["instances"][:1], "keep_warm_s": 0}
        training["max_wait_s"] = wait_s


def _serving(content: dict[str, Any], value: str) -> None:
    serving = content.setdefault("serving", {})
    instance = None if value == "serverless" else serving.get("instance") or _SERVING_INSTANCE
    least = max(1, serving.get("min_instances", 0)) if value == "realtime" else 0
    serving |= {"kind": value, "instance": instance, "min_instances": least}
    for key in unused_by(value):
        serving.pop(key, None)


def _search(content: dict[str, Any], value: str) -> None:
    search = content.setdefault("search", {})
    instance = search.get("instance") or _SEARCH_INSTANCE
    search |= {"kind": value, "instance": instance if value == "managed" else None}
    if value != "managed":
        search.pop("nodes", None)
    if value != "none" and content.get("network") is None:
        content["make_network"] = True  # a search is inside one, whose endpoints cost more than it may


_APPLY = {"spot": _spot, "serving": _serving, "search": _search}
