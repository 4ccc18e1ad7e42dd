"""Lambda: the deployed code runs in processes that stay warm, with every AWS call led to this server."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend

AT_ONCE = 2
"""Sandboxes of one function: two, so that what must not happen twice is tried by two at once."""
_SANDBOX = Path(__file__).with_name("sandbox.py")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function returned, as JSON, or the error it raised."""

    result: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a function, for whoever asks afterwards."""

    function: str
    error: str | None


@dataclass(slots=True)
class Work:
    """How much is being done at this moment."""

    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> None:
        with self._lock:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._count -= 1

    @property
    def idle(self) -> bool:
        """Nothing is."""
        return self._count == 0


@dataclass(slots=True)
class Warm:
    """The sandboxes of one version of a function."""

    folder: Path
    free: LifoQueue[subprocess.Popen[str]] = field(default_factory=LifoQueue)
    slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))


class Functions:
    """Every function of the account; `endpoint_url` is the server's, known once it listens."""

    def __init__(self) -> None:
        self.endpoint_url = ""
        self.work = Work()
        self.invocations: list[Invocation] = []
        self._root = tempfile.TemporaryDirectory()
        self._warm: dict[tuple[str, str], Warm] = {}
        self._processes: list[subprocess.Popen[str]] = []
        self._lock = threading.Lock()
        self._later = ThreadPoolExecutor(2 * AT_ONCE)

    def install(self) -> None:
        """Let Lambda's API call functions here rather than in containers."""

        def invoke(function: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
            answer = self.invoke(function, json.dumps(event or {}))
            return (answer.result, answer.error is not None, answer.error or "")

        LambdaFunction._invoke_lambda = invoke

    def invoke(self, function: LambdaFunction, payload: str) -> Answer:
        """Call `function` and wait for its answer."""
        with self.work:
            warm = self._warmed(function)
            with warm.slots:
                answer = self._ask(warm, function, payload)
        self.invocations.append(Invocation(function.function_name, answer.error))
        return answer

    def invoke_later(self, account: str, region: str, arn: str, payload: str) -> None:
        """Call a function as EventBridge does: nobody waits for the answer."""
        function = get_backend(account, region).get_function(arn)
        self.work.__enter__()  # counted from now, not from when a thread is free

        def call() -> None:
            try:
                self.invoke(function, payload)
            finally:
                self.work.__exit__()

        self._later.submit(call)

    def close(self) -> None:
        """End every sandbox."""
        self._later.shutdown()
        for process in self._processes:
            process.kill()
            process.wait()
        self._root.cleanup()

    def _warmed(self, function: LambdaFunction) -> Warm:
        key = (function.function_arn, f"{function.code_sha_256}{function.environment_vars}")
        with self._lock:
            if key not in self._warm:
                folder = Path(self._root.name, str(len(self._warm)))
                zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(folder)
                self._warm[key] = Warm(folder)
            return self._warm[key]

    def _ask(self, warm: Warm, function: LambdaFunction, payload: str) -> Answer:
        try:
            process = warm.free.get_nowait()
        except Empty:
            process = self._start(warm, function)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(json.loads(payload)) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:  # it could not even be imported, or it left
            error = f"{function.handler} ended with exit code {process.wait()}"
            return Answer(json.dumps({"errorMessage": error}), error)
        warm.free.put(process)
        answer = json.loads(line)
        if "error" in answer:
            return Answer(json.dumps({"errorMessage": answer["error"]}), answer["error"])
        return Answer(json.dumps(answer["result"]), None)

    def _start(self, warm: Warm, function: LambdaFunction) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(_SANDBOX), function.handler],
            cwd=warm.folder,
            env=self._environment(function),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with self._lock:
            self._processes.append(process)
        return process

    def _environment(self, function: LambdaFunction) -> dict[str, str]:
        """Return what Lambda gives, what the template says, and where AWS is: nothing else."""
        return {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_REGION": function.region,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_ENDPOINT_URL": self.endpoint_url,
            **{key: str(value) for key, value in function.environment_vars.items()},
        }
