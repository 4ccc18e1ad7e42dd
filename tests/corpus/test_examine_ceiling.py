"""The ceiling: the failure that started this project is refused with its number, and the number is exact."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from fractions import Fraction
from pathlib import Path

import orjson
from examined import Line, encoded, examined, finding, picture, reader
from hypothesis import given, settings
from hypothesis import strategies as st

from config.tasks import load_family
from config.tasks.recognition import Recognition, RecognitionFamily
from corpus.examine.summary import summary_lines
from corpus.sample import Split

CONSONANTS = [chr(code) for code in range(0x0E01, 0x0E2F)]  # 46
VOWELS = ["\u0e31", "\u0e34", "\u0e35", "\u0e36", "\u0e37", "\u0e38", "\u0e39"]
TONES = ["\u0e48", "\u0e49", "\u0e4a", "\u0e4b"]  # in the dictionary only as part of clusters


def thai_recognition() -> Recognition:
    family = load_family("thai-rec")
    assert isinstance(family, RecognitionFamily)
    return family.recognition


def the_dictionary() -> str:
    """Return 881 entries, 720 of them clusters of two or three code points, as the failed project had."""
    clusters = [consonant + vowel for consonant in CONSONANTS for vowel in VOWELS]
    clusters += [c + v + t for c, v, t in itertools.product(CONSONANTS, VOWELS[:3], TONES[:3])]
    single = CONSONANTS + VOWELS
    single += [chr(code) for code in range(0x4E00, 0x4E00 + 161 - len(single))]
    return "".join(f"{entry}\n" for entry in [*single, *clusters[:720]])


def the_labels(count: int, *, readable: int) -> list[str]:
    """Return labels of one to three clusters; all but the first `readable` hold a tone mark."""
    pairs = itertools.cycle(itertools.product(CONSONANTS, VOWELS))
    clusters = ["".join("".join(next(pairs)) for _ in range(1 + i % 3)) for i in range(count)]
    return [text if i < readable else text + TONES[i % 4] for i, text in enumerate(clusters)]


def test_the_failure_that_started_this_project_is_refused_with_its_ceiling(tmp_path: Path) -> None:
    charset = tmp_path / "th_dict.txt"
    charset.write_text(the_dictionary(), encoding="utf-8")
    too_long = ["กิ" * 6 + "ก", "กิ" * 7]  # 13 and 14 code points, at most 12
    stutter = ["ก" * 7]  # 13 steps for 7 code points; 48 px give 12
    lines = [Line(text) for text in [*the_labels(97, readable=20), *too_long, *stutter]]
    lines += [Line(text, "val") for text in the_labels(50, readable=9)]
    recognition = thai_recognition().model_dump(exclude={"charset"})
    thai = reader(charset, recognition=recognition, min_ceiling=0.99)

    found = examined(tmp_path, lines, thai)

    assert not found.passed
    train, val, both = found.ceilings
    assert (val.split, val.reachable, val.samples, val.share) == ("val", 9, 50, 0.18)
    assert val.lost == {"charset": 41}
    assert (train.reachable, train.samples) == (20, 100)
    assert train.lost == {"charset": 77, "too-long": 2, "too-few-steps": 1}
    assert (both.reachable, both.samples) == (29, 150)
    entries = finding(found, "charset.several-code-points")
    assert entries is not None
    assert len(entries.occurrences) == 720
    assert entries.occurrences[0].line == 162
    assert found.charset.entries == 881
    assert found.charset.encodable == 161
    refused = finding(found, "ceiling.too-low")
    assert refused is not None
    assert "val: at best 18.0 % exact match (9 of 50 samples)" in {
        one.found.split(";")[0] for one in refused.occurrences
    }
    assert any("18.0 %" in line for line in summary_lines(found))
    assert orjson.loads(found.as_json())["ceilings"][1]["share"] == 0.18


def test_the_derived_charset_would_have_worked(tmp_path: Path) -> None:
    recognition = thai_recognition().model_dump()
    lines = [Line(text) for text in the_labels(60, readable=20)]
    lines += [
        Line(text, "val", data=encoded(picture(1000 + i)))
        for i, text in enumerate(the_labels(50, readable=9))
    ]
    found = examined(tmp_path, lines, reader(recognition=recognition))
    assert [ceiling.share for ceiling in found.ceilings] == [1.0, 1.0, 1.0]
    assert found.passed


texts = st.text("aab\u0e48😀", max_size=10)
splits = st.sampled_from(("train", "val", "test", "golden"))
samples = st.lists(st.tuples(texts, splits, st.integers(0, 5)), min_size=1, max_size=25)
IMAGES = [encoded(picture(seed)) for seed in range(5)] + [b"broken"]


@settings(max_examples=60, deadline=None)
@given(samples)
def test_the_ceiling_is_what_the_best_model_scores(drawn: list[tuple[str, Split, int]]) -> None:
    """Compare with a model that knows, for each image, the one answer that is right most often."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "charset.txt").write_text("a\nb\n\u0e48\nab\n", encoding="utf-8")
        lines = [Line(text, split, data=IMAGES[image], name=f"{image}.png") for text, split, image in drawn]
        small = reader(folder / "charset.txt", recognition={"width_px": 32, "max_text_length": 6})
        found = examined(folder, lines, small)

    def learnable(text: str, image: int) -> bool:
        repeats = sum(a == b for a, b in itertools.pairwise(text))
        fits = 0 < len(text) <= 6 and len(text) + repeats <= 8
        return image < 5 and fits and set(text) <= set("ab\u0e48")

    for split in ("train", "val", "test", "golden", "all"):
        chosen = [(text, image) for text, of, image in drawn if split in (of, "all")]
        answers = Counter((image, text) for text, image in chosen if learnable(text, image))
        right = sum(max(n for (of, _), n in answers.items() if of == i) for i in {of for of, _ in answers})
        reached = [(c.reachable, c.samples) for c in found.ceilings if c.split == split]
        assert reached == ([(right, len(chosen))] if chosen else [])


def test_the_last_label_that_fits_is_not_lost(tmp_path: Path) -> None:
    sixteen_steps = ["a" * 8 + "b", "aabbaabbaabb", "abababababab"]  # 16, 18 and 12 steps needed
    lines = [Line(text) for text in sixteen_steps]
    assert examined(tmp_path, lines).ceilings[0].lost == {"too-few-steps": 1}


def test_a_ceiling_is_never_rounded_up() -> None:
    from corpus.examine.examination import Ceiling

    assert Ceiling("val", 7459, 7458, {}).percent == "99.9 %"
    assert Ceiling("val", 100, 57, {}).percent == "57.0 %"
    assert Ceiling("val", 3, 3, {}).percent == "100.0 %"
    assert Fraction(Ceiling("val", 4, 1, {}).share) == Fraction(1, 4)
