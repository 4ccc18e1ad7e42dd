"""The command `glyphline`: its groups of commands, and how an error leaves it.

Exit codes: 0 done, 1 a check failed, 2 bad input or usage, 130 interrupted.
"""

from __future__ import annotations

import sys

import typer

from cli import config, corpus
from cli.evaluate import evaluate
from config.errors import GlyphlineError

app = typer.Typer(
    name="glyphline",
    help="Labelled images in, an approved and deployed OCR model out; nothing goes wrong silently.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(corpus.app, name="corpus")
app.add_typer(config.app, name="config")
app.command()(evaluate)


def main() -> None:
    """Run the command line; an error that was raised on purpose is one readable message, not a traceback."""
    try:
        app()
    except GlyphlineError as error:
        sys.exit(_told(str(error)))
    except ImportError as error:  # an extra that was not installed (fsspec says "Install s3fs …")
        sys.exit(_told(f"{error}. Each part installs alone: pip install 'glyphline[corpus,evaluation,s3]'"))
    except OSError as error:  # a full disk, a folder that may not be written: the message says it all
        sys.exit(_told(f"{error.filename}: {error.strerror}" if error.filename else str(error)))


def _told(message: str) -> int:
    typer.secho("error: ", fg="red", bold=True, err=True, nl=False)
    typer.echo(message, err=True)
    return 2
