"""The command line synthesises dev as a person would, validated; cfn-lint reads every template."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from everything import everything

ROOT = Path(__file__).parents[2]
CDK = ROOT / "node_modules" / ".bin" / "cdk"
IGNORED = {
    "W3005": "CDK says that a function comes after its role, which the reference to it says, too",
}


def _alone() -> list[str]:
    """Return what runs a command without a network, where the kernel lets us."""
    alone = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True).returncode:
        return []
    return alone


@pytest.mark.skipif(not CDK.exists(), reason="npm ci has not been run: no cdk")
def test_dev_is_synthesised_without_aws_docker_and_network(tmp_path: Path) -> None:
    """The CLI's own validation fails it on errors (cdk.json); of a warning it would say so."""
    kept = {key: os.environ[key] for key in ("HOME", "LANG") if key in os.environ}
    node = Path(str(shutil.which("node"))).parent
    environment = kept | {
        "PATH": f"{node}:/usr/bin:/bin",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "DOCKER_HOST": "tcp://127.0.0.1:1",
    }
    out = tmp_path / "cdk.out"
    app = f"{sys.executable} app.py"
    command = [str(CDK), "synth", "--no-lookups", "--quiet", "--context", "environment=dev", "--app", app]
    run = subprocess.run(
        [*_alone(), *command, "--output", str(out)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    said = run.stdout + run.stderr
    assert run.returncode == 0, said
    assert "warning" not in said.lower()
    stacks = [path.name.split(".")[0] for path in out.glob("*.template.json")]
    assert "glyphline-dev-storage" in stacks
    assert all(one.startswith("glyphline-dev-") for one in stacks)


def test_cfn_lint_finds_nothing(templates: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """What is newer than cfn-lint says so where it stands (`infra.lint`)."""
    files = []
    for name, some in (("prod", templates), ("everything", everything().templates)):
        for stack, template in some.items():
            files.append(tmp_path / f"{name}-{stack}.json")
            files[-1].write_text(json.dumps(template))
    command = [Path(sys.executable).with_name("cfn-lint"), "--regions", "eu-central-1"]
    command += ["--ignore-checks", *IGNORED, "--", *files]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
