"""A labeller's hands and eyes: draws, types and reads in a real browser, in pixels of the image."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Labeller:
    """Somebody at the `page` of a task."""

    page: Page

    def drag(self, start: Point, end: Point) -> None:
        """Press at one pixel of the image, let go at another; the view may be zoomed, but not turned."""
        mouse = self.page.mouse
        mouse.move(*self._on_screen(start))
        mouse.down()
        mouse.move(*self._on_screen(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)))
        mouse.move(*self._on_screen(end))
        mouse.up()

    def _on_screen(self, point: Point) -> Point:
        left, top, scale = self.page.evaluate(
            "() => { const f = document.getElementById('stage').getBoundingClientRect();"
            " return [f.left, f.top, f.width / document.getElementById('overlay').viewBox.baseVal.width] }"
        )
        return left + point[0] * scale, top + point[1] * scale

    def text(self, number: int) -> Locator:
        """Return the text field of a box; the first is 1."""
        return self.page.get_by_label(f"Text of box {number}", exact=True)

    def press(self, number: int, button: str) -> None:
        """Press a button beside the text of a box."""
        self.page.locator("#list li").nth(number - 1).get_by_role("button", name=button).click()

    def texts(self) -> list[str]:
        """Return what stands in the text fields."""
        return [str(one.input_value()) for one in self.page.locator("#list input").all()]

    def message(self) -> str:
        """Return what the page tells."""
        return self.page.locator("#message[role=alert]").text_content() or ""

    def submit(self) -> str | None:
        """Press Submit; return what the form hands to Ground Truth, None where it does not."""
        self.page.locator("#crowd-submit").click()
        said: str | None = self.page.evaluate("window.submitted ?? null")
        return said

    def label(self) -> dict[str, Any]:
        """Submit, and return the form's only field."""
        said = self.submit()
        assert said is not None, self.message()
        form = json.loads(said)
        assert list(form) == ["ocr"]
        label: dict[str, Any] = json.loads(form["ocr"])
        return label
