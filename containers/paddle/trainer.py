"""The training loop, the same for every network: steps, validation, checkpoints, and knowing when to stop.

Whatever is random in step k is a function of the seed and k, so a training that was interrupted goes on
exactly as one that was not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import paddle
from numpy.typing import NDArray

from config.errors import Problem
from config.recipe import Optimisation
from containers.common.checkpoints import Checkpoint, claimed, clear, newest, numbered, save
from containers.common.entry import Stop, StoppedError
from containers.common.errors import ArtifactError, TrainingError
from containers.common.learning_rate import find_rate, rate_share
from containers.common.progress import Tell, Tick, say
from containers.common.reader import Order, Rows
from containers.paddle.averaging import Average
from containers.paddle.optimiser_state import joined_state, split_state
from containers.paddle.parallel import World

Weights = Mapping[str, NDArray[Any]]

_EXPLODED = 10.0
"""A smoothed loss so many times its least is no noise."""
_SMOOTHING = 0.98
_SETTLED_STEPS = 50
"""Before that many, the smoothed loss is that of a few batches, and batches are not alike."""


@dataclass(frozen=True, slots=True)
class Validation:
    """How good the network is: `error` decides (the lower the better), `figures` are shown.

    `silent` says that it answers nearly everything alike: the plateau a CTC network begins on.
    """

    error: float
    figures: Mapping[str, float]
    silent: bool = False


class Objective(Protocol):
    """What is to be learnt: the data, the loss, and what counts as good."""

    @property
    def order(self) -> Order:
        """In which batches the data is learnt."""

    def loss(self, network: paddle.nn.Layer, rows: Rows, epoch: int, step: int) -> paddle.Tensor:
        """Return the mean loss of one batch; random choices depend on `step` alone."""

    def validate(self, network: paddle.nn.Layer, stop: Stop) -> Validation | None:
        """Return how good `network` is, or None if it was told to stop meanwhile."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a training needs beside network and objective. `interval_s`: between checkpoints of an epoch."""

    optimisation: Optimisation
    seed: int
    checkpoints: Path
    identity: str
    """What the run is; a checkpoint of another one is refused."""
    shared: bool = False
    """Whether equal trainings may run at the same time: then each has a folder of its own."""
    interval_s: float = 60.0
    find_rate: bool = False
    """Try learning rates before the first step, and take the one found."""


@dataclass(slots=True)
class _State:
    """Where training stands; all of it goes into a checkpoint."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    losses: float = 0.0
    smooth_loss: float = 0.0
    least_loss: float = math.inf
    best_error: float = math.inf
    best_epoch: int = 0
    found_rate: float | None = None
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How training ended. `finished` is false where it was told to stop: a checkpoint is there.

    `history` has the figures of each epoch, `epoch` and `train_loss` among them.
    """

    finished: bool
    leads: bool
    """Whether this process is the one that goes on to export; several may have trained."""
    epochs: int
    steps: int
    best_epoch: int
    history: Sequence[Mapping[str, float]]
    checkpoints: Path
    """The folder that its checkpoints are in."""


def train(network: paddle.nn.Layer, objective: Objective, setup: Setup, stop: Stop, tell: Tell) -> Outcome:
    """Train `network` until it is as good as it gets; it holds its best weights afterwards.

    Raises:
        TrainingError: the loss is no number or explodes, or the network goes on answering nothing.
        ArtifactError: the checkpoint there belongs to another run.
        StateError: another training writes its checkpoints there, and the folder is not shared.
        StoppedError: it was told to stop before there was anything to keep.
    """
    world = World()
    alone = claimed(setup.checkpoints, shared=setup.shared) if world.leads else nullcontext(1)
    with alone as number:
        own = numbered(setup.checkpoints, int(world.leaders(number)))  # all resume from the same
        try:
            return _Run(network, objective, replace(setup, checkpoints=own), world, stop, tell).finish()
        except TrainingError:
            clear(own)  # what led here would lead here again
            raise


