"""What is taken on a sheet, so that nothing is written over anything else."""

from __future__ import annotations

import numpy as np

from corpus.synthesis.drawings.geometry import Box

_CELL_PX = 4


class Space:
    """A coarse map of the sheet. Solid things keep pipes away; pipes and signals only keep text away."""

    def __init__(self, width_px: int, height_px: int) -> None:
        shape = (height_px // _CELL_PX + 1, width_px // _CELL_PX + 1)
        self._solid = np.zeros(shape, dtype=bool)
        self._lined = np.zeros(shape, dtype=bool)

    def take(self, box: Box) -> None:
        """Mark `box` as taken by something solid."""
        self._solid[self._cells(box)] = True

    def line(self, box: Box) -> None:
        """Mark `box` as crossed by a line."""
        self._lined[self._cells(box)] = True

    def is_open(self, box: Box) -> bool:
        """Tell whether a pipe may pass `box`: it is on the sheet and nothing solid is there."""
        return self._is_on_sheet(box) and not self._solid[self._cells(box)].any()

    def is_free(self, box: Box) -> bool:
        """Tell whether something may be put into `box`: neither solids nor lines are there."""
        return self.is_open(box) and not self._lined[self._cells(box)].any()

    def _is_on_sheet(self, box: Box) -> bool:
        height, width = self._solid.shape
        return (
            box.left >= 0
            and box.top >= 0
            and box.right < (width - 1) * _CELL_PX
            and box.bottom < (height - 1) * _CELL_PX
        )

    def _cells(self, box: Box) -> tuple[slice, slice]:
        rows = slice(max(int(box.top // _CELL_PX), 0), max(int(box.bottom // _CELL_PX) + 1, 0))
        columns = slice(max(int(box.left // _CELL_PX), 0), max(int(box.right // _CELL_PX) + 1, 0))
        return rows, columns
