"""Where SageMaker puts what a job reads and looks for what it wrote: the only code that knows `/opt/ml`.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html (training),
https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html (processing).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.errors import Problem
from config.protocol import ML_ROOT_VARIABLE, NOTHING_FILE
from containers.common.errors import JobError

_ML_ROOT = "/opt/ml"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of input is called: by people, in rule ids, in the request that makes a job."""

    what: str
    rule: str
    request: str


_CHANNEL = _Kind("input channel", "channel", "InputDataConfig")
_INPUT = _Kind("processing input", "input", "ProcessingInputs")


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
        """Where a job says in one sentence why it failed; SageMaker shows the first 1,024 bytes.

        A training job's is its ``FailureReason``, a processing job's its ``ExitMessage``:
        https://docs.aws.amazon.com/sagemaker/latest/dg/byoc-metadata.html
        """
        processes = (self.root / "config" / "processingjobconfig.json").exists()
        return self.root / "output" / ("message" if processes else "failure")

    def hyperparameters(self) -> dict[str, str]:
        """Return the hyperparameters as they came: SageMaker passes every value as a string.

        Raises:
            JobError: the file is not a JSON object.
        """
        return {name: _as_text(value) for name, value in self._config("hyperparameters.json").items()}

    def channel(self, name: str) -> Path:
        """Return the folder of an input channel of a training job.

        Raises:
            JobError: the channel is missing, empty, or says that there is none.
        """
        return _required(self._channels, name, _CHANNEL)

    def optional_channel(self, name: str) -> Path | None:
        """Return the folder of an input channel; None where there is no such channel, or it says nothing.

        Raises:
            JobError: the channel is there and empty.
        """
        return _optional(self._channels, name, _CHANNEL)

    def says_nothing(self, name: str) -> bool:
        """Tell whether the input channel is there and says that there is none."""
        return _says_nothing(self._channels / name)

    def processing_input(self, name: str) -> Path:
        """Return the folder of an input of a processing job.

        Raises:
            JobError: the input is missing, empty, or says that there is none.
        """
        return _required(self._processing_inputs, name, _INPUT)

    def optional_processing_input(self, name: str) -> Path | None:
        """Return the folder of an input; None where there is no such input, or it says that there is none.

        Raises:
            JobError: the input is there and empty.
        """
        return _optional(self._processing_inputs, name, _INPUT)

    def processing_output(self, name: str) -> Path:
        """Return the folder whose files SageMaker uploads as the output `name`; it may not be there yet."""
        return self.root / "processing" / "output" / name

    @property
    def _channels(self) -> Path:
        return self.root / "input" / "data"

    @property
    def _processing_inputs(self) -> Path:
        return self.root / "processing" / "input"

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
    return Job(Path(os.environ.get(ML_ROOT_VARIABLE, _ML_ROOT)))


def gpus_here() -> int:
    """Return how many GPUs this host has, as SageMaker sees it (0 where it does not say)."""
    return int(os.environ.get("SM_NUM_GPUS", "0"))


def _says_nothing(folder: Path) -> bool:
    return folder.is_dir() and [path.name for path in folder.iterdir()] == [NOTHING_FILE]


def _required(inputs: Path, name: str, kind: _Kind) -> Path:
    folder = _optional(inputs, name, kind)
    if folder is None:
        given = sorted(path.name for path in inputs.iterdir()) if inputs.is_dir() else []
        found = f"no {kind.what} {name!r} (there are: {', '.join(given) or 'none'})"
        found = f"{kind.what} {name!r} that says there is none" if name in given else found
        raise _problem(f"job.{kind.rule}-missing", found, "it", f"Add {name!r} to {kind.request}.", None)
    return folder


def _optional(inputs: Path, name: str, kind: _Kind) -> Path | None:
    folder = inputs / name
    if not folder.is_dir() or _says_nothing(folder):
        return None
    if next(folder.iterdir(), None) is None:
        found = f"the {kind.what} {name!r} is empty"
        remedy = "Check its S3 prefix: it must end where the files begin, and hold at least one object."
        raise _problem(f"job.{kind.rule}-empty", found, "files", remedy, folder)
    return folder


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _problem(rule: str, found: str, expected: str, remedy: str, file: Path | None) -> JobError:
    return JobError(Problem(rule, found, expected, remedy, None if file is None else str(file)))
