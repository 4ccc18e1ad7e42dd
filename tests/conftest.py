"""What every test may ask for: the real data, where this machine has it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real receipts, symbols and digits; where it is absent, the test is skipped."""
    folder = Path(os.environ.get("GLYPHLINE_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set GLYPHLINE_DATA to the folder that holds sroie/")
    return folder


@pytest.fixture(autouse=True)
def default_signals() -> Iterator[None]:
    """Begin each test as from a terminal.

    A job in the same process may have taken the signals, and a shell that starts `make test` in the
    background lets it, and all that it starts, ignore SIGINT.
    """
    numbers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in numbers.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
