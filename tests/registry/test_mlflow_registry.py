"""The local registry as processes treat it: started at once, killed, handed a file that is no database."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from registering import GROUP, new, request

from registry.errors import StoreError
from registry.mlflow import MlflowRegistry

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")

REGISTER = """
import json, sys
from pathlib import Path
from registry.mlflow import MlflowRegistry
from registry.versions import NewVersion
registry = MlflowRegistry(Path(sys.argv[1]), lambda sentence: print(sentence, file=sys.stderr))
request = json.loads(sys.argv[2])
for run in sys.argv[3:]:
    request["CustomerMetadataProperties"]["run"] = run
    print(registry.register(NewVersion.from_request(request)).reference, flush=True)
"""


def registering(database: Path, *runs: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", REGISTER, str(database), json.dumps(request("r")), *runs]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_make_one_registry_and_one_version_of_a_run(tmp_path: Path) -> None:
    database = tmp_path / "home" / "mlflow.db"
    database.parent.mkdir()
    (database.parent / ".mlflow.db.partial").write_bytes(b"left by a process that was killed")
    both = [registering(database, "same", own) for own in ("one", "other")]
    told = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert [out.split()[0] for out, _ in told] == ["pid-rec/1", "pid-rec/1"]
    assert MlflowRegistry(database).versions(GROUP)[0].run == "same"
    assert {one.run for one in MlflowRegistry(database).versions(GROUP)} == {"same", "one", "other"}
    said = "".join(err for _, err in told)
    assert said.count("Making the registry") == 1
    assert len(said.splitlines()) == 1, said  # nor does MLflow chatter


def test_a_killed_process_leaves_no_half_version(blank: Path, tmp_path: Path) -> None:
    database = Path(shutil.copy(blank, tmp_path / "mlflow.db"))
    process = registering(database, *(f"r{number}" for number in range(500)))
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    registry = MlflowRegistry(database)
    versions = registry.versions(GROUP)
    assert 1 <= len(versions) < 500
    for number, one in enumerate(versions):
        assert one.number == number + 1
        assert one.metadata == {**new("r").metadata, "run": f"r{number}"}
        assert one.model_card == '{"model_overview": {}}'
    assert registry.register(new("after")).number == len(versions) + 1  # nothing is locked, either


def test_the_alias_follows_the_approval(local: MlflowRegistry) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient(f"sqlite:///{local.database}")
    local.register(new("r1"))
    local.register(new("r2"))
    for reference, expected in (("pid-rec/1", 1), ("pid-rec/2", 2), ("pid-rec/1", 1)):
        local.decide(reference, "Approved", who="ada", reason="better")
        assert client.get_model_version_by_alias(GROUP, "champion").version == expected
    local.decide("pid-rec/1", "Rejected", who="ada", reason="worse")
    assert client.get_model_version_by_alias(GROUP, "champion").version == 2
    local.decide("pid-rec/2", "Rejected", who="ada", reason="worse")
    with pytest.raises(MlflowException, match="alias champion not found"):
        client.get_model_version_by_alias(GROUP, "champion")


def test_to_read_makes_no_database(tmp_path: Path) -> None:
    registry = MlflowRegistry(tmp_path / "home" / "mlflow.db")
    assert registry.groups() == ()
    assert registry.champion(GROUP) is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    database.write_text("somebody's notes")
    for ask in (lambda one: one.groups(), lambda one: one.register(new("r1"))):
        with pytest.raises(StoreError, match=re.escape(str(database)) + ": no SQLite database"):
            ask(MlflowRegistry(database))
    assert database.read_text() == "somebody's notes"


def test_neither_mlflow_nor_boto3_is_imported_before_it_is_needed() -> None:
    code = (
        "import registry.mlflow, registry.sagemaker, registry.protocol, containers.common.tracking, sys;"
        "sys.exit(', '.join({'mlflow', 'boto3', 'botocore', 'sqlalchemy'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")
