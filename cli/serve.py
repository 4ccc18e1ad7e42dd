"""`glyphline serve`: the server of the image, on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.predict import ArtifactArgument, Engine


def serve(
    artifact: ArtifactArgument,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0: all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8080,
    engine: Engine = None,
) -> None:
    """Serve a trained model of any task as its container does: /ping and /invocations, until Ctrl-C.

    The environment sets limits: see docs/serving.md.

    Example: `glyphline serve model/ --port 8080`
    """
    from containers.common.dispatch import image_of
    from containers.runtime.serving.job import serve_artifact

    serve_artifact(artifact, image_of, host=host, port=port, engine=engine)
