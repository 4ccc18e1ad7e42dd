"""The options and arguments that mean the same in every command, with what the shell offers for each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli import completion

FamilyOption = Annotated[
    str,
    typer.Option(
        "--family", help="A name in config/families/, or a YAML file.", autocompletion=completion.families
    ),
]
EnvironmentOption = Annotated[
    str,
    typer.Option(
        "--environment", help="A name in config/environments/.", autocompletion=completion.environments
    ),
]
AccountOption = Annotated[
    str | None,
    typer.Option(
        "--environment",
        help="In the account of this environment (config/environments/); default: on this machine.",
        autocompletion=completion.environments,
    ),
]
ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="FAMILY (its champion), FAMILY/3, FAMILY/latest, a folder, model.tar.gz or s3://…",
        show_default=False,
        autocompletion=completion.models,
    ),
]
VersionArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="FAMILY (its champion), FAMILY/3, FAMILY/champion or FAMILY/latest; in an account also an ARN.",
        show_default=False,
        autocompletion=completion.versions,
    ),
]
SnapshotArgument = Annotated[
    str,
    typer.Argument(
        metavar="SNAPSHOT",
        help="A snapshot: FOLDER, FOLDER@HASH for an earlier one, or the same in s3://.",
        show_default=False,
        autocompletion=completion.snapshots,
    ),
]
RunArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run's id, FAMILY (its latest run), or the ARN of one in an account.",
        show_default=False,
        autocompletion=completion.runs,
    ),
]
ChampionOption = Annotated[
    str | None,
    typer.Option(
        "--champion",
        help="Begin from this model: FAMILY/3, a folder, model.tar.gz or s3://…",
        autocompletion=completion.models,
    ),
]
OutFolder = Annotated[
    str, typer.Option("--out", help="The folder to make (local or s3://); nothing may be there.")
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", help="Write a self-contained HTML report here.", dir_okay=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document to standard output.")]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="The format of what is read: see `corpus formats`.",
        autocompletion=completion.formats,
    ),
]
WorkersOption = Annotated[int, typer.Option("--workers", min=0, help="Processes; 0: one for each core.")]
ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why: what the next approver and an auditor will read.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", help="A hyperparameter as NAME=VALUE, such as epochs=5; repeatable."),
]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter", "-p", help="A pipeline parameter as NAME=VALUE, such as MaxError=0.05; repeatable."
    ),
]
TokenOption = Annotated[str | None, typer.Option("--token", help="Start no second run for the same token.")]


def pairs(given: Sequence[str], option: str, taken: Sequence[str] = ()) -> dict[str, str]:
    """Return what was said as NAME=VALUE to `option`; the names in `taken` have an option of their own.

    Raises:
        BadParameter: it is not of this form, or a name stands twice.
    """
    said: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise typer.BadParameter(f"{one!r} is not NAME=VALUE", param_hint=option)
        if name in said or name in taken:
            raise typer.BadParameter(f"{name!r} is said twice", param_hint=option)
        said[name] = value
    return said
