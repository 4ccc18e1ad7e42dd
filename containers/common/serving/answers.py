"""What the model makes of a batch of images, and how one answer is told as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from PIL import Image

from containers.common.ctc import Reading
from containers.common.serving.images import Encoded, opened
from containers.common.serving.refusals import RefusalError

_DECIMALS = 4


class Model(Protocol):
    """Anything that reads images, such as `containers.common.recogniser.Recogniser`."""

    @property
    def version(self) -> str:
        """Which model it is, told with every answer."""

    def read(self, images: Iterable[Image.Image]) -> Sequence[Reading]:
        """Return what each image says, if there is any.

        Each is decoded when it is asked for: whoever lets go of one before the next holds one page, not all.
        """


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands in an image, by which model, and what its sender should know."""

    reading: Reading
    version: str
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return what is sent: probabilities with four decimals, one for each code point of the text."""
        scores = zip(self.reading.text, self.reading.characters, strict=True)
        content: dict[str, Any] = {
            "text": self.reading.text,
            "confidence": round(self.reading.confidence, _DECIMALS),
            "characters": [{"character": one, "score": round(score, _DECIMALS)} for one, score in scores],
            "model_version": self.version,
        }
        return content | {"warnings": self.warnings} if self.warnings else content


def answers(model: Model, max_pixels: int, images: Sequence[Encoded]) -> list[Answer | RefusalError]:
    """Return an answer for each of `images`, or why it is refused; one spoils no other."""
    found: list[tuple[str, ...] | RefusalError] = []  # the warnings of those that are read

    def decoded() -> Iterator[Image.Image]:
        for encoded in images:
            one = opened(encoded, max_pixels)
            if isinstance(one, RefusalError):
                found.append(one)
            else:
                found.append(one.warnings)
                yield one.image
            del one  # before the next is decoded

    readings = iter(model.read(decoded()))
    return [
        one if isinstance(one, RefusalError) else Answer(next(readings), model.version, one) for one in found
    ]
