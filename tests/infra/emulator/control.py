"""What a test asks of the emulator beside AWS's API: paths below `/_emulator/`, JSON in and out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from emulator import events, queues, sagemaker, stubs
from emulator.functions import Functions

_PREFIX = "/_emulator/"
_IDLE_S = 120


def beside(application: Any, functions: Functions) -> Callable[..., Iterable[bytes]]:
    """Return a WSGI application that is `application`, and below the prefix this one."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(_PREFIX):
            return application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = _answer(path.removeprefix(_PREFIX), json.loads(body or b"{}"), functions)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    return serve


def _answer(action: str, said: dict[str, Any], functions: Functions) -> Any:
    where = (said.get("account", ""), said.get("region", ""))
    if action == "settle":
        return _settled(functions, *where)
    if action == "invocations":
        return [asdict(one) for one in functions.invocations]
    if action == "undelivered":
        return events.UNDELIVERED
    if action == "stubs":
        return sorted(stubs.USED)
    if action == "tick":
        return events.tick(*where, functions)
    if action == "end-run":
        sagemaker.end_run(*where, said["arn"], said["status"], said.get("step"), said.get("reason"))
        return None
    raise LookupError(action)


def _settled(functions: Functions, account: str, region: str) -> bool:
    """Wait until nothing is queued and nothing runs; say whether that came."""
    quiet, until = 0, time.monotonic() + _IDLE_S
    while time.monotonic() < until:
        still = functions.work.idle and queues.waiting(account, region) == 0
        quiet = quiet + 1 if still else 0
        if quiet == 3:
            return True
        time.sleep(0.03)
    return False
