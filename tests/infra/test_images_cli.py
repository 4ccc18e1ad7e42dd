"""Images into the account: a fake docker on PATH pushes to the emulator's registry."""

import os
import stat
import sys
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner

from cli.main import app

REPOSITORY = "glyphline-dev/glyphline-paddle"
DOCKER = """#!{python}
import os, sys
import boto3

arguments = sys.argv[1:]
with open(os.environ["DOCKER_LOG"], "a") as log:
    log.write(" ".join(arguments) + "\\n")
if arguments[0] == "login":
    assert sys.stdin.read(), "a password"
if arguments[0] == "--version":
    print("Docker version 28")
if arguments[0] == "push":
    print("pushed: chatter on standard output")
    name, tag = arguments[1].split("/", 1)[1].rsplit(":", 1)
    manifest = '{{"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}}'
    boto3.client("ecr").put_image(repositoryName=name, imageManifest=manifest, imageTag=tag)
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What was said to the fake docker, which is the only engine there is."""
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER.format(python=sys.executable))
    docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{docker.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("DOCKER_LOG", str(tmp_path / "log"))
    monkeypatch.delenv("ENGINE", raising=False)
    return tmp_path / "log"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "fake")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"")  # moto's state outlives a server
    yield
    server.stop()


@pytest.mark.usefixtures("account")
def test_push_prints_the_uri_by_digest_and_never_replaces_a_version(log: Path) -> None:
    boto3.client("ecr").create_repository(repositoryName=REPOSITORY)
    first = CliRunner().invoke(app, ["images", "push"])
    assert first.exit_code == 0, first.exception
    host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
    assert first.stdout.startswith(f"{host}/{REPOSITORY}@sha256:")
    assert len(first.stdout.splitlines()) == 1
    assert f"images:\n  paddle: {first.stdout.strip().partition('@')[2]}\n" in first.stderr
    said = [line for line in log.read_text().splitlines() if line != "info"]
    local, uri = f"glyphline-paddle:{version('glyphline')}-cpu", f"{host}/{REPOSITORY}:{version('glyphline')}"
    assert said[0].startswith("login --username AWS --password-stdin ")
    assert said[1:] == [f"tag {local} {uri}", f"push {uri}"]

    again = CliRunner().invoke(app, ["images", "push"])
    assert again.stdout == first.stdout
    assert "never changes" in again.stderr
    assert log.read_text().count("push") == 1


@pytest.mark.usefixtures("account", "log")
def test_without_a_repository_the_stack_is_named() -> None:
    told = CliRunner().invoke(app, ["images", "push"])
    assert "npx cdk deploy glyphline-dev-images" in str(told.exception)


def test_build_asks_the_script(log: Path) -> None:
    done = CliRunner().invoke(app, ["images", "build", "--image", "paddle"])
    assert done.exit_code == 0, done.exception
    assert done.stdout == f"glyphline-paddle:{version('glyphline')}-cpu\n"
    assert "--file containers/paddle/Dockerfile" in log.read_text()


def test_without_an_engine_codebuild_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ENGINE", raising=False)
    told = CliRunner().invoke(app, ["images", "build", "--image", "paddle"])
    assert "Neither docker nor podman works here" in str(told.exception)
    assert "start-build --project-name glyphline-dev-image-paddle" in str(told.exception)
