"""The local registry's database: made whole or not at all, by one process at a time."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.errors import Problem
from registry.errors import StoreError

_HEADER = b"SQLite format 3\0"


def silence() -> None:
    """Keep MLflow and alembic from phoning home and chattering; to be called before MLflow is imported."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def ensure(database: Path, tell: Callable[[str], None]) -> None:
    """Make the database where there is none; `tell` hears of it, since that takes seconds.

    Raises:
        StoreError: there is a file that is no SQLite database.
    """
    if not database.exists():
        database.parent.mkdir(parents=True, exist_ok=True)
        with alone(database):
            if not database.exists():
                tell(f"Making the registry {database}: once, some seconds …")
                _make(database)
    with open(database, "rb") as file:
        start = file.read(len(_HEADER))
    if start != _HEADER:  # MLflow would try to open it for two minutes
        remedy = "Move it away; a new one is made."
        problem = Problem("registry.database", "no SQLite database", "one", remedy, str(database))
        raise StoreError(problem)


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """Wait until no other process writes, and keep others waiting; ends with the process, however it ends."""
    with open(database.with_name(f".{database.name}.lock"), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(database: Path) -> None:
    silence()
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    partial = database.with_name(f".{database.name}.partial")
    for left in (partial, partial.with_name(f"{partial.name}-journal")):  # of a process that was killed
        left.unlink(missing_ok=True)
    store = SqlAlchemyStore(f"sqlite:///{partial}", str(database.with_name("mlartifacts")))  # type: ignore[no-untyped-call]
    store.engine.dispose()
    partial.replace(database)
