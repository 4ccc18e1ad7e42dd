"""What the shell offers when Tab is pressed: names of what is there, found without heavy imports."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from config.home import home
from config.protocol import ARTIFACT_FILE, SNAPSHOT_FILE

_CONFIG = Path(__file__).parent.parent / "config"
_DRAWINGS = Path(__file__).parent.parent / "corpus" / "synthesis" / "recipes"
_RUN = "run.json"  # pipelines.local.state.RUN; a test holds the two together
_DATABASE = "mlflow.db"  # registry.mlflow.DATABASE, likewise
_HASH_DIGITS = 12
_MOST_FOLDERS = 500
"""That one press of Tab looks into."""


def families(incomplete: str) -> list[str]:
    """Return the families of `config/families/` that begin so."""
    return _beginning(incomplete, _names_in("families"))


def families_of(task: str) -> list[str]:
    """Return the families of `config/families/` whose task this is."""
    said = re.compile(rf"^task: *{re.escape(task)} *$", re.MULTILINE)
    paths = sorted((_CONFIG / "families").glob("*.yaml"))
    return [one.stem for one in paths if said.search(one.read_text(encoding="utf-8"))]


def environments(incomplete: str) -> list[str]:
    """Return the environments of `config/environments/` that begin so."""
    return _beginning(incomplete, _names_in("environments"))


def families_and_environments(incomplete: str) -> list[str]:
    """Return the names of either that begin so."""
    return [*families(incomplete), *environments(incomplete)]


def images(incomplete: str) -> list[str]:
    """Return the container images that begin so."""
    from config.images import IMAGES

    return _beginning(incomplete, IMAGES)


def schemas(incomplete: str) -> list[str]:
    """Return the kinds of settings files that begin so."""
    return _beginning(
        incomplete, [*sorted(one.stem for one in (_CONFIG / "schemas").glob("*.json")), "synthesis"]
    )


def tasks(incomplete: str) -> list[str]:
    """Return the tasks that have recipes, as far as they begin so."""
    return _beginning(incomplete, (one.name for one in (_CONFIG / "recipes").iterdir() if one.is_dir()))


def recipes(incomplete: str) -> list[str]:
    """Return the recipes of every task that begin so."""
    return _beginning(incomplete, (one.stem for one in (_CONFIG / "recipes").glob("*/*.yaml")))


def drawings(incomplete: str) -> list[str]:
    """Return the recipes for synthetic images that begin so."""
    return _beginning(incomplete, (one.stem for one in sorted(_DRAWINGS.glob("*.yaml"))))


def formats(incomplete: str) -> list[str]:
    """Return the formats of datasets that begin so."""
    from corpus.formats import names

    return _beginning(incomplete, names())


def versions(incomplete: str) -> list[str]:
    """Return the registered versions that begin so: FAMILY, FAMILY/3, FAMILY/champion, FAMILY/latest."""
    numbers: dict[str, list[int]] = {}
    for group, number in _registered():
        numbers.setdefault(group, []).append(number)
    offered = list(numbers)
    for group, known in numbers.items():
        offered += [f"{group}/{which}" for which in (*sorted(known), "champion", "latest")]
    return _beginning(incomplete, offered)


def models(incomplete: str) -> list[str]:
    """Return the registered versions, and the folders and archives of models, that begin so."""
    return [*versions(incomplete), *_beginning(incomplete, _holding(incomplete, ARTIFACT_FILE))]


def snapshots(incomplete: str) -> list[str]:
    """Return the snapshots in reach that begin so; after an @ the hashes of one."""
    folder, at, _ = incomplete.partition("@")
    if at:
        return _beginning(incomplete, (f"{folder}@{one[:_HASH_DIGITS]}" for one in _hashes(Path(folder))))
    return _beginning(incomplete, _holding(incomplete, SNAPSHOT_FILE))


def runs(incomplete: str) -> list[str]:
    """Return the runs of this machine that begin so, the newest first, then the families that have some."""
    found = sorted((home() / "runs").glob(f"[!.]*/{_RUN}"), key=lambda one: one.stat().st_mtime, reverse=True)
    ids = [one.parent.name for one in found]
    have = [one for one in _names_in("families") if any(run.startswith(f"{one}-") for run in ids)]
    return _beginning(incomplete, [*ids, *have])


def _names_in(folder: str) -> list[str]:
    return sorted(path.stem for path in (_CONFIG / folder).glob("*.yaml"))


def _beginning(incomplete: str, offered: Iterable[str]) -> list[str]:
    return [one for one in offered if one.startswith(incomplete)]


def _registered() -> list[tuple[str, int]]:
    """Return group and number of every version here; MLflow itself takes two seconds to be imported."""
    database = home() / _DATABASE
    if not database.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=1)) as opened:
            rows = opened.execute("SELECT name, version FROM model_versions ORDER BY name, version")
            return [(str(name), int(number)) for name, number in rows]
    except sqlite3.Error:  # another MLflow's database, or one that is being made: nothing is offered
        return []


def _holding(incomplete: str, mark: str) -> Iterator[str]:
    """Yield folders that hold `mark`, written as they were begun, and those on the way to others."""
    begun = incomplete.rpartition("/")[0]
    root = Path(begun or ("/" if incomplete.startswith("/") else "."))
    if "://" in incomplete or not root.is_dir():
        return
    prefix = f"{begun}/" if "/" in incomplete else ""
    for number, one in enumerate(sorted(root.iterdir())):
        if number >= _MOST_FOLDERS:
            return
        if one.name.startswith(".") or not one.is_dir():
            continue
        if (one / mark).exists():
            yield f"{prefix}{one.name}"
        elif next(one.glob(f"*/{mark}"), None) is not None:
            yield f"{prefix}{one.name}/"


def _hashes(folder: Path) -> Iterator[str]:
    try:
        yield str(json.loads((folder / SNAPSHOT_FILE).read_bytes())["hash"])
    except (OSError, ValueError, KeyError):
        return
    yield from sorted(path.stem for path in (folder / "history").glob("*.json"))
