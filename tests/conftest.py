"""What every test may ask for: the real data, where this machine has it."""

from __future__ import annotations

import os
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
