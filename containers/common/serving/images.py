"""An image of a request, opened without trust and with the same eyes as in training."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from PIL import Image

from containers.common.serving.refusals import RefusalError
from corpus.errors import ImageError
from corpus.images import open_image, orientation_of

_NAME = "the image"


@dataclass(frozen=True, slots=True)
class Opened:
    """An image, and what its sender may not know about it."""

    image: Image.Image
    warnings: tuple[str, ...]


def opened(data: bytes, max_pixels: int) -> Opened | RefusalError:
    """Return the image in `data`, or why there is none: it does not decode (422), has too many pixels (413).

    Training sees pixels as they are stored, whatever EXIF says, so serving does, too; but it says so.
    """
    try:
        image = open_image(data, _NAME, max_pixels=max_pixels)
        orientation = orientation_of(image, _NAME)
    except ImageError as error:
        problem = error.problem
        large = problem.rule == "image.too-large"
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if large else HTTPStatus.UNPROCESSABLE_ENTITY
        sentence = f"The image cannot be read: {problem.found}; expected {problem.expected}."
        return RefusalError(status, sentence)
    if orientation == 1:
        return Opened(image, ())
    warning = (
        f"EXIF says that the image is turned (orientation {orientation}), but it was read as its pixels are "
        "stored. Turn the pixels before sending it."
    )
    return Opened(image, (warning,))
