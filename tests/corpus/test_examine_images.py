"""Whatever bytes an image file holds, measuring them gives facts or a fault, and never an exception."""

from __future__ import annotations

import numpy as np
import pytest
from examined import encoded, picture
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from corpus.examine.facts import WHOLE, Facts, Fault, Region, measure

COLOUR = picture(3).convert("RGB")
FILES = {
    "PNG": encoded(COLOUR),
    "16-bit": encoded(Image.fromarray(np.asarray(picture(3), np.uint16) * 257), transparency=5),
    "palette": encoded(COLOUR.quantize(8), transparency=0),
    "alpha": encoded(Image.merge("LA", (picture(3), picture(4)))),
    "JPEG": encoded(COLOUR, "JPEG"),
    "CMYK": encoded(COLOUR.convert("CMYK"), "JPEG"),
    "GIF": encoded(COLOUR, "GIF", save_all=True, append_images=[COLOUR.rotate(180)]),
    "TIFF": encoded(COLOUR, "TIFF", compression="tiff_lzw"),
    "WEBP": encoded(COLOUR, "WEBP"),
    "BMP": encoded(COLOUR, "BMP"),
}
REGIONS = [
    Region(((1, 1), (30, 2), (29, 20), (2, 19)), turnable=True),
    Region(((5, 5),), turnable=True),
    Region((), turnable=True),
    Region(((0, 0), (1e9, 0), (1e9, 1e9), (0, 1e9)), turnable=True),
]


@pytest.mark.parametrize("kind", FILES)
def test_a_whole_file_gives_facts_of_the_page_and_its_regions(kind: str) -> None:
    measured = measure(FILES[kind], REGIONS)
    page, region = measured[WHOLE], measured[REGIONS[0].key]
    assert isinstance(page, Facts)
    assert (page.width, page.height) == COLOUR.size
    assert not page.blank
    assert isinstance(region, Facts)
    assert (region.width, region.height) == (29, 18)
    assert region.mode == page.mode
    assert isinstance(measured[REGIONS[1].key], Fault)
    assert isinstance(measured[REGIONS[2].key], Fault)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_a_harmed_file_gives_facts_or_a_fault(kind: str, data: st.DataObject) -> None:
    harmed = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(0, 3))):
        harmed[data.draw(st.integers(0, len(harmed) - 1))] = data.draw(st.integers(0, 255))
    del harmed[data.draw(st.integers(0, len(harmed))) :]
    measured = measure(bytes(harmed), REGIONS)
    assert set(measured) == {WHOLE, *(region.key for region in REGIONS)}
    if isinstance(measured[WHOLE], Fault):
        assert set(measured.values()) == {measured[WHOLE]}


@given(st.binary(max_size=64))
def test_anything_else_is_a_fault(data: bytes) -> None:
    assert isinstance(measure(data)[WHOLE], Fault)


def test_nearly_uniform_is_blank_and_faint_text_is_not() -> None:
    paper = np.full((32, 100), 200, np.uint8)
    noisy, faint = paper.copy(), paper.copy()
    noisy[::3, ::5] -= 4
    faint[10:20, 10:12] -= 30
    blank, text = (measure(encoded(Image.fromarray(pixels)))[WHOLE] for pixels in (noisy, faint))
    assert isinstance(blank, Facts)
    assert blank.blank
    assert isinstance(text, Facts)
    assert not text.blank
