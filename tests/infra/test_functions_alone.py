"""Each function as it is deployed: it starts with boto3 and the files of its asset, and needs all of them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from everything import everything

FUNCTIONS = sorted(one.parent.name for one in Path("infra/functions").glob("*/handler.py"))
BOTO3 = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""With what it needs: all that Lambda has beside the standard library."""
START = """
import importlib, json, sys
module, _, name = sys.argv[1].rpartition(".")
assert callable(getattr(importlib.import_module(module), name))
print(json.dumps([name for name in sys.modules if name.partition(".")[0] == "functions"]))
"""


@pytest.fixture(scope="module")
def boto3_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages that has nothing of ours."""
    folder = tmp_path_factory.mktemp("packages")
    for name in BOTO3:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        source = Path(spec.origin)
        source = source.parent if source.name == "__init__.py" else source
        (folder / source.name).symlink_to(source)
    return folder


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_from_its_asset_alone(function: str, boto3_only: Path, tmp_path: Path) -> None:
    handler = f"functions.{function}.handler.handler"
    files = everything().functions[handler]
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-S", "-c", START, handler],
        cwd=tmp_path,
        env={"PYTHONPATH": str(boto3_only)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    folders = {name.split(".")[1] for name in json.loads(done.stdout) if "." in name}
    assert folders == {Path(name).parts[1] for name in files} - {"__init__.py"}, "a folder nobody needs"


@pytest.mark.parametrize("path", sorted(Path("infra/functions").rglob("*.py")), ids=str)
def test_no_import_reaches_beyond_what_is_bundled(path: Path) -> None:
    """Also none that is made only when it is needed."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1 or (node.level == 2 and str(node.module).split(".")[0] == "shared")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else [str(node.module)]
            assert {one.split(".")[0] for one in names} <= sys.stdlib_module_names | {"boto3", "botocore"}


def test_every_function_is_deployed() -> None:
    assert set(everything().functions) == {f"functions.{one}.handler.handler" for one in FUNCTIONS}
