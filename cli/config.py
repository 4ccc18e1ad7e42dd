"""`glyphline config`: list, make, check and show what people edit under `config/`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import completion
from cli.options import AsJson
from cli.output import print_json, print_table, tell_next

_SYNTHESIS = "synthesis"

app = typer.Typer(help="Families and environments: list, make, check, show.", no_args_is_help=True)


@app.command(name="list")
def list_(as_json: AsJson = False) -> None:
    """List families and environments, with what each is for.

    Example: `glyphline config list`
    """
    from config.environment import environment_names, load_environment
    from config.tasks import family_names, load_family

    families = [load_family(name) for name in family_names()]
    environments = [load_environment(name) for name in environment_names()]
    if as_json:
        import json

        rows = {
            "families": [
                {
                    "family": one.family,
                    "task": one.task,
                    "image": one.training.image,
                    "recipe": one.training.recipe,
                    "description": one.description,
                }
                for one in families
            ],
            "environments": [
                {
                    "environment": one.environment,
                    "account": one.account,
                    "region": one.region,
                    "families": list(one.families),
                }
                for one in environments
            ],
        }
        print_json(json.dumps(rows, indent=2, ensure_ascii=False).encode())
        return
    of_families = (
        (one.family, one.task, one.training.image, one.training.recipe, one.description) for one in families
    )
    _tell("families", ("family", "task", "image", "recipe", "what it is for"), of_families)
    of_environments = (
        (one.environment, one.account or "whose you are", one.region, ", ".join(one.families))
        for one in environments
    )
    _tell("environments", ("environment", "account", "region", "families"), of_environments)
    if families:
        tell_next("config", "show", families[0].family)


@app.command()
def new(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.yaml",
            help="The file to write; the family has its name. Nothing may be there.",
            show_default=False,
        ),
    ],
    task: Annotated[
        str,
        typer.Option(help="What its models do, such as recognition.", autocompletion=completion.tasks),
    ],
    image: Annotated[
        str | None, typer.Option(help="Which image trains it; default: the task's first.")
    ] = None,
) -> None:
    """Write a family's file for a task, with comments to go by.

    In config/families/ the family is known by its name; a file elsewhere is named by its path.

    Example: `glyphline config new config/families/meter-rec.yaml --task recognition`
    """
    from cli.config_new import write_family

    write_family(file, task, image)
    typer.echo(f"{file}: a family for {task}; change what it says, then check it")
    tell_next("config", "show", file)


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A family or an environment by its name, or a family's YAML file.",
            show_default=False,
            autocompletion=completion.families_and_environments,
        ),
    ],
) -> None:
    """Print a family or an environment as JSON, every default filled in.

    Example: `glyphline config show pid-rec`
    """
    from config.environment import environment_names, load_environment
    from config.tasks import family_names, load_family

    is_environment = name in environment_names() and name not in family_names()
    found: Any = load_environment(name) if is_environment else load_family(name)
    print_json(found.model_dump_json(indent=2).encode())


@app.command()
def check() -> None:
    """Read every file of config/; the first that is wrong is named.

    Its line and key are, too.

    Example: `glyphline config check`
    """
    from config.environment import environment_names, load_environment
    from config.tasks import TASKS, family_names, load_family, recipes_of

    for task in TASKS:
        for recipe in recipes_of(task):
            typer.echo(f"recipe {task}/{recipe.recipe}: ok")
    for name in family_names():
        load_family(name)
        typer.echo(f"family {name}: ok")
    for name in environment_names():
        load_environment(name)
        typer.echo(f"environment {name}: ok")


@app.command()
def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="Of which kind of file; without it: list them.",
            show_default=False,
            autocompletion=completion.schemas,
        ),
    ] = None,
) -> None:
    """Print the JSON schema by which an editor checks such a file.

    Example: `glyphline config schema family`
    """
    from config import schemas
    from config.errors import InputError, Problem, did_you_mean

    known = sorted([*schemas.NAMES, _SYNTHESIS])
    if name is None:
        typer.echo("\n".join(known))
        return
    if name not in known:
        found = f"the schema {name!r}"
        raise InputError(Problem("schema.unknown", found, "one that is there", did_you_mean(name, known)))
    if name == _SYNTHESIS:
        from corpus.synthesis.recipe import Recipe

        made = schemas.schema_of(Recipe)
    else:
        made = schemas.schema(name)
    typer.echo(schemas.as_text(made), nl=False)


def _tell(title: str, columns: tuple[str, ...], rows: Any) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        last = number == len(columns) - 1
        table.add_column(column, no_wrap=not last, overflow="fold" if last else "ellipsis")
    for row in rows:
        table.add_row(*map(escape, row))
    print_table(table)
