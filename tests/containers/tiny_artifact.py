"""Make a small exported recogniser in seconds: one convolution that reads something, the same every time."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from config.tasks.recognition import Resize
from containers.common.artifact import CHARSET, Artifact, complete, versions
from containers.common.description import Description, Network, Provenance
from containers.paddle.engines import MODEL, PARAMETERS
from containers.paddle.inference_yml import inference_yml
from containers.runtime.onnx import ONNX
from corpus.charset import Charset
from tasks.detection.contract import Contract as DetectionContract
from tasks.detection.contract import PagePreprocessing
from tasks.recognition.contract import Contract, LinePreprocessing

ALPHABET = ("A", "B", "ก", "ข", " ", "\U0001d11e", "0", "1", "é")
"""Latin, Thai, a space, a character beyond the 16-bit plane."""
HEIGHT_PX, STEP_PX = 32, 8


def tiny_artifact(
    folder: Path,
    *,
    alphabet: tuple[str, ...] = ALPHABET,
    resize: Resize = "keep-ratio",
    width_px: int = 320,
    family: str = "pid-rec",
    seed: int = 1,
) -> Artifact:
    """Return a whole artifact of the Paddle image in `folder`: its readings depend on every pixel column."""
    folder.mkdir(parents=True, exist_ok=True)
    _export(folder, len(alphabet) + 1, seed)
    preprocessing = LinePreprocessing(height_px=HEIGHT_PX, width_px=width_px, resize=resize, grayscale=False)
    (folder / CHARSET).write_bytes(Charset(alphabet).to_bytes())
    (folder / "inference.yml").write_bytes(inference_yml(preprocessing, Charset(alphabet)))
    description = Description(
        family=family,
        task="recognition",
        image="paddle",
        network=Network(name="tiny"),
        contract=Contract(preprocessing=preprocessing),
        vocabulary_hash=Charset(alphabet).hash,
        provenance=_provenance(seed, cer=1.0, exact_match=0.0),
    )
    return complete(folder, description)


def tiny_detector(folder: Path) -> Artifact:
    """Return a whole artifact of a detector in `folder`: it takes what is dark for text."""
    folder.mkdir(parents=True, exist_ok=True)
    _export_detector(folder)
    pages = PagePreprocessing(tile_px=64, overlap_px=16, grayscale=True)
    description = Description(
        family="pid-det",
        task="detection",
        image="paddle",
        network=Network(name="tiny"),
        contract=DetectionContract(pages=pages),
        provenance=_provenance(1, hmean=0.5),
    )
    return complete(folder, description)


def _provenance(seed: int, **figures: float) -> Provenance:
    return Provenance(
        recipe="tiny", data="0" * 64, seed=seed, epochs=0, steps=0, figures=figures, versions=versions()
    )


def _export(folder: Path, classes: int, seed: int) -> None:
    paddle = _paddle()

    class Tiny(paddle.nn.Layer):  # type: ignore[misc]
        """Every 8 columns of pixels give one step."""

        def __init__(self) -> None:
            super().__init__()
            kernel = (HEIGHT_PX, STEP_PX)
            self.conv = paddle.nn.Conv2D(3, classes, kernel, stride=kernel)

        def forward(self, x: Any) -> Any:
            steps = self.conv(x).squeeze(2).transpose([0, 2, 1])
            return paddle.nn.functional.softmax(steps, axis=-1)

    network = Tiny()
    weights = np.random.default_rng(seed).normal(0.0, 1.0, network.conv.weight.shape)
    network.conv.weight.set_value(weights.astype(np.float32))
    _save(network, HEIGHT_PX, folder)


def _export_detector(folder: Path) -> None:
    paddle = _paddle()

    class Dark(paddle.nn.Layer):  # type: ignore[misc]
        """The darker a pixel, the more it is text."""

        def __init__(self) -> None:
            super().__init__()
            self.conv = paddle.nn.Conv2D(3, 1, 1)

        def forward(self, x: Any) -> Any:
            return self.conv(x)

    network = Dark()
    network.conv.weight.set_value(np.full((1, 3, 1, 1), -1 / 6, np.float32))
    network.conv.bias.set_value(np.full(1, 0.5, np.float32))
    _save(network, None, folder)


def _save(network: Any, height_px: int | None, folder: Path) -> None:
    paddle = _paddle()
    import paddle2onnx

    network.eval()
    shape = paddle.static.InputSpec([None, 3, height_px, None], "float32", "x")
    paddle.jit.save(network, str(folder / MODEL.removesuffix(".json")), input_spec=[shape])
    model, parameters, onnx = (str(folder / name) for name in (MODEL, PARAMETERS, ONNX))
    paddle2onnx.export(model, parameters, onnx, optimize_tool="None", verbose=False)


def _paddle() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Paddle says on import, such as that there is no ccache
        import paddle
        import paddle2onnx  # noqa: F401
    return paddle
