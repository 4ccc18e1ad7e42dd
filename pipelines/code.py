"""What stands for a container image's digest where jobs run from this folder: the digest of their code."""

from __future__ import annotations

import hashlib
from pathlib import Path

_ROOT = Path(__file__).parent.parent
FOLDERS = ("config", "containers", "corpus", "evaluation", "tasks")
_KINDS = (".html", ".j2", ".py", ".txt", ".yaml")


def code_digest() -> str:
    """Return the digest of everything that a job's result depends on beside its input."""
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.suffix in _KINDS and path.is_file():
                digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
