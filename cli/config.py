"""`glyphline config`: check and show what people edit under `config/`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.output import print_json

_SYNTHESIS = "synthesis"

app = typer.Typer(help="Check and show families and environments.", no_args_is_help=True)


@app.command()
def check() -> None:
    """Read every file of `config/`; the first that is wrong is named with line and key.

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
def show(family: Annotated[str, typer.Argument(help="A name in config/families/, or a YAML file.")]) -> None:
    """Print a family with every default filled in, as JSON.

    Example: `glyphline config show pid-rec`
    """
    from config.tasks import load_family

    print_json(load_family(family).model_dump_json(indent=2).encode())


@app.command()
def schema(
    name: Annotated[str | None, typer.Argument(help="Of which kind of file; without it: list them.")] = None,
) -> None:
    """Print the JSON schema of a settings file, by which an editor completes and checks it.

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
