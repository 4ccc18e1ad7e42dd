"""`glyphline config`: check and show what people edit under `config/`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.output import print_json

app = typer.Typer(help="Check and show families and environments.", no_args_is_help=True)


@app.command()
def check() -> None:
    """Read every file of `config/`; the first that is wrong is named with line and key.

    Example: `glyphline config check`
    """
    from config.environment import environment_names, load_environment
    from config.family import family_names, load_any_family

    for name in family_names():
        load_any_family(name)
        typer.echo(f"family {name}: ok")
    for name in environment_names():
        load_environment(name)
        typer.echo(f"environment {name}: ok")


@app.command()
def show(family: Annotated[str, typer.Argument(help="A name in config/families/, or a YAML file.")]) -> None:
    """Print a family with every default filled in, as JSON.

    Example: `glyphline config show pid-rec`
    """
    from config.family import load_any_family

    print_json(load_any_family(family).model_dump_json(indent=2).encode())
