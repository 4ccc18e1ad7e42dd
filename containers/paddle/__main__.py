"""What the container runs: ``python -m containers.paddle train``, ``serve`` or a processing job."""

from __future__ import annotations

from containers.common.dispatch import start

if __name__ == "__main__":
    start("paddle")
