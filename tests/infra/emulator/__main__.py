"""Serve the emulator until its standard input ends: `python -m emulator`, which prints its URL."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from emulator import cloudformation, control, corrections, events, queues, resources, sagemaker, stubs
from emulator.functions import Functions
from emulator.locks import make_atomic


def main() -> None:
    """Make moto what we need, then serve it."""
    dispatcher = DomainDispatcherApplication(create_backend_app)
    functions = Functions()
    application = control.beside(dispatcher, functions)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    functions.endpoint_url = f"http://127.0.0.1:{server.server_port}"
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # not a line for every request
    corrections.install()
    resources.install()
    stubs.install()
    cloudformation.install()
    functions.install()
    events.install(functions)
    queues.install(functions)
    sagemaker.install()
    make_atomic()
    sys.stdout.write(f"{functions.endpoint_url}\n")
    sys.stdout.flush()
    threading.Thread(target=_until_left_alone, args=(server.shutdown,), daemon=True).start()
    server.serve_forever()
    functions.close()


def _until_left_alone(shutdown: Callable[[], None]) -> None:
    """Stop when whoever started this has gone, however that happened."""
    sys.stdin.read()
    shutdown()


if __name__ == "__main__":
    main()
