"""What is measured of a model: every figure is a function of sums over items.

So one bootstrap, one comparison, one way to slice and one gate serve every kind of model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
Better = Literal["lower", "higher"]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What each item adds to each column: ``[items, columns]``, dense if there are few columns.

    A table of 100,000 items and 1,000 classes has 3,000 columns: dense, it would take gigabytes.
    """

    table: Floats | csr_array

    @classmethod
    def dense(cls, *columns: NDArray[Any]) -> Sums:
        """Return a table of a few columns, each ``[items]``."""
        return cls(np.asfortranarray(np.stack([np.asarray(one, np.float64) for one in columns], axis=1)))

    @classmethod
    def one_hot(cls, width: int, *pairs: tuple[Integers, NDArray[Any]]) -> Sums:
        """Return a table of `width` columns: for each pair, item i adds ``values[i]`` to ``columns[i]``."""
        from scipy.sparse import csr_array

        count = len(pairs[0][0])
        rows = np.tile(np.arange(count), len(pairs))
        columns = np.concatenate([one for one, _ in pairs])
        values = np.concatenate([np.asarray(one, np.float64) for _, one in pairs])
        return cls(csr_array((values, (rows, columns)), shape=(count, width)))

    def total(self, member: Mask | None = None) -> Floats:
        """Return ``[columns]``: the sums over all items, or over those that are `member`."""
        if isinstance(self.table, np.ndarray):
            columns = self.table.T if member is None else (one[member] for one in self.table.T)
            return np.array([one.sum() for one in columns])
        chosen = self.table if member is None else self.table[member]
        return np.asarray(chosen.sum(axis=0), np.float64).ravel()

    def by_label(self, items: Integers, labels: Integers, count: int) -> Floats | csr_array:
        """Return ``[count, columns]``, the sums of each label: ``items[k]`` has the label ``labels[k]``."""
        if isinstance(self.table, np.ndarray):
            columns = [np.bincount(labels, one[items], count) for one in self.table.T]
            return np.stack(columns, axis=1).astype(np.float64, copy=False)
        from scipy.sparse import csr_array

        ones = np.ones(len(items))
        return csr_array((ones, (labels, items)), shape=(count, self.table.shape[0])) @ self.table


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One number about a model over some items.

    `value` maps sums ``[..., columns]`` to ``[...]``; NaN where it is undefined, never a warning. `cost` is
    what each item got wrong: it ranks the worst and shows which changed. `support`: how many judgements each
    item holds, such as the texts of a page; None: one. `part`: the part of every item that is judged
    (``size=small``, ``class=7``), where selecting items is not enough.
    """

    name: str
    better: Better
    sums: Sums
    value: Callable[[Floats], Floats]
    cost: Floats
    support: Floats | None = None
    part: str = ""

    def error(self, sums: Floats) -> Floats:
        """Return how far from perfect a share is, ``[...]``: the lower the better."""
        return self.value(sums) if self.better == "lower" else 1.0 - self.value(sums)

    def supports(self) -> Floats:
        """Return how many judgements each item holds."""
        return np.ones(len(self.cost)) if self.support is None else self.support


def ratio(sums: Floats) -> Floats:
    """Return the first column divided by the second, NaN where the second is 0."""
    part, whole = sums[..., 0], sums[..., 1]
    shares: Floats = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
    return shares


def rate_figure(
    name: str,
    better: Better,
    part: NDArray[Any],
    whole: NDArray[Any],
    cost: NDArray[Any],
    *,
    support: NDArray[Any] | None = None,
    of: str = "",
) -> Figure:
    """Return the figure ``sum(part) / sum(whole)``; all are ``[items]``, and `of` is its `Figure.part`."""
    floats = None if support is None else np.asarray(support, np.float64)
    return Figure(name, better, Sums.dense(part, whole), ratio, np.asarray(cost, np.float64), floats, of)


def number(value: Any) -> float | None:
    """Return a float for a result, None if it is undefined."""
    return float(value) if np.isfinite(value) else None
