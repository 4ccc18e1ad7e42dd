"""What a detector learns: differentiable binarisation over random crops of pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import paddle
from numpy.typing import NDArray

from containers.common.entry import Stop
from containers.common.reader import Order, Rows
from containers.paddle.detection.losses import detection_loss
from containers.paddle.detection.pages import Page
from containers.paddle.detection.targets import Targets, stacked, targets_of
from containers.paddle.trainer import Validation
from containers.runtime.detector import Detector
from containers.runtime.engine import Engine
from containers.runtime.preprocessing import to_input
from containers.runtime.tiles import square
from evaluation.regions import Page as Judged
from evaluation.regions import Region, spot
from tasks.detection.contract import PagePreprocessing

_ANYWHERE = 0.1
"""Share of crops that lie anywhere; the others have a text in them."""


@dataclass(frozen=True, slots=True)
class DetectionObjective:
    """Learn to find text on `train`; what counts is the harmonic mean of precision and recall on `val`.

    An epoch takes as many crops of a page as tiles cover it; of `old` pages `replay` for each new one.
    """

    train: Sequence[Page]
    val: Sequence[Page]
    old: Sequence[Page]
    replay: float
    how: PagePreprocessing
    batch_size: int
    seed: int

    @property
    def order(self) -> Order:
        """In which batches crops are learnt; a row is a crop, which knows its page, not its place."""
        pages = self._page_of_row()
        new = int((pages < len(self.train)).sum())
        return Order(new, self.batch_size, self.seed, old=len(pages) - new, replay=self.replay)

    def loss(self, network: paddle.nn.Layer, rows: Rows, epoch: int, step: int) -> paddle.Tensor:
        """Return the mean loss of the crops `rows`, each drawn anew for this step."""
        pages = self._page_of_row()[rows]
        crops = [
            self._crop(self._page(page), np.random.default_rng([self.seed, step, row]))
            for page, row in zip(pages, rows, strict=True)
        ]
        tensor = paddle.to_tensor(to_input([pixels for pixels, _ in crops]))
        return detection_loss(network(tensor), stacked([targets for _, targets in crops]))

    def validate(self, network: paddle.nn.Layer, stop: Stop) -> Validation | None:
        """Return how well `network` finds the texts of `val`, at IoU 0.5."""
        detector = Detector(engine_of(network), self.how, version="in training")
        judged = []
        for page in self.val:
            if stop:
                return None
            found = detector.find(page.pixels).polygons
            judged.append(Judged(page.image, page.regions, tuple(Region(one, "") for one in found)))
        measured = spot(judged).detection
        assert measured.hmean is not None  # there is text in val: `load_pages` sees to it
        figures = {
            "val_hmean": measured.hmean,
            "val_recall": measured.recall,
            "val_precision": measured.precision,
        }
        said = {name: value for name, value in figures.items() if value is not None}
        return Validation(1.0 - measured.hmean, said)

    def _page_of_row(self) -> NDArray[np.int64]:
        counts = [crops_of(page, self.how.tile_px) for page in (*self.train, *self.old)]
        return np.repeat(np.arange(len(counts)), counts)

    def _page(self, number: int) -> Page:
        return self.train[number] if number < len(self.train) else self.old[number - len(self.train)]

    def _crop(self, page: Page, random: np.random.Generator) -> tuple[NDArray[np.uint8], Targets]:
        """Return a crop's pixels and targets."""
        side = self.how.tile_px
        height, width = page.pixels.shape[:2]
        x, y = (int(random.integers(max(size - side, 0) + 1)) for size in (width, height))
        if page.texts and random.random() >= _ANYWHERE:
            text = page.texts[int(random.integers(len(page.texts)))].text
            middle = (text.min(axis=0) + text.max(axis=0)) / 2
            x, y = (
                int(np.clip(round(at - random.uniform(0, side)), 0, max(size - side, 0)))
                for at, size in zip(middle, (width, height), strict=True)
            )
        return square(page.pixels, x, y, side), targets_of(page.texts, page.unreadable, x, y, side)


def crops_of(page: Page, tile_px: int) -> int:
    """Return how many tiles would cover `page`."""
    height, width = page.pixels.shape[:2]
    return max(1, round(int(height) * int(width) / tile_px**2))


def engine_of(network: paddle.nn.Layer) -> Engine:
    """Return what runs `network` as an exported one would be run."""

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        with paddle.no_grad():
            result: NDArray[np.float32] = network(paddle.to_tensor(batch)).numpy()
        return result

    return run
