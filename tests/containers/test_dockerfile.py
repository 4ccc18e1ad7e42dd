"""What can be told of the images without building them; conformance.py tests a built one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from config.images import IMAGES
from config.protocol import ML_ROOT_VARIABLE
from containers.common.dispatch import JOBS, main

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "containers" / name for name in IMAGES]
LOCKS = sorted(lock for folder in FOLDERS for lock in folder.glob("requirements-*.txt"))
SAME = {"opencv-contrib-python-headless": "opencv-contrib-python", "paddlepaddle-gpu": "paddlepaddle"}
"""Builds of what the development environment has under another name."""

each_image = pytest.mark.parametrize("folder", FOLDERS, ids=IMAGES)


def instructions(folder: Path, word: str) -> list[str]:
    whole = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^#.*\n", "", (folder / "Dockerfile").read_text()))
    return [line.removeprefix(word).strip() for line in whole.splitlines() if line.startswith(f"{word} ")]


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([a-z0-9._-]+)==([^\s\\]+)", lock.read_text()))


def names(requirements: Path) -> set[str]:
    """Return what an .in file asks for, with what it includes."""
    text = requirements.read_text()
    included = re.findall(r"(?m)^-r (\S+)", text)
    own = set(re.findall(r"(?m)^([a-z0-9][a-z0-9-]*)", text))
    return own.union(*(names(requirements.parent / one) for one in included))


def copied(folder: Path) -> set[str]:
    """Return what is copied from this checkout, as the CPU's build has it."""
    words = [one.split()[:-1] for one in instructions(folder, "COPY") if not one.startswith("--from")]
    return {source.replace("${DEVICE}", "cpu") for some in words for source in some}


@each_image
def test_hadolint_finds_nothing(folder):
    hadolint = Path(sys.executable).with_name("hadolint")
    found = subprocess.run([hadolint, folder / "Dockerfile"], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


@each_image
def test_the_base_is_pinned_and_nothing_else_is_pulled(folder):
    (base,) = (one for one in instructions(folder, "ARG") if one.startswith("BASE_IMAGE="))
    assert re.fullmatch(r"BASE_IMAGE=python:3\.11\.\d+-slim-bookworm(@sha256:[0-9a-f]{64})?", base)
    stages = [one.split(" AS ") for one in instructions(folder, "FROM")]
    made = {name for _, name in (stage for stage in stages if len(stage) == 2)}
    assert {stage[0] for stage in stages} <= {"${BASE_IMAGE}", *made}


def test_what_is_copied_may_be_seen_by_the_build():
    seen = set(re.findall(r"(?m)^!(\S+)", (ROOT / ".dockerignore").read_text()))
    sources = {source for folder in FOLDERS for source in copied(folder)}
    assert {source.split("/")[0] for source in sources} == seen
    assert [source for source in sources if not (ROOT / source).exists()] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: f"{lock.parent.name}/{lock.stem}")
def test_a_lock_has_a_hash_for_each_package_and_the_versions_of_the_tests(lock):
    entries = re.findall(r"(?m)^[a-z0-9].*(?:\n    .*)*", lock.read_text())
    assert [one for one in entries if not re.search(r"==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", one)] == []
    tested = pins(ROOT / "requirements/dev.txt")
    others = {name: version for name, version in pins(lock).items() if SAME.get(name, name) not in tested}
    assert others == {} or "gpu" in lock.name  # CUDA's libraries
    assert {name: tested[SAME.get(name, name)] for name in pins(lock) if name not in others} | others == pins(
        lock
    )
    assert names(lock.with_suffix(".in")) <= pins(lock).keys()


def test_the_gpu_build_of_paddle_has_the_version_of_the_tests():
    (version,) = re.findall(
        r"(?m)^paddlepaddle-gpu==(\S+)", (ROOT / "containers/paddle/requirements-gpu.in").read_text()
    )
    assert version == pins(ROOT / "requirements/dev.txt")["paddlepaddle"]


@each_image
def test_the_image_has_what_its_packages_ask_for(folder):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    parts = project["optional-dependencies"]
    asked = [*project["dependencies"]]
    for part in ("corpus", "evaluation", "s3", folder.name, "serving"):
        asked += parts[part]
    wanted = {re.split(r"[\[>=]", one)[0] for one in asked} - {"glyphline"}
    pinned = pins(folder / "requirements-cpu.txt")
    other_names = {old: new for new, old in SAME.items() if new in pinned}
    assert {other_names.get(name, name) for name in wanted} <= pinned.keys()


@pytest.mark.parametrize("words", [[], ["trian"], ["train", "serve"], ["serve", "--port", "1"]])
def test_another_word_is_refused(words, capsys):
    assert main("paddle", words) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert all(job in told for job in JOBS)


@pytest.mark.parametrize("module", IMAGES.values())
@pytest.mark.parametrize("job", JOBS)
def test_a_job_that_lacks_all_says_so_where_sagemaker_looks(module, job, tmp_path):
    environment = {**os.environ, ML_ROOT_VARIABLE: str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", module, job]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2
    assert (tmp_path / "output/failure").read_text() in ended.stderr


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"DEVICE": "tpu"}, "scripts/lock-image.sh tpu"),
        ({"ENGINE": "no-engine"}, "'no-engine info' fails"),
    ],
)
def test_a_build_that_cannot_be_is_refused(environment, told):
    script = ROOT / "scripts/build-image.sh"
    ended = subprocess.run(["sh", script], env={**os.environ, **environment}, capture_output=True, text=True)
    assert ended.returncode == 2
    assert told in ended.stderr