class _Run:
    """One training; a class because network, optimiser, average and state change together."""

    def __init__(
        self,
        network: paddle.nn.Layer,
        objective: Objective,
        setup: Setup,
        world: World,
        stop: Stop,
        tell: Tell,
    ) -> None:
        self.network, self.objective, self.setup = network, objective, setup
        self.stop, self.tell = stop, tell
        self.world = world
        self.trained = world.wrap(network)
        how = setup.optimisation
        self.optimiser = _optimiser(network, how)
        self.average = Average(network, how.averaging)
        self.best: dict[str, NDArray[Any]] = {}
        self.state = _State()
        self.saved_at = time.monotonic()
        self._resume()

    def finish(self) -> Outcome:
        how, state = self.setup.optimisation, self.state
        if self.setup.find_rate and state.step == 0:
            state.found_rate = self._found_rate()
        while state.epoch < how.epochs and state.epoch - state.best_epoch < how.patience:
            if not self._epoch():
                self._save()
                return self._outcome(finished=False)
            self._save()
        load_weights(self.network, self.best)
        return self._outcome(finished=True)

    def _epoch(self) -> bool:
        """Train and validate one epoch, or what is left of it; return whether it ended."""
        state, how = self.state, self.setup.optimisation
        began, images, first = time.monotonic(), 0, state.batch
        left = self.objective.order.batches(state.epoch, done=first)
        batches = first + len(left)
        self.trained.train()
        for rows in left:
            if self.world.any(bool(self.stop)):
                return False
            self._step(self.world.share(rows), batches)
            images += len(rows)
            if time.monotonic() - self.saved_at > self.setup.interval_s:
                self._save()
            elapsed_s = time.monotonic() - began
            self.tell(self._tick(batches, images / elapsed_s, elapsed_s / (state.batch - first)))
        speed = images / max(time.monotonic() - began, 1e-9)
        with self.average.applied():
            self.network.eval()
            validation = self.objective.validate(self.network, self.stop)
            # every process asks the others exactly once, or one would wait for ever
            if self.world.any(validation is None or bool(self.stop)) or validation is None:
                return False
            self._judge(validation)
        mean = state.losses / batches
        figures = {"train_loss": mean, **validation.figures}
        state.history.append({"epoch": float(state.epoch), **figures})
        left_s = (how.epochs - state.epoch) * (time.monotonic() - began)
        self.tell(Tick(state.epoch, how.epochs, batches, batches, mean, speed, left_s, validation.figures))
        state.losses = 0.0
        return True

    def _step(self, rows: Rows, steps_per_epoch: int) -> None:
        state, how = self.state, self.setup.optimisation
        share = rate_share(state.step, how.epochs * steps_per_epoch, steps_per_epoch, how)
        rate = share * (state.found_rate or how.learning_rate)
        self.optimiser.set_lr(rate)
        paddle.seed(self.setup.seed * 1_000_003 + state.step)
        loss = self.objective.loss(self.trained, rows, state.epoch, state.step)
        value = float(loss)
        self._watch(value, rate)
        loss.backward()
        self.optimiser.step()
        self.optimiser.clear_grad()
        self.average.update(state.step)
        state.losses += value
        state.batch += 1
        state.step += 1

    def _found_rate(self) -> float:
        """Train a hundred steps at rising rates, forget them, and return the rate to train with."""
        begun = weights_of(self.network)
        plan = self.objective.order.batches(0)

        def loss_at(step: int, rate: float) -> float:
            if self.world.any(bool(self.stop)):
                raise StoppedError("told to stop")
            self.optimiser.set_lr(rate)
            loss = self.objective.loss(self.trained, self.world.share(plan[step % len(plan)]), 0, step)
            loss.backward()
            self.optimiser.step()
            self.optimiser.clear_grad()
            return self.world.leaders(float(loss))  # so that all processes find the same rate

        self.trained.train()
        rate, _ = find_rate(loss_at)
        load_weights(self.network, begun)
        self.optimiser = _optimiser(self.network, self.setup.optimisation)
        say(f"the learning rate finder proposes {rate:.2g}")
        return rate

    def _watch(self, loss: float, rate: float) -> None:
        """Notice a divergence when it begins, not when the money is spent."""
        state = self.state
        remedy = f"Lower learning_rate (it was {rate:.2g}), or start from other weights."
        if not math.isfinite(loss):
            raise TrainingError(f"the loss became {loss} at step {state.step:,}. {remedy}")
        state.smooth_loss = _SMOOTHING * state.smooth_loss + (1 - _SMOOTHING) * loss
        smooth = state.smooth_loss / (1 - _SMOOTHING ** (state.step + 1))
        if state.step < _SETTLED_STEPS:
            return
        state.least_loss = min(state.least_loss, smooth)
        if smooth > _EXPLODED * max(state.least_loss, 1.0):
            found = f"the loss rose from {state.least_loss:.3f} to {smooth:.3f} by step {state.step:,}"
            raise TrainingError(f"training diverges: {found}. {remedy}")

    def _judge(self, validation: Validation) -> None:
        """Move on to the next epoch; keep the weights if they are the best so far."""
        state, limit = self.state, self.setup.optimisation.plateau_epochs
        state.epoch += 1
        state.batch = 0
        error = self.world.leaders(validation.error)
        if error < state.best_error or not self.best:
            state.best_error, state.best_epoch = error, state.epoch
            self.best = weights_of(self.network)
        if self.world.leaders(validation.silent) and state.epoch >= limit:
            found = f"after {state.epoch} epochs the network still gives nearly every image the same answer"
            raise TrainingError(
                f"{found}; it stays on the plateau where blanks are the cheapest answer. Give it fewer time "
                "steps for each character (a smaller width_px), smaller batches, another learning_rate, or "
                "more data; and look at the images with `glyphline corpus examine --report`."
            )

    def _tick(self, batches: int, images_per_s: float, per_batch_s: float) -> Tick:
        state, how = self.state, self.setup.optimisation
        left_s = ((how.epochs - state.epoch) * batches - state.batch) * per_batch_s
        loss = state.losses / state.batch
        return Tick(state.epoch + 1, how.epochs, state.batch, batches, loss, images_per_s, left_s)

    def _outcome(self, *, finished: bool) -> Outcome:
        state, place = self.state, self.setup.checkpoints
        history = tuple(state.history)
        return Outcome(finished, self.world.leads, state.epoch, state.step, state.best_epoch, history, place)

    def _save(self) -> None:
        self.saved_at = time.monotonic()
        if not self.world.leads:
            return
        arrays = {f"weights/{name}": array for name, array in weights_of(self.network).items()}
        arrays |= {f"best/{name}": array for name, array in self.best.items()}
        arrays |= {f"average/{name}": array for name, array in self.average.arrays().items()}
        accumulators, plain = split_state(self.optimiser, self.network)
        arrays |= {f"optimiser/{name}": array for name, array in accumulators.items()}
        content = {name: getattr(self.state, name) for name in _State.__dataclass_fields__}
        state = {"identity": self.setup.identity, "run": content, "optimiser": plain}
        save(self.setup.checkpoints, Checkpoint(self.state.step, arrays, state))

    def _resume(self) -> None:
        checkpoint, problems = newest(self.setup.checkpoints)
        for problem in problems:
            say(f"warning: {problem}")
        if checkpoint is None:
            return
        if checkpoint.state["identity"] != self.setup.identity:
            found, expected = "the checkpoint of another training", "one of the same data and settings"
            remedy = "Empty the folder, or give this training one of its own."
            place = str(self.setup.checkpoints)
            raise ArtifactError(Problem("checkpoint.other", found, expected, remedy, place))
        groups = _grouped(checkpoint.arrays)
        load_weights(self.network, groups.get("weights", {}))
        self.best = groups.get("best", {})
        self.average.load(groups.get("average", {}))
        plain = checkpoint.state["optimiser"]
        self.optimiser.set_state_dict(joined_state(groups.get("optimiser", {}), plain, self.network))
        self.state = _State(**checkpoint.state["run"])
        say(f"resuming at epoch {self.state.epoch + 1}, step {self.state.step:,}")


