"""Where this machine keeps its own runs, artifacts and registry."""

from __future__ import annotations

import os
from pathlib import Path

HOME_VARIABLE = "GLYPHLINE_HOME"
"""Environment variable: the folder to use in place of `.glyphline` in the current one."""


def home() -> Path:
    """Return the folder of all local state, absolute; it need not be there yet."""
    return Path(os.environ.get(HOME_VARIABLE, ".glyphline")).absolute()
