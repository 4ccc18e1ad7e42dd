"""An image of a request, opened without trust and with the same eyes as in training."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http import HTTPStatus

from PIL import Image

from containers.runtime.serving.refusals import RefusalError
from corpus.errors import ImageError
from corpus.images import open_image, orientation_of

_NAME = "the image"


class Allowance:
    """The pixels that the images of one request may have together; threads may share it."""

    def __init__(self, pixels: int) -> None:
        self._left = pixels
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """How many pixels are not taken yet."""
        return self._left

    def take(self, pixels: int) -> bool:
        """Take so many, or none where fewer are left; tell whether they were taken."""
        with self._lock:
            enough = pixels <= self._left
            self._left -= pixels if enough else 0
            return enough


@dataclass(frozen=True, slots=True)
class Encoded:
    """The file of an image, and what it may take of its request's pixels."""

    data: bytes
    allowance: Allowance


@dataclass(frozen=True, slots=True)
class Opened:
    """An image, and what its sender may not know about it."""

    image: Image.Image
    warnings: tuple[str, ...]


def opened(encoded: Encoded, max_pixels: int) -> Opened | RefusalError:
    """Return the image, or why there is none: it does not decode (422), has too many pixels (413).

    Training sees pixels as they are stored, whatever EXIF says, so serving does, too; but it says so.
    """
    left = encoded.allowance.left
    try:
        image = open_image(encoded.data, _NAME, max_pixels=min(max_pixels, left))
        orientation = orientation_of(image, _NAME)
    except ImageError as error:
        problem = error.problem
        large = problem.rule == "image.too-large"
        if large and left < max_pixels:
            return _beyond(problem.found)
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if large else HTTPStatus.UNPROCESSABLE_ENTITY
        sentence = f"The image cannot be read: {problem.found}; expected {problem.expected}."
        return RefusalError(status, sentence)
    if not encoded.allowance.take(image.width * image.height):  # another thread was faster
        return _beyond(f"{image.width} x {image.height} pixels")
    if orientation == 1:
        return Opened(image, ())
    warning = (
        f"EXIF says that the image is turned (orientation {orientation}), but it was read as its pixels are "
        "stored. Turn the pixels before sending it."
    )
    return Opened(image, (warning,))


def _beyond(found: str) -> RefusalError:
    sentence = f"The image has {found}, more than the images of its request have left. Send fewer at once."
    return RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