def weights_of(network: paddle.nn.Layer) -> dict[str, NDArray[Any]]:
    """Return a copy of every parameter and buffer of `network`, by name."""
    return {name: np.array(tensor.numpy()) for name, tensor in network.state_dict().items()}


def load_weights(network: paddle.nn.Layer, weights: Weights) -> None:
    """Set every parameter and buffer of `network`.

    Raises:
        ValueError: a name or a shape differs; nothing was set then.
    """
    own = network.state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in own.items()}
    given = {name: array.shape for name, array in weights.items()}
    if shapes != given:
        differing = sorted(name for name in shapes | given if shapes.get(name) != given.get(name))
        raise ValueError(f"the weights do not fit the network: {', '.join(differing[:5])}")
    for name, tensor in own.items():
        tensor.set_value(weights[name])


def _optimiser(network: paddle.nn.Layer, how: Optimisation) -> Any:
    clip = None if how.clip_norm is None else paddle.nn.ClipGradByGlobalNorm(how.clip_norm)
    parameters = network.parameters()
    if how.optimiser == "adam":
        decay = paddle.regularizer.L2Decay(how.weight_decay) if how.weight_decay else None
        return paddle.optimizer.Adam(
            how.learning_rate, parameters=parameters, weight_decay=decay, grad_clip=clip
        )
    return paddle.optimizer.AdamW(
        how.learning_rate, parameters=parameters, weight_decay=how.weight_decay, grad_clip=clip
    )


def _grouped(arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, NDArray[Any]]]:
    groups: dict[str, dict[str, NDArray[Any]]] = {}
    for name, array in arrays.items():
        group, _, rest = name.partition("/")
        groups.setdefault(group, {})[rest] = array
    return groups
