"""The command `glyphline`: its groups of commands, and how an error leaves it.

Exit codes: 0 done, 1 a check or a training failed, 2 bad input or usage, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import errno
import signal
import sys

import typer

from cli import config, corpus, images, pipeline, registry, train
from cli.cost import cost
from cli.doctor import doctor
from cli.evaluate import evaluate
from cli.predict import predict
from cli.serve import serve
from config.errors import GlyphlineError
from containers.common.errors import TrainingError

_CHECK_FAILED, _BAD_INPUT, _INTERRUPTED = 1, 2, 130

app = typer.Typer(
    name="glyphline",
    help="Labelled images in, an approved and deployed OCR model out; nothing goes wrong silently.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(corpus.app, name="corpus")
app.add_typer(config.app, name="config")
app.add_typer(registry.app, name="registry")
app.add_typer(train.app, name="train")
app.add_typer(pipeline.app, name="pipeline")
app.add_typer(images.app, name="images")
app.command()(cost)
app.command()(doctor)
app.command()(evaluate)
app.command()(predict)
app.command()(serve)


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
