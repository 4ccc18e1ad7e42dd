"""Where SageMaker puts what a job reads and looks for what it wrote: the only code that knows `/opt/ml`.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.errors import Problem
from containers.common.errors import JobError

ROOT_VARIABLE = "GLYPHLINE_ML_ROOT"
"""Environment variable: the folder that stands for `/opt/ml` where a job runs outside a container."""
_ML_ROOT = "/opt/ml"


@dataclass(frozen=True, slots=True)
class Job:
    """The folders of one job; `root` is `/opt/ml` in a container."""

    root: Path

    @property
    def model(self) -> Path:
        """Where the model artifact goes; SageMaker packs it into ``model.tar.gz``."""
        return self.root / "model"

    @property
    def checkpoints(self) -> Path:
        """What survives an interruption: SageMaker copies it to S3 all the time, and back on a restart."""
        return self.root / "checkpoints"

    @property
    def failure(self) -> Path:
        """Where a job says in one sentence why it failed; SageMaker shows it as ``FailureReason``."""
        return self.root / "output" / "failure"

    @property
    def gpus(self) -> int:
        """How many GPUs this host has, as SageMaker sees it (0 where it does not say)."""
        return int(os.environ.get("SM_NUM_GPUS", "0"))

    def hyperparameters(self) -> dict[str, str]:
        """Return the hyperparameters as they came: SageMaker passes every value as a string.

        Raises:
            JobError: the file is not a JSON object.
        """
        return {name: _as_text(value) for name, value in self._config("hyperparameters.json").items()}

    def channel(self, name: str) -> Path:
        """Return the folder of an input channel.

        Raises:
            JobError: the channel is missing or empty.
        """
        folder = self.optional_channel(name)
        if folder is None:
            given = sorted(path.name for path in self._channels.iterdir()) if self._channels.is_dir() else []
            found = f"no input channel {name!r} (there are: {', '.join(given) or 'none'})"
            raise _problem("job.channel-missing", found, "it", f"Add {name!r} to InputDataConfig.", None)
        return folder

    def optional_channel(self, name: str) -> Path | None:
        """Return the folder of an input channel, or None where the job has none of this name.

        Raises:
            JobError: the channel is there and empty.
        """
        folder = self._channels / name
        if not folder.is_dir():
            return None
        if next(folder.iterdir(), None) is None:
            found = f"the input channel {name!r} is empty"
            remedy = "Check its S3 prefix: it must end where the files begin, and hold at least one object."
            raise _problem("job.channel-empty", found, "files", remedy, folder)
        return folder

    @property
    def _channels(self) -> Path:
        return self.root / "input" / "data"

    def _config(self, name: str) -> dict[str, Any]:
        path = self.root / "input" / "config" / name
        if not path.exists():
            return {}
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise _problem("job.config", f"not JSON ({error})", "a JSON object", "Mend it.", path) from error
        if not isinstance(content, dict):
            found = f"a JSON {type(content).__name__}"
            raise _problem("job.config", found, "a JSON object", "Mend it.", path)
        return content


def current_job() -> Job:
    """Return the job this process is: `/opt/ml`, or where the environment says it lies."""
    return Job(Path(os.environ.get(ROOT_VARIABLE, _ML_ROOT)))


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _problem(rule: str, found: str, expected: str, remedy: str, file: Path | None) -> JobError:
    return JobError(Problem(rule, found, expected, remedy, None if file is None else str(file)))
