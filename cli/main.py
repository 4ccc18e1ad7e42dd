"""The command `glyphline`: its groups of commands, and how an error leaves it.

Exit codes: 0 done, 1 a check or a training failed, 2 bad input or usage, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import errno
import signal
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from cli import config, corpus, images, pipeline, registry
from cli.cost import cost
from cli.doctor import doctor
from cli.evaluate import evaluate
from cli.predict import predict
from cli.serve import serve
from cli.train import train
from config.errors import GlyphlineError
from containers.common.errors import TrainingError

_CHECK_FAILED, _BAD_INPUT, _INTERRUPTED = 1, 2, 130

_DAILY, _NOUNS, _AROUND = "Every day", "Things, and what is done to them", "Around it"


def _panel_of(command: Any) -> str:
    return str(command.rich_help_panel)


class _InOrder(TyperGroup):
    """Lists nouns before what is around them, where Typer lists every command before every group."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names as the help shows them."""
        panels = [_DAILY, _NOUNS, _AROUND]
        return sorted(self.commands, key=lambda name: panels.index(_panel_of(self.commands[name])))


app = typer.Typer(
    name="glyphline",
    cls=_InOrder,
    help="Labelled data in, an approved and deployed model out; nothing goes wrong silently.",
    epilog="Each command's --help has an example. Tab completes names: glyphline --install-completion.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command(rich_help_panel=_DAILY, context_settings={"allow_extra_args": True})(train)
app.command(rich_help_panel=_DAILY)(predict)
app.command(rich_help_panel=_DAILY)(evaluate)
app.command(rich_help_panel=_DAILY)(serve)
app.add_typer(corpus.app, name="corpus", rich_help_panel=_NOUNS)
app.add_typer(pipeline.app, name="pipeline", rich_help_panel=_NOUNS)
app.add_typer(registry.app, name="registry", rich_help_panel=_NOUNS)
app.add_typer(config.app, name="config", rich_help_panel=_NOUNS)
app.add_typer(images.app, name="images", rich_help_panel=_NOUNS)
app.command(rich_help_panel=_AROUND)(doctor)
app.command(rich_help_panel=_AROUND)(cost)


_EXTRAS = {
    "evaluation": ("jiwer", "matplotlib", "rapidfuzz", "regex", "shapely"),
    "infra": ("aws_cdk", "constructs"),
    "pipelines": ("sagemaker",),
    "paddle": ("cv2", "onnxruntime", "paddle", "paddle2onnx", "paddlex"),
    "registry": ("alembic", "boto3", "botocore", "mlflow", "sqlalchemy"),
    "serving": ("httptools", "starlette", "uvicorn", "uvloop"),
}


def main() -> None:
    """Run the command line; an error that was raised on purpose is one readable message, not a traceback."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        app()
    except SystemExit as leaving:
        if leaving.code == _INTERRUPTED:
            typer.echo("interrupted; nothing is left half-written", err=True)
        raise
    except GlyphlineError as error:
        failed = isinstance(error, TrainingError)
        sys.exit(_told(str(error), _CHECK_FAILED if failed else _BAD_INPUT))
    except ImportError as error:  # an extra that was not installed
        extra = next((extra for extra, names in _EXTRAS.items() if error.name in names), "corpus")
        extra = "s3" if "s3fs" in str(error) else extra
        sys.exit(_told(f"{error}: this needs the extra {extra!r} (pip install '.[{extra}]')."))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            places = "--out, the checkpoints or the temporary folder"
            sys.exit(_told(f"no space is left on the disk of {places}. Make room."))
        sys.exit(_told(f"{error.filename}: {error.strerror}" if error.filename else str(error)))


def _terminated(signal_number: int, _frame: object) -> None:
    """Leave as on Ctrl-C when a container or `timeout` says so: what was begun is cleared away."""
    sys.exit(128 + signal_number)


def _told(message: str, code: int = _BAD_INPUT) -> int:
    typer.secho("error: ", fg="red", bold=True, err=True, nl=False)
    typer.echo(message, err=True)
    return code
