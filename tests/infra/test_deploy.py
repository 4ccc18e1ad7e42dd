"""The real CDK command line deploys every stack of dev, and what is deployed does what it is for."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from emulator.client import ACCOUNT, Emulator, emulator

from config.environment import load_environment
from pipelines.place import Place

ROOT = Path(__file__).parent.parent.parent
CDK = ROOT / "node_modules" / ".bin" / "cdk"
ENVIRONMENT = load_environment("dev")
PLACE = Place(ENVIRONMENT, ACCOUNT)


@dataclass(frozen=True, slots=True)
class Deployment:
    """The environment dev in an emulator, and the assembly it was deployed from."""

    aws: Emulator
    assembly: Path
    log: Path

    def cdk(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the CDK's command line; what it says is also written to the log."""
        began = time.monotonic()
        done = subprocess.run(
            [CDK, *arguments],
            cwd=ROOT,
            env=self.aws.environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        with self.log.open("a") as log:
            log.write(f"$ npx cdk {' '.join(arguments)}\n{done.stdout}{done.stderr}")
            log.write(f"exit code {done.returncode}, {time.monotonic() - began:.1f} s\n\n")
        return done


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Bootstrap the account, and deploy every stack to it."""
    if not CDK.exists():
        pytest.skip(f"no {CDK.relative_to(ROOT)}: run npm ci")
    folder = tmp_path_factory.mktemp("deployment")
    log = Path(os.environ.get("GLYPHLINE_DEPLOY_LOG") or folder / "deploy.log").absolute()
    log.write_text("")
    with (folder / "emulator.log").open("w") as said, emulator(ENVIRONMENT.region, said) as aws:
        made = Deployment(aws, folder / "cdk.out", log)
        for command in (
            ("bootstrap", f"aws://{ACCOUNT}/{ENVIRONMENT.region}"),
            (
                "deploy",
                "--all",
                "--method=direct",
                "--no-rollback",
                "--require-approval=never",
                "--context=environment=dev",
                "--no-lookups",
                f"--output={made.assembly}",
            ),
        ):
            done = made.cdk(*command)
            assert done.returncode == 0, f"{done.stdout}{done.stderr}{(folder / 'emulator.log').read_text()}"
        yield made


def test_after_deploy_nothing_differs(deployment: Deployment) -> None:
    done = deployment.cdk("diff", "--all", "--fail", f"--app={deployment.assembly}")
    assert done.returncode == 0, done.stderr
