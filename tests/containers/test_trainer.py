"""The training loop on a toy problem: it resumes to the bit, notices divergence, and knows when to stop."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import paddle
import pytest

from config.errors import StateError
from config.recipe import Optimisation
from containers.common.entry import Stop
from containers.common.errors import ArtifactError, TrainingError
from containers.common.progress import Tick, nothing
from containers.common.reader import Order, Rows
from containers.paddle.trainer import Setup, Validation, load_weights, train, weights_of

HOW = Optimisation(epochs=4, batch_size=8, learning_rate=0.05, weight_decay=0.01, averaging=0.9)


@dataclass
class Toy:
    """Fit a line through noisy points; `stop_at` tells the training to leave at that step."""

    stop: Stop = field(default_factory=Stop)
    stop_at: int = -1
    scale: float = 1.0
    silent: bool = False
    validations: int = 0
    order: Order = field(default_factory=lambda: Order(new=64, batch_size=8, seed=0))

    def loss(self, network: paddle.nn.Layer, rows: Rows, epoch: int, step: int) -> paddle.Tensor:
        if step == self.stop_at:
            self.stop.tell()
        x = paddle.to_tensor(rows[:, None].astype(np.float32) / 64)
        noise = paddle.randn([len(rows), 1]) * 0.1
        return ((network(x) - 3 * x - noise) ** 2).mean() * self.scale

    def validate(self, network: paddle.nn.Layer, stop: Stop) -> Validation | None:
        self.validations += 1
        error = abs(network(paddle.to_tensor([[1.0]])).item() - 3)
        return None if stop else Validation(error, {"val_error": error}, self.silent)


def _network() -> paddle.nn.Layer:
    paddle.seed(5)
    return paddle.nn.Sequential(paddle.nn.Linear(1, 8), paddle.nn.Dropout(0.2), paddle.nn.Linear(8, 1))


def _setup(folder: Path, how: Optimisation = HOW) -> Setup:
    return Setup(how, seed=3, checkpoints=folder, identity="toy", interval_s=0.0)


@pytest.mark.parametrize("stop_at", [0, 3, 7, 8, 20])
def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path: Path, stop_at: int) -> None:
    whole = _network()
    straight = train(whole, Toy(), _setup(tmp_path / "whole"), Stop(), nothing)
    interrupted = Toy(stop_at=stop_at)
    first = train(_network(), interrupted, _setup(tmp_path / "parts"), interrupted.stop, nothing)
    assert not first.finished
    other = paddle.nn.Linear(2, 2)  # another process would have numbered its parameters otherwise, too
    resumed = _network()
    second = train(resumed, Toy(), _setup(tmp_path / "parts"), Stop(), nothing)
    assert (second.finished, second.steps) == (True, straight.steps)
    assert second.history == straight.history
    for name, array in weights_of(whole).items():
        np.testing.assert_array_equal(array, weights_of(resumed)[name])
    del other


def test_the_best_weights_are_kept_not_the_last(tmp_path: Path) -> None:
    class Worsening(Toy):
        def validate(self, network: paddle.nn.Layer, stop: Stop) -> Validation | None:
            self.validations += 1
            self.seen: list[dict[str, np.ndarray]] = getattr(self, "seen", [])
            self.seen.append(weights_of(network))
            return Validation(float(self.validations), {})

    toy, network = Worsening(), _network()
    outcome = train(network, toy, _setup(tmp_path, HOW.model_copy(update={"patience": 2})), Stop(), nothing)
    assert (outcome.best_epoch, outcome.epochs) == (1, 3)
    for name, array in weights_of(network).items():
        np.testing.assert_array_equal(array, toy.seen[0][name])


def test_what_is_no_number_any_more_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"became (inf|nan) at step 0\. Lower learning_rate \(it was"):
        train(_network(), Toy(scale=math.inf), _setup(tmp_path), Stop(), nothing)


@dataclass
class Turning(Toy):
    """From step `turn` on, each loss is a million times what it was."""

    turn: int = 0

    def loss(self, network: paddle.nn.Layer, rows: Rows, epoch: int, step: int) -> paddle.Tensor:
        loss = super().loss(network, rows, epoch, step)
        return loss * 1e6 if step >= self.turn else loss


def test_an_exploding_loss_is_noticed(tmp_path: Path) -> None:
    how = HOW.model_copy(update={"epochs": 20, "patience": 20})
    with pytest.raises(TrainingError, match="diverges: the loss rose"):
        train(_network(), Turning(turn=80), _setup(tmp_path, how), Stop(), nothing)


def test_batches_that_are_not_alike_are_no_divergence(tmp_path: Path) -> None:
    """A champion reads the first, old lines almost without loss, and then the first new ones."""
    how = HOW.model_copy(update={"epochs": 8, "patience": 20})
    assert train(_network(), Turning(turn=4), _setup(tmp_path, how), Stop(), nothing).finished


def test_a_network_that_reads_nothing_is_given_up(tmp_path: Path) -> None:
    how = HOW.model_copy(update={"plateau_epochs": 2})
    with pytest.raises(
        TrainingError, match="after 2 epochs the network still gives nearly every image the same answer"
    ):
        train(_network(), Toy(silent=True), _setup(tmp_path, how), Stop(), nothing)


def test_the_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    train(_network(), Toy(), _setup(tmp_path), Stop(), nothing)
    with pytest.raises(ArtifactError, match="the checkpoint of another training"):
        train(_network(), Toy(), replace(_setup(tmp_path), identity="other"), Stop(), nothing)


@dataclass
class Meanwhile(Toy):
    """Amid its first step another training of the same begins, and ends."""

    setup: Setup | None = None
    checkpoints: Path | None = None

    def loss(self, network: paddle.nn.Layer, rows: Rows, epoch: int, step: int) -> paddle.Tensor:
        if step == 0:
            assert self.setup is not None
            self.checkpoints = train(_network(), Toy(), self.setup, Stop(), nothing).checkpoints
            paddle.seed(self.setup.seed * 1_000_003)
        return super().loss(network, rows, epoch, step)


def test_equal_trainings_at_once_have_folders_of_their_own(tmp_path: Path) -> None:
    setup = replace(_setup(tmp_path / "toy"), shared=True)
    first = Meanwhile(setup=setup)
    outcome = train(_network(), first, setup, Stop(), nothing)
    assert (outcome.checkpoints.name, first.checkpoints) == ("toy", tmp_path / "toy.2")
    for folder in ("toy", "toy.2"):
        assert [path.name for path in sorted((tmp_path / folder).glob("*.npz"))][-1] == "step-000000032.npz"
    again = train(_network(), Toy(stop_at=0), setup, Stop(), nothing)
    assert (again.checkpoints, again.history) == (outcome.checkpoints, outcome.history)


def test_a_folder_that_was_named_is_for_one_training(tmp_path: Path) -> None:
    setup = _setup(tmp_path / "toy")
    with pytest.raises(StateError, match=r"Another training writes its checkpoints to .*/toy\. Wait"):
        train(_network(), Meanwhile(setup=setup), setup, Stop(), nothing)


def test_a_rate_is_found_and_the_search_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun = weights_of(_network())
    seen: list[dict[str, np.ndarray]] = []

    class Watched(Toy):
        def loss(self, network: paddle.nn.Layer, rows: Rows, epoch: int, step: int) -> paddle.Tensor:
            seen.append(weights_of(network))
            return super().loss(network, rows, epoch, step)

    network = _network()
    train(network, Watched(), replace(_setup(tmp_path), find_rate=True), Stop(), nothing)
    assert "the learning rate finder proposes" in capsys.readouterr().out
    searched = len(seen) - 32
    assert searched > 20
    for name, array in begun.items():
        np.testing.assert_array_equal(array, seen[searched][name])


def test_progress_is_told(tmp_path: Path) -> None:
    ticks: list[Tick] = []
    train(_network(), Toy(), _setup(tmp_path), Stop(), ticks.append)
    assert [tick.epoch for tick in ticks if tick.figures] == [1, 2, 3, 4]
    assert {tick.epochs for tick in ticks} == {4}
    assert ticks[-1].eta_s == 0


def test_weights_that_do_not_fit_change_nothing() -> None:
    network = _network()
    before = weights_of(network)
    with pytest.raises(ValueError, match="do not fit"):
        load_weights(network, {**before, "0.weight": np.zeros((2, 8), np.float32)})
    for name, array in weights_of(network).items():
        np.testing.assert_array_equal(array, before[name])
