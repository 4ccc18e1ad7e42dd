"""The networks that a recipe can name.

A recogniser is a layer that maps ``[N, 1 or 3, height, width]`` to logits ``[N, steps, classes]``, one step
for each `step_px` pixels of width, and whose last layer is ``head``, a linear one.

A detector maps ``[N, 3, height, width]`` to probabilities ``[N, 1, height, width]``; see `db_mobile`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.errors import ConfigError, Problem, did_you_mean
from containers.common.growth import Head

if TYPE_CHECKING:
    import paddle


HEAD: Head = {"head.weight": 1, "head.bias": 0}
"""A recogniser's last layer: ``[features, classes]`` and ``[classes]``."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a recogniser is built (options, number of classes), and what it needs of its input in pixels."""

    build: Callable[..., paddle.nn.Layer]
    step_px: int
    heights_px: tuple[int, ...]


def recognisers() -> dict[str, Kind]:
    """Return every recogniser by name."""
    from containers.paddle.networks import crnn_lite, crnn_mobilenetv3, svtr_lcnet

    return {
        "crnn-lite": Kind(crnn_lite.CrnnLite, 4, (32,)),
        "crnn-mobilenetv3": Kind(crnn_mobilenetv3.CrnnMobileNetV3, 4, (32,)),
        "svtr-lcnet": Kind(svtr_lcnet.SvtrLcnet, 8, (48,)),
    }


def kind_of(name: str) -> Kind:
    """Return the recogniser `name`.

    Raises:
        ConfigError: there is no such network.
    """
    known = recognisers()
    if name not in known:
        raise _unknown(name, known)
    return known[name]


def build(name: str, options: Mapping[str, Any], classes: int) -> paddle.nn.Layer:
    """Return the recogniser `name` with random weights.

    Raises:
        ConfigError: there is no such network, or it has no such option.
    """
    return _built(kind_of(name).build, name, {"classes": classes}, options)


def build_detector(name: str, options: Mapping[str, Any]) -> paddle.nn.Layer:
    """Return the detector `name` with random weights.

    Raises:
        ConfigError: there is no such network, or it has no such option.
    """
    from containers.paddle.networks import db_mobile

    known = {"db-mobile": db_mobile.DbMobile}
    if name not in known:
        raise _unknown(name, known)
    return _built(known[name], name, {}, options)


def _built(
    make: Callable[..., paddle.nn.Layer], name: str, needed: Mapping[str, Any], options: Mapping[str, Any]
) -> paddle.nn.Layer:
    try:
        return make(**needed, **options)
    except TypeError as error:
        found = f"the network {name!r} with the options {dict(options)}: {error}"
        raise ConfigError(
            Problem("network.options", found, "options that it has", "Mend the recipe.")
        ) from error


def _unknown(name: str, known: Iterable[str]) -> ConfigError:
    found, remedy = f"no network {name!r}", did_you_mean(name, known)
    return ConfigError(Problem("network.unknown", found, "one of this image's", remedy))
