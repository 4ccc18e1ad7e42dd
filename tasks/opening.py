"""An image that a model is asked about, opened without trust and with the same eyes as in training."""

from __future__ import annotations

from PIL import Image

from config.errors import Problem
from corpus.errors import ImageError
from corpus.images import open_image, orientation_of
from tasks.base import Allowance, Opened, Raw
from tasks.errors import RequestError

TOO_LARGE, TOGETHER_TOO_LARGE = "image.too-large", "image.together-too-large"
"""Rules: an image alone has too many pixels, or with those that share its allowance."""


def open_image_of(raw: Raw, allowance: Allowance) -> Opened[Image.Image]:
    """Return the image of `raw`, its pixels as they are stored.

    Training sees them so, whatever EXIF says, and so does whoever asks; a warning says where EXIF turns them.

    Raises:
        RequestError: there is no image.
        ImageError: it does not decode, or has more pixels than `allowance` leaves.
    """
    if raw.image is None:
        problem = Problem("request.no-image", "no image", "one", "Send it as image.", raw.name)
        raise RequestError(problem)
    left = allowance.left
    try:
        image = open_image(raw.image, raw.name, max_pixels=min(allowance.pixels, left))
    except ImageError as error:
        if error.problem.rule == TOO_LARGE and left < allowance.pixels:
            raise _together(error.problem.found, raw.name) from error
        raise
    orientation = orientation_of(image, raw.name)
    if not allowance.take(image.width * image.height):  # another thread was faster
        raise _together(f"{image.width} x {image.height} pixels", raw.name)
    if orientation == 1:
        return Opened(image)
    warning = (
        f"EXIF says that the image is turned (orientation {orientation}), but it was read as its pixels are "
        "stored. Turn the pixels before sending it."
    )
    return Opened(image, (warning,))


def _together(found: str, name: str) -> ImageError:
    expected = "no more than the images of its request have left"
    return ImageError(Problem(TOGETHER_TOO_LARGE, found, expected, "Send fewer at once.", name))
