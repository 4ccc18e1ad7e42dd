"""Tell how training goes: one live line on a terminal, plain lines in a log."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_LIVE_EVERY_S = 0.2
_PLAIN_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Tick:
    """Where training stands. `epoch` counts from 1; `figures` are those of an epoch that has just ended."""

    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    images_per_s: float
    eta_s: float
    figures: Mapping[str, float] = field(default_factory=dict)


Tell = Callable[[Tick], None]


def teller() -> Tell:
    """Return what prints ticks to standard output, as a terminal or a log wants them.

    SageMaker's metric definitions find ``name=value;`` in the log.
    """
    live = sys.stdout.isatty()
    every_s = _LIVE_EVERY_S if live else _PLAIN_EVERY_S
    last = -math.inf

    def tell(tick: Tick) -> None:
        nonlocal last
        now = time.monotonic()
        if not tick.figures and now - last < every_s:
            return
        last = now
        text = line(tick)
        if live:
            sys.stdout.write(f"\r\x1b[2K{text}" + ("\n" if tick.figures else ""))
        else:
            sys.stdout.write(text + "\n")
        sys.stdout.flush()

    return tell


def line(tick: Tick) -> str:
    """Return one line: epoch, loss, figures, speed and the time that is left."""
    done = "" if tick.figures else f" {100 * tick.batch // tick.batches:3d}%"
    figures = "".join(f" {name}={value:.4f};" for name, value in tick.figures.items())
    speed = f"{tick.images_per_s:.0f} images/s"
    eta = f"{duration(tick.eta_s)} left"
    return f"epoch {tick.epoch}/{tick.epochs}{done} train_loss={tick.loss:.4f};{figures} {speed}, {eta}"


def duration(seconds: float) -> str:
    """Return `seconds` as people write it: ``45 s``, ``3 min 20 s``, ``2 h 05 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def nothing(_tick: Tick) -> None:
    """Tell nobody."""


def say(text: str) -> None:
    """Tell something to whoever reads the job's log."""
    print(text, flush=True)  # noqa: T201 - a job's log is its standard output
