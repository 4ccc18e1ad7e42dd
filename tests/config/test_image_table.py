"""The table of images: what is not in it is refused with the nearest name."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from cli.main import app
from config.errors import InputError
from config.images import IMAGES, check_image


def test_an_image_of_the_table_is_one() -> None:
    for name in IMAGES:
        check_image(name)


@pytest.mark.parametrize("command", ["build", "push"])
def test_another_is_refused_before_anything_is_built(command: str) -> None:
    told = CliRunner().invoke(app, ["images", command, "--image", "padle"]).exception
    assert isinstance(told, InputError)
    assert str(told) == "the image 'padle'; expected one of config/images.py. Did you mean 'paddle'?"
