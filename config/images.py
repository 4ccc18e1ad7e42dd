"""Every container image and the Python module that it runs: ``python -m MODULE JOB``.

An image `x` is built from `containers/x/Dockerfile`; a new one takes one line here.
"""

from __future__ import annotations

from config.errors import InputError, Problem, did_you_mean

IMAGES: dict[str, str] = {
    "paddle": "containers.paddle",
}


def check_image(name: str) -> None:
    """Refuse an image that does not exist.

    Raises:
        InputError: it does not.
    """
    if name not in IMAGES:
        remedy = did_you_mean(name, IMAGES)
        raise InputError(Problem("image.unknown", f"the image {name!r}", "one of config/images.py", remedy))
