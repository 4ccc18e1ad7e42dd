"""The registry on one machine: MLflow on SQLite, embedded; no server, no account.

A version's metadata are its tags, as everybody's MLflow tools show them; what else we know of it stands in
tags that begin with ``glyphline.``. The decision is one such tag, so it is written whole or not at all; the
alias ``champion`` follows it, for tools that load ``models:/GROUP@champion``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from config.errors import Problem
from config.home import home
from registry.database import alone, ensure, silence
from registry.errors import StoreError
from registry.rules import CHAMPION, champion_of, decision, no_such_group, parsed, picked, registered_by_run
from registry.versions import Approval, NewVersion, Status, Verdict, Version

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.store.entities import PagedList

_T = TypeVar("_T")

DATABASE = "mlflow.db"
_OURS = "glyphline."
_IMAGE, _EVALUATION, _CARD, _DECISION = (
    _OURS + name for name in ("image", "evaluation", "model_card", "decision")
)
_PAGE = 1000


class _Decided(BaseModel):
    """The tag of the decision."""

    status: Status
    who: str
    when: datetime
    reason: str


def _unheard(_message: str) -> None:
    pass


@dataclass(frozen=True)
class MlflowRegistry:
    """`Registry` in the SQLite file `database`; it is made when it is first written to.

    `tell` hears a sentence where something takes seconds.
    """

    database: Path
    tell: Callable[[str], None] = _unheard

    def register(self, new: NewVersion) -> Version:
        """See `Registry.register`."""
        with self._writing():
            versions = self._versions(new.group)
            known = registered_by_run(new, versions)
            if known is not None:
                return known
            if new.group not in self.groups():
                self._client.create_registered_model(new.group)
            tags = {**new.metadata, _IMAGE: new.image_uri, _EVALUATION: new.evaluation_uri}
            if new.model_card is not None:
                tags[_CARD] = new.model_card
            made = self._client.create_model_version(  # with all its tags: one transaction
                new.group, new.model_data_uri, tags=tags, description=new.description, await_creation_for=0
            )
        return _version(made)

    def groups(self) -> tuple[str, ...]:
        """See `Registry.groups`."""
        if not self.database.exists():
            return ()
        with self._reading():
            pages = _pages(
                lambda token: self._client.search_registered_models(max_results=_PAGE, page_token=token)
            )
            return tuple(sorted(one.name for page in pages for one in page))

    def versions(self, group: str) -> tuple[Version, ...]:
        """See `Registry.versions`."""
        found = self._versions(group)
        if not found and group not in (groups := self.groups()):
            raise no_such_group(group, groups)
        return found

    def version(self, reference: str) -> Version:
        """See `Registry.version`."""
        group, which = parsed(reference)
        return picked(group, which, self.versions(group))

    def champion(self, group: str) -> Version | None:
        """See `Registry.champion`."""
        return champion_of(self._versions(group))

    def decide(self, reference: str, status: Verdict, *, who: str, reason: str) -> Version:
        """See `Registry.decide`."""
        group, which = parsed(reference)
        if not self.database.exists():
            raise no_such_group(group, ())
        with self._writing():
            versions = self.versions(group)
            version = picked(group, which, versions)
            said = decision(version, status, champion_of(versions), who=who, reason=reason)
            tag = _Decided(status=status, who=said.who, when=said.when, reason=said.reason)
            number = str(version.number)
            self._client.set_model_version_tag(group, number, _DECISION, tag.model_dump_json())
            self._point_at(group, champion_of(self._versions(group)))
        return self.version(f"{group}/{number}")

    def _point_at(self, group: str, champion: Version | None) -> None:
        if champion is not None:
            self._client.set_registered_model_alias(group, CHAMPION, str(champion.number))
        else:
            self._client.delete_registered_model_alias(group, CHAMPION)

    def _versions(self, group: str) -> tuple[Version, ...]:
        if not self.database.exists():
            return ()
        with self._reading():
            pages = _pages(
                lambda token: self._client.search_model_versions(f"name = '{group}'", _PAGE, page_token=token)
            )
            found = [_version(one) for page in pages for one in page]
        return tuple(sorted(found, key=lambda one: one.number))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Keep other processes from writing meanwhile: what was checked still holds when it is written."""
        with self._reading():
            ensure(self.database, self.tell)
            with alone(self.database):
                yield

    @contextmanager
    def _reading(self) -> Iterator[None]:
        silence()
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as error:
            remedy = "See what MLflow says; 'mlflow db upgrade' mends an older one (copy the file first)."
            expected = "a database of this MLflow"
            raise StoreError(
                Problem("registry.mlflow", error.message, expected, remedy, str(self.database))
            ) from error

    @cached_property
    def _client(self) -> MlflowClient:
        from mlflow import MlflowClient

        ensure(self.database, self.tell)
        uri = f"sqlite:///{self.database}"
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def local_registry(tell: Callable[[str], None] = _unheard) -> MlflowRegistry:
    """Return the registry of this machine's own runs."""
    return MlflowRegistry(home() / DATABASE, tell)


def _pages(search: Callable[[str | None], PagedList[_T]]) -> Iterator[PagedList[_T]]:
    page = search(None)
    yield page
    while page.token:
        page = search(page.token)
        yield page


def _version(stored: ModelVersion) -> Version:
    tags = dict(stored.tags)
    decided = _Decided.model_validate_json(tags[_DECISION]) if _DECISION in tags else None
    return Version(
        group=stored.name,
        number=int(stored.version),
        arn=None,
        status=decided.status if decided else "PendingManualApproval",
        created=datetime.fromtimestamp(stored.creation_timestamp / 1000, UTC),
        model_data_uri=stored.source,
        image_uri=tags.get(_IMAGE),
        evaluation_uri=tags.get(_EVALUATION),
        metadata={key: value for key, value in tags.items() if not key.startswith((_OURS, "mlflow."))},
        model_card=tags.get(_CARD),
        description=stored.description or "",
        approval=Approval(decided.who, decided.when, decided.reason) if decided else None,
    )
