"""`glyphline serve`: the server of the image, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import ModelArgument
from cli.predict import Engine


def serve(
    model: ModelArgument,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0: all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8080,
    engine: Engine = None,
) -> None:
    """Serve a model over HTTP, just as its container does.

    /ping and /invocations answer until Ctrl-C. The environment sets limits: see docs/serving.md.

    Example: `glyphline serve pid-rec/champion --port 8080`
    """
    import tempfile

    from cli.models import model_here
    from containers.common.dispatch import image_of
    from containers.runtime.serving.job import serve_artifact

    with tempfile.TemporaryDirectory() as scratch, model_here(model, Path(scratch)) as place:
        serve_artifact(place, image_of, host=host, port=port, engine=engine)
