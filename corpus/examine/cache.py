"""What was measured before, in SQLite: facts by content, and which content a file had when it was read."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import orjson

from config.errors import StateError
from corpus.examine.facts import VERSION, Facts, Fault, Measured, Measurements

_APPLICATION = 0x474C5950
"""Marks a database as ours: the application id at byte 68 (https://sqlite.org/fileformat.html), "GLYP"."""

_TABLES = """
CREATE TABLE IF NOT EXISTS files (
    folder TEXT, image TEXT, stamp TEXT NOT NULL, sha256 TEXT NOT NULL,
    PRIMARY KEY (folder, image)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (
    sha256 TEXT, region TEXT, format TEXT, mode TEXT, width INTEGER, height INTEGER, frames INTEGER,
    exif_orientation INTEGER, transparent INTEGER, blank INTEGER, fingerprint INTEGER,
    PRIMARY KEY (sha256, region)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS faults (
    sha256 TEXT, region TEXT, rule TEXT, found TEXT,
    PRIMARY KEY (sha256, region)) WITHOUT ROWID;
"""
_WAIT_S = 60.0
_RETRY_S = 0.02

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of images: the content (SHA-256) of files by path, and what was measured of contents.

    The latter by content and region in one word (`facts.WHOLE` is empty): a pair would cost more time.
    """

    contents: dict[str, str] = field(default_factory=dict)
    measured: dict[str, Measured] = field(default_factory=dict)


class Cache:
    """One open cache. Writes are short transactions, so that several examinations can share a file.

    A damaged cache is begun anew; it holds nothing that cannot be measured again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def recall(self, folder: str, stamps: Mapping[str, str | None]) -> Known:
        """Return what is known of the images below `folder`: of a file only if it still has its stamp."""

        def ask(connection: sqlite3.Connection) -> Known:
            known = Known()
            for table, kind in _KINDS:
                rows = connection.execute(
                    f"SELECT image, stamp, sha256, region, {', '.join(kind._fields)} "  # noqa: S608 - our words
                    f"FROM files CROSS JOIN {table} USING (sha256) WHERE folder = ?",
                    (folder,),
                )
                for row in rows:
                    if stamps.get(row[0]) == row[1]:
                        known.contents[row[0]] = row[2]
                    known.measured[row[2] + row[3]] = kind._make(row[4:])
            return known

        return self._safely(ask)

    def recall_contents(self, contents: Iterable[str]) -> dict[str, Measured]:
        """Return what was measured of `contents`, wherever they were seen."""
        wanted = orjson.dumps(sorted(contents)).decode()

        def ask(connection: sqlite3.Connection) -> dict[str, Measured]:
            measured: dict[str, Measured] = {}
            for table, kind in _KINDS:
                rows = connection.execute(
                    f"SELECT sha256, region, {', '.join(kind._fields)} "  # noqa: S608 - our words
                    f"FROM json_each(?) CROSS JOIN {table} ON sha256 = value",
                    (wanted,),
                )
                measured.update((row[0] + row[1], kind._make(row[2:])) for row in rows)
            return measured

        return self._safely(ask)

    def remember(self, folder: str, found: Iterable[tuple[Measurements, str | None]]) -> None:
        """Keep what was `found`, each with the stamp that its file had before it was read."""
        files: list[tuple[str, ...]] = []
        rows: dict[type[Measured], list[tuple[str | int, ...]]] = {kind: [] for _, kind in _KINDS}
        for one, stamp in found:
            if stamp is not None:
                files.append((folder, one.image, stamp, one.sha256))
            for region, measured in one.measured.items():
                rows[type(measured)].append((one.sha256, region, *measured))

        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", files)
                for table, kind in _KINDS:
                    marks = ", ".join("?" * (2 + len(kind._fields)))
                    connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows[kind])  # noqa: S608 - our words

        self._safely(write)

    def _safely(self, access: Callable[[sqlite3.Connection], ResultT]) -> ResultT:
        """Run `access`; where it finds the file damaged, delete the file and run it on a new one."""
        try:
            return access(self._connected())
        except sqlite3.OperationalError as error:
            raise StateError(f"the examination cache {self._path} failed: {error}. Name another.") from error
        except sqlite3.DatabaseError:
            self.close()
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            return access(self._connected())

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _connect(self._path)
        return self._connection


_KINDS: tuple[tuple[str, type[Facts] | type[Fault]], ...] = (("facts", Facts), ("faults", Fault))


@contextmanager
def open_cache(path: Path | None) -> Iterator[Cache | None]:
    """Open the cache at `path`, made where there is none; None gives None.

    Raises:
        StateError: the file at `path` is something else, or cannot be read or written.
    """
    if path is None:
        yield None
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _refuse_other_files(path)
    except OSError as error:
        raise StateError(f"cannot use the examination cache {path}: {error}. Name another.") from error
    cache = Cache(path)
    try:
        yield cache
    finally:
        cache.close()


def _refuse_other_files(path: Path) -> None:
    """Never delete, nor write into, a file that is not an examination cache."""
    if path.is_dir():
        raise StateError(f"{path} is a folder; name a file for the examination cache.")
    if not path.exists():
        return
    with path.open("rb") as file:
        header = file.read(72)
    ours = header[:16] == b"SQLite format 3\0" and header[68:72] == _APPLICATION.to_bytes(4)
    if header and not ours:
        raise StateError(f"{path} is not an examination cache and is left as it is. Name another file.")


def _connect(path: Path) -> sqlite3.Connection:
    """Open the file, again and again while another process makes it: SQLite does not wait for that itself.

    The change to a write-ahead log fails at once where another connection is using the file.
    """
    deadline = time.monotonic() + _WAIT_S
    while True:
        try:
            return _connect_once(path)
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # above it: why, as extended codes
            if not busy or time.monotonic() > deadline:
                raise
        time.sleep(_RETRY_S)


def _connect_once(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT_S)
    try:
        if connection.execute("PRAGMA application_id").fetchone() != (_APPLICATION,):
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
                for table in ("files", "facts", "faults"):
                    connection.execute(f"DROP TABLE IF EXISTS {table}")
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection
