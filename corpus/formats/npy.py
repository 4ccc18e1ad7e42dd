"""Read an ``.npy`` array without running what is in it.

An array of objects is stored as a pickle, and a pickle may call any function. Here the few names that numpy
writes into it stand for inert objects, which only keep what they are given; any other name is refused. No
code of numpy or of anybody else runs on the data until its types and sizes were checked.

Source: the format is numpy.lib.format (NEP 1); the names are those of ``ndarray.__reduce__``.
"""

from __future__ import annotations

import io
import math
import pickle
import re
import tokenize
from typing import Any

import numpy as np
from upath import UPath

from config.errors import Problem
from corpus.errors import FormatError
from corpus.formats.lines import EntryError

_NUMERIC = re.compile(r"^[<>|=]?(?:[iuf][1248]|b1|U\d{1,6})$")


def read_rows(path: UPath) -> list[Any]:
    """Return the rows of an array: lists of values, to be looked at with `unwrap`.

    Raises:
        FormatError: the file cannot be read, is not such an array, or names something to call.
    """
    try:
        return _rows(path.read_bytes())
    except OSError as error:
        found, remedy = f"an array that cannot be read: {error}", "Check the file and its permissions."
        raise FormatError(
            Problem("format.unreadable", found, "a readable file", remedy, str(path))
        ) from error
    except _UnsafeError as error:
        found, expected = f"an array that would call {error}", "numbers, texts and lists"
        remedy = "Do not open it with other tools: it may run code. Get the file from its source again."
        raise FormatError(Problem("format.unsafe", found, expected, remedy, str(path))) from error
    except _BROKEN as error:
        found = f"not an array: {error or type(error).__name__}"
        remedy = "Get the file from its source again."
        raise FormatError(Problem("format.npy", found, "a NumPy array", remedy, str(path))) from error


def unwrap(value: Any) -> Any:
    """Return a value of a row as Python's own: an array or a tuple as a list (not what is in it).

    Raises:
        EntryError: it is no value.
    """
    if isinstance(value, _Array | _Scalar):
        return value.plain()
    if isinstance(value, tuple):
        return list(value)
    if value is None or isinstance(value, str | int | float | list):
        return value
    raise EntryError(f"a {type(value).__name__}, not a number, a text or a list")


class _UnsafeError(Exception):
    """A pickle names what numpy does not."""


class _Dtype:
    """Stands for ``numpy.dtype(code, …)``."""

    def __init__(self, code: object, *_: object) -> None:
        self.code = code if isinstance(code, str) else ""
        self.order = "|"

    def __setstate__(self, state: Any) -> None:
        self.order = state[1] if state[1] in ("<", ">", "|", "=") else "|"

    def numeric(self) -> np.dtype[Any]:
        name = f"{self.order}{self.code.lstrip('<>|=')}"
        if not _NUMERIC.match(name):
            raise EntryError(f"values of the type {self.code!r}")
        return np.dtype(name)


class _Array:
    """Stands for an array that ``_reconstruct`` makes and ``__setstate__`` fills."""

    def __init__(self, *_: object) -> None:
        self.shape: tuple[int, ...] = ()
        self.values: list[Any] = []

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
            raise EntryError("a shape that is none")
        if isinstance(data, bytes):
            data = _numbers(data, dtype.numeric(), shape, fortran=bool(fortran)).ravel().tolist()
        elif fortran and len(shape) > 1:
            raise EntryError("objects in Fortran order")
        if not isinstance(data, list) or len(data) != math.prod(shape):
            raise EntryError("not as many values as the shape says")
        self.shape, self.values = shape, data

    def plain(self) -> list[Any]:
        """Return the rows: as lists where there are two dimensions."""
        if len(self.shape) == 1:
            return self.values
        if len(self.shape) != 2:
            raise EntryError(f"an array of {len(self.shape)} dimensions")
        width = self.shape[1]
        return [self.values[row * width : (row + 1) * width] for row in range(self.shape[0])]


class _Scalar:
    """Stands for ``numpy._core.multiarray.scalar(dtype, bytes)``."""

    def __init__(self, dtype: object, data: object = b"") -> None:
        self.dtype, self.data = dtype, data

    def plain(self) -> Any:
        if not isinstance(self.dtype, _Dtype) or not isinstance(self.data, bytes):
            raise EntryError("a scalar that is none")
        return _numbers(self.data, self.dtype.numeric(), (1,)).tolist()[0]


class _Ndarray:
    """Stands for the class ``numpy.ndarray``, which ``_reconstruct`` is given."""


_STAND_INS = {"_reconstruct": _Array, "ndarray": _Ndarray, "dtype": _Dtype, "scalar": _Scalar}
_MODULES = ("numpy", "numpy.core.multiarray", "numpy._core.multiarray")
_BROKEN = (  # in all these ways numpy's header or pickle's machine fails on nonsense
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
)


class _InertUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module not in _MODULES or name not in _STAND_INS:
            raise _UnsafeError(f"{module}.{name}")
        return _STAND_INS[name]


def _rows(data: bytes) -> list[Any]:
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)  # type: ignore[no-untyped-call]
    if version not in ((1, 0), (2, 0)):
        raise EntryError(f"version {version}")
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = reader(file)  # type: ignore[no-untyped-call]
    if dtype != np.dtype(object):
        if dtype.hasobject or not _NUMERIC.match(dtype.str):
            raise EntryError(f"values of the type {dtype}")
        array = _numbers(data[file.tell() :], dtype, shape, fortran=fortran)
        return array.tolist() if array.ndim else [array.item()]
    content = _InertUnpickler(file).load()
    if not isinstance(content, _Array):
        raise EntryError("objects that are no array")
    return content.plain()


def _numbers(
    data: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], *, fortran: bool = False
) -> np.ndarray[Any, Any]:
    # both calls check sizes and allocate nothing, whatever `shape` says
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
