"""Containers for the conformance test, each a name that is gone in the end, and a client for their server."""

from __future__ import annotations

import http.client
import json
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self

HOST = "127.0.0.1"
READY_S = 60.0
ENDED_S = 120.0


def container_engine() -> str | None:
    """Return `docker` or `podman`, the first that works, or None."""
    for name in ("docker", "podman"):
        if shutil.which(name) and subprocess.run([name, "info"], capture_output=True).returncode == 0:
            return name
    return None


class Containers:
    """Starts containers of one image; leaving the context removes those that are there."""

    def __init__(self, engine: str | None, image: str) -> None:
        if engine is None:
            raise SystemExit("error: neither docker nor podman works here (docs/images.md)")
        self._engine = engine
        self._image = image
        self._names: list[str] = []
        self._numbers = count()
        self._flags = shlex.split(os.environ.get("RUN_FLAGS", ""))
        """More flags for each container, where a machine needs them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._names:
            self._call("rm", "--force", *self._names)

    def about(self) -> str:
        """Return which engine it is."""
        return self._call("--version").stdout.strip()

    def size_gb(self) -> float:
        """Return the size of the image, unpacked."""
        found = self._call("image", "inspect", "--format", "{{.Size}}", self._image)
        if found.returncode:
            raise SystemExit(f"error: there is no image {self._image}. Build it: make images")
        return int(found.stdout) / 1e9

    def start(self, *flags: str, words: Sequence[str] = ()) -> str:
        """Start a container; return its name.

        Raises:
            SystemExit: the engine could not.
        """
        name = f"glyphline-conformance-{os.getpid()}-{next(self._numbers)}"
        self._names.append(name)
        started = self._call("run", "--detach", "--name", name, *self._flags, *flags, self._image, *words)
        if started.returncode:
            raise SystemExit(f"error: {started.args} failed: {started.stderr}")
        return name

    def wait(self, name: str) -> int:
        """Return the exit code when the container has ended; one that does not end is killed (137)."""
        try:
            self._call("wait", name, timeout_s=ENDED_S)
        except subprocess.TimeoutExpired:
            self.kill(name, "KILL")
        return int(self._call("wait", name).stdout)

    def kill(self, name: str, signal: str) -> None:
        """Send a signal to the container's first process."""
        self._call("kill", "--signal", signal, name)

    def log(self, name: str) -> str:
        """Return all that the container printed."""
        told = self._call("logs", name)
        return told.stdout + told.stderr

    def output(self, name: str) -> str:
        """Return what the container printed to standard output."""
        return self._call("logs", name).stdout

    @contextmanager
    def serving(self, *flags: str, port: int = 8080) -> Iterator[Served]:
        """Start a server that listens on `port`, and make that a free port of this machine."""
        with socket.socket() as free:
            free.bind((HOST, 0))
            outside = free.getsockname()[1]
        name = self.start("--publish", f"{HOST}:{outside}:{port}", *flags, words=("serve",))
        yield Served(name, outside)
        self.kill(name, "KILL")

    def _call(self, *words: str, timeout_s: float | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self._engine, *words], capture_output=True, text=True, timeout=timeout_s)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0: nothing did."""

    status: int
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """Return the body's JSON object, empty where there is none."""
        return dict(json.loads(self.body)) if self.status == 200 else {}


@dataclass(frozen=True, slots=True)
class Begun:
    """A request of which a half has been sent."""

    connection: http.client.HTTPConnection
    rest: bytes = field(repr=False)

    def finish(self) -> int:
        """Send the rest; return the status, 0 where no answer came."""
        try:
            self.connection.send(self.rest)
            return self.connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            self.connection.close()


@dataclass(frozen=True, slots=True)
class Served:
    """A server in a container."""

    name: str
    port: int

    def get(self, path: str) -> Answer:
        """Ask for `path`."""
        return self._ask("GET", path)

    def post(self, body: bytes, content_type: str) -> Answer:
        """Ask for a reading."""
        return self._ask("POST", "/invocations", body, {"Content-Type": content_type})

    def begin(self, body: bytes, content_type: str) -> Begun:
        """Send the head and half of the body of a request for a reading."""
        connection = self._connection()
        connection.putrequest("POST", "/invocations")
        connection.putheader("Content-Type", content_type)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[: len(body) // 2])
        return Begun(connection, body[len(body) // 2 :])

    def wait_until_ready(self) -> list[int]:
        """Ask `/ping` until it answers 200; return the statuses before that (0: nobody listened).

        Raises:
            TimeoutError: that took too long.
        """
        statuses = []
        end_s = time.monotonic() + READY_S
        while (status := self.get("/ping").status) != 200:
            statuses.append(status)
            if time.monotonic() > end_s:
                raise TimeoutError(f"no model after {READY_S} s; /ping answered {set(statuses)}")
            time.sleep(0.1)
        return statuses

    def _ask(self, method: str, path: str, body: bytes | None = None, headers: Any = None) -> Answer:
        connection = self._connection()
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.read())
        except (OSError, http.client.HTTPException):
            return Answer(0)
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self.port, timeout=60)
