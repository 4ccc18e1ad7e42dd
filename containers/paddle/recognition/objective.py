"""What a recogniser learns: CTC over bucketed lines, with replay of old ones and distillation on request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import paddle
from numpy.typing import NDArray
from paddle.nn import functional

from config.tasks.recognition import Augmentation
from containers.common.entry import Stop
from containers.common.reader import Order, Rows
from containers.paddle.recognition.augment import Labels, Pixels, augment, joined
from containers.paddle.recognition.lines import Lines
from containers.paddle.trainer import Validation
from containers.runtime.ctc import BLANK, decode, softmax
from containers.runtime.preprocessing import to_tensor
from evaluation.text import measure_characters

_VALIDATION_BATCH = 128
_SILENT_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Distillation:
    """A champion whose answers the network is to keep: Li and Hoiem, Learning without Forgetting (2016)."""

    champion: paddle.nn.Layer
    classes: int
    weight: float


@dataclass(frozen=True, slots=True)
class RecognitionObjective:
    """Learn to read `train`; what counts is the CER on `val`. `replay`: old lines for each new one."""

    train: Lines
    val: Lines
    old: Lines | None
    replay: float
    alphabet: Sequence[str]
    labels: Labels
    """The classes of each line of `train`, then of `old`."""
    longest_joined: int
    """Of two lines that are joined, the most characters; 0: lines are never joined."""
    batch_size: int
    seed: int
    augmentation: Augmentation | None
    distillation: Distillation | None

    @property
    def order(self) -> Order:
        """In which batches lines are learnt; rows from ``len(train)`` on are old ones."""
        lines = (self.train,) if self.old is None else (self.train, self.old)
        return Order(
            new=len(self.train),
            old=0 if self.old is None else len(self.old),
            replay=self.replay,
            batch_size=self.batch_size,
            seed=self.seed,
            kinds=np.concatenate([one.widths for one in lines]),
        )

    def loss(self, network: paddle.nn.Layer, rows: Rows, epoch: int, step: int) -> paddle.Tensor:
        """Return the mean CTC loss of the lines `rows`, plus the distillation's."""
        pixels, labels = self._batch(rows, epoch, step)
        tensor = paddle.to_tensor(to_tensor(pixels))
        logits = network(tensor)
        loss = ctc_loss(logits, labels)
        if self.distillation is not None:
            loss = loss + distillation_loss(self.distillation, tensor, logits)
        return loss

    def validate(self, network: paddle.nn.Layer, stop: Stop) -> Validation | None:
        """Return CER and exact match on `val`."""
        texts: list[str] = [""] * len(self.val)
        for rows in self.val.batches(np.arange(len(self.val)), _VALIDATION_BATCH):
            if stop:
                return None
            readings = decode(softmax(logits_of(network, self.val, rows)), self.alphabet)
            for row, reading in zip(rows, readings, strict=True):
                texts[row] = reading.text
        return judge(self.val.texts(), texts)

    def _batch(self, rows: Rows, epoch: int, step: int) -> tuple[Pixels, Labels]:
        pixels: Pixels = self._pixels(rows)
        labels: Labels = [self.labels[row] for row in rows]
        how = self.augmentation
        if how is None or epoch < how.from_epoch:
            return pixels, labels
        random = np.random.default_rng([self.seed, 1, step])
        if how.join and self.longest_joined:
            pixels, labels = joined(pixels, labels, how.join, self.longest_joined, random)
        return augment(pixels, how, random), labels

    def _pixels(self, rows: Rows) -> Pixels:
        if rows[0] < len(self.train):
            return self.train.take(rows)
        assert self.old is not None  # only then are there such rows
        return self.old.take(rows - len(self.train))


def judge(references: Sequence[str], texts: Sequence[str]) -> Validation:
    """Return how well `texts` were read, and whether nearly all were read alike."""
    edits = measure_characters(references, texts)
    cer = int(edits.errors.sum()) / max(int(edits.reference_length.sum()), 1)
    exact = sum(map(str.__eq__, references, texts)) / len(texts)
    (_, alike), *_ = Counter(texts).most_common(1)
    silent = alike > _SILENT_SHARE * len(texts) and len(set(references)) > 1
    return Validation(cer, {"val_cer": cer, "val_exact": exact}, silent=silent)


def logits_of(network: paddle.nn.Layer, lines: Lines, rows: Rows) -> NDArray[np.float32]:
    """Return what `network` says of `rows`, ``[lines, steps, classes]``, without a gradient."""
    with paddle.no_grad():
        result: NDArray[np.float32] = network(paddle.to_tensor(to_tensor(lines.take(rows)))).numpy()
    return result


def ctc_loss(logits: paddle.Tensor, labels: Labels) -> paddle.Tensor:
    """Return the mean CTC loss of ``[lines, steps, classes]``: nats for each line."""
    lengths = np.array([len(label) for label in labels], np.int64)
    padded = np.zeros((len(labels), int(lengths.max())), np.int32)
    for row, label in enumerate(labels):
        padded[row, : len(label)] = label
    steps = np.full(len(labels), logits.shape[1], np.int64)
    losses = functional.ctc_loss(
        logits.transpose([1, 0, 2]),
        paddle.to_tensor(padded),
        paddle.to_tensor(steps),
        paddle.to_tensor(lengths),
        blank=BLANK,
        reduction="none",
    )
    return losses.mean()


def distillation_loss(how: Distillation, tensor: paddle.Tensor, logits: paddle.Tensor) -> paddle.Tensor:
    """Return how far `logits` left the champion's: Kullback-Leibler over the old classes, per line."""
    with paddle.no_grad():
        target = functional.softmax(how.champion(tensor), axis=2)
    answer = functional.log_softmax(logits[:, :, : how.classes], axis=2)
    return how.weight * functional.kl_div(answer, target, reduction="none").sum(axis=[1, 2]).mean()


def labels_of(lines: Lines, alphabet: Sequence[str]) -> list[NDArray[np.int32]]:
    """Return the classes of each line's text; `alphabet` was made from these texts, so it has them all."""
    classes = {character: number for number, character in enumerate(alphabet, start=BLANK + 1)}
    return [np.array([classes[one] for one in text], np.int32) for text in lines.texts()]
