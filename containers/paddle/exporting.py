"""Write a trained network as files that run without its code: Paddle's inference model, and ONNX."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import paddle

from containers.paddle.engines import MODEL, PARAMETERS
from containers.paddle.networks.fusing import fused
from containers.runtime.onnx import ONNX


def write_model(network: paddle.nn.Layer, shape: Sequence[int | None], folder: Path) -> None:
    """Write `network`, as it answers outside training, into `folder`; `shape` has None where it varies."""
    import paddle2onnx

    network.eval()
    spec = paddle.static.InputSpec(list(shape), "float32", "x")
    paddle.jit.save(fused(network), str(folder / Path(MODEL).stem), input_spec=[spec])
    # its default optimiser installs packages from the network while it runs
    with _captured(), tempfile.TemporaryDirectory(dir=folder) as scratch:
        partial = Path(scratch) / ONNX
        paddle2onnx.export(
            str(folder / MODEL),
            str(folder / PARAMETERS),
            str(partial),
            opset_version=17,
            optimize_tool="None",
        )
        partial.rename(folder / ONNX)


@contextlib.contextmanager
def _captured() -> Iterator[None]:
    """Keep what native code prints meanwhile, and show it only if that code fails."""
    with tempfile.TemporaryFile() as printed:
        kept = [os.dup(1), os.dup(2)]
        sys.stdout.flush()
        for number in (1, 2):
            os.dup2(printed.fileno(), number)
        try:
            yield
        except BaseException:
            printed.seek(0)
            os.write(kept[1], printed.read())
            raise
        finally:
            for number, old in zip((1, 2), kept, strict=True):
                os.dup2(old, number)
                os.close(old)
