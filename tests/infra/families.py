"""Families that say their own instances or their own way of serving, in a folder beside the house's."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.family import FAMILIES


@dataclass(frozen=True, slots=True)
class Families:
    """A copy of `config/families/`, which everybody reads instead."""

    folder: Path

    @classmethod
    def copied(cls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Families:
        """Return a copy in `folder`."""
        shutil.copytree(FAMILIES, folder, dirs_exist_ok=True)
        for module in ("config.family", "config.tasks", "infra.checks"):
            monkeypatch.setattr(f"{module}.FAMILIES", folder)
        return cls(folder)

    def say(self, name: str, **sections: Any) -> Path:
        """Let a family say more; return its file."""
        file = self.folder / f"{name}.yaml"
        file.write_text(f"{file.read_text(encoding='utf-8')}{yaml.safe_dump(sections)}", encoding="utf-8")
        return file
