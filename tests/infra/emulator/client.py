"""The emulator from a test: start it, reach it with boto3 and the CDK's command line, ask it how it goes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

ACCOUNT = "123456789012"
"""The only account that moto has."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """An emulator that runs at `url`, asked about one region."""

    url: str
    region: str

    def client(self, service: str) -> Any:
        """Return boto3's client of `service` here."""
        return _client(service, self.url, self.region)

    def environment(self) -> dict[str, str]:
        """Return the variables that lead the CDK's command line here, and nowhere else."""
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION": self.url.replace(
                "127.0.0.1", "localhost"
            ),  # moto reads it
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_REGION": self.region,
            "CDK_DISABLE_CLI_TELEMETRY": "1",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
            "NODE_NO_WARNINGS": "1",
            "NO_COLOR": "1",
        }

    def settle(self) -> None:
        """Wait until no event is on its way and no function runs."""
        assert self.ask("settle"), "the emulator did not come to rest"

    def end_run(self, arn: str, status: str, step: str | None = None, reason: str | None = None) -> None:
        """Let a run of a pipeline end: nothing really runs here."""
        self.ask("end-run", arn=arn, status=status, step=step, reason=reason)

    def ask(self, action: str, **said: Any) -> Any:
        """Ask what AWS's API does not tell; see `control`."""
        body = json.dumps({"account": ACCOUNT, "region": self.region, **said}).encode()
        with urllib.request.urlopen(f"{self.url}/_emulator/{action}", body, timeout=150) as answer:
            return json.load(answer)


@cache
def _client(service: str, url: str, region: str) -> Any:
    import boto3

    key = {"aws_access_key_id": "emulated", "aws_secret_access_key": "emulated"}
    return boto3.client(service, region_name=region, endpoint_url=url, **key)


@contextmanager
def emulator(region: str, log: IO[str]) -> Iterator[Emulator]:
    """Run an emulator in a process of its own; what it and the functions say goes to `log`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator"],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url, f"the emulator did not start: see {log.name}"
        yield Emulator(url, region)
    finally:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()
