"""What every test may ask for: the real data, where this machine has it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real receipts, symbols and digits; where it is absent, the test is skipped."""
    folder = Path(os.environ.get("GLYPHLINE_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set GLYPHLINE_DATA to the folder that holds sroie/")
    return folder


@pytest.fixture(scope="module")
def store() -> Iterator[None]:
    """Run an object store, and let every client find it by the environment."""
    from moto.server import ThreadedMotoServer
    from s3fs import S3FileSystem

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setattr("boto3.DEFAULT_SESSION", None)  # it would remember another region
        S3FileSystem.clear_instance_cache()  # it would remember another store's address
        yield
        S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture(autouse=True)
def default_signals() -> Iterator[None]:
    """Begin each test as from a terminal.

    A job in the same process may have taken the signals, and a shell that starts `make test` in the
    background lets it, and all that it starts, ignore SIGINT.
    """
    numbers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in numbers.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
