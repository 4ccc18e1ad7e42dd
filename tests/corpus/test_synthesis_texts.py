"""Labels keep to their grammar: alphabet, normal form, order of marks, shape of tags."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.synthesis.recipe import TextSettings, load_recipe, recipe_names
from corpus.synthesis.texts import hindi, receipts, tags, thai, vietnamese
from corpus.synthesis.texts.compose import alphabet_of, compose

LINE_RECIPES = [name for name in recipe_names() if load_recipe(name).text is not None]
SIZE = r'(\d+(-\d/\d)?|\d/\d)"'
TAG_SHAPES = {
    "instrument": r"(\d{2}-)?[A-Z]{2,5}-\d{3,5}[A-D]?",
    "line": rf"({SIZE}|DN\d{{2,3}})-[A-Z0-9]{{1,3}}-\d{{3,5}}-[A-K]\d[A-T](-[A-Z]{{1,2}})?",
    "equipment": r"[A-Z]{1,2}-\d{3,5}(A|B|A/B|A/B/C)?",
    "size": rf"{SIZE}(x{SIZE})?|DN\d{{2,3}}|Ø\d{{2,3}}",
    "reference": r"((TO|FROM) [A-Z]{1,2}-\d{3,5}[ABC/]*)|((DWG\. )?(\d{2}-)?(PID|PFD|ISO)-\d{4,5}-\d{2,3})",
}
RECEIPT_SHAPES = {
    "price": r"[-(*@$.]?([A-Z]{1,3} )?(RM|@ |X |\d+ ?[X@] ?)?[\d,]*\.?\d{2,3}[)*%-]?( ?[A-Z$%]{1,3})?",
    "count": r"\d{1,4}([Xx%).]| [Xx]| [A-Z$%]{1,3})?",
    "moment": r"([^:#]+?(:|: |  ?: | |\.: | NO: | No\. : | # |#: ))?.*\d.*",
}
seeds = st.integers(0, 2**64)


@pytest.mark.parametrize("name", LINE_RECIPES)
@given(seed=seeds)
@settings(max_examples=50, deadline=None)
def test_a_label_is_written_in_its_alphabet_in_nfc_and_without_stray_spaces(name: str, seed: int) -> None:
    text = load_recipe(name).text
    assert text is not None
    label = compose(text, random.Random(seed)).text
    assert set(label) <= alphabet_of(text)
    assert unicodedata.is_normalized("NFC", label)
    assert label
    assert label == " ".join(label.split())


@pytest.mark.parametrize("kind", TAG_SHAPES)
@given(seed=seeds)
@settings(max_examples=100, deadline=None)
def test_a_tag_has_the_shape_of_its_kind(kind: str, seed: int) -> None:
    tag = tags.KINDS[kind](random.Random(seed))
    assert re.fullmatch(TAG_SHAPES[kind], tag), tag


@pytest.mark.parametrize("kind", RECEIPT_SHAPES)
@given(seed=seeds)
@settings(max_examples=100, deadline=None)
def test_a_line_of_a_receipt_has_the_shape_of_its_kind(kind: str, seed: int) -> None:
    text = receipts.KINDS[kind](random.Random(seed))
    assert re.fullmatch(RECEIPT_SHAPES[kind], text), text


def test_the_lines_of_receipts_reach_every_character_and_every_part_is_filled() -> None:
    rng = random.Random(0)
    texts = [write(rng) for write in receipts.KINDS.values() for _ in range(2_000)]
    assert set("".join(texts)) == receipts.ALPHABET
    assert not [text for text in texts if re.search(r"\{[a-z]+\d*\}", text)]


def test_a_label_in_capitals_says_what_the_line_shows_in_any_case() -> None:
    text = load_recipe("receipts").text
    assert text is not None
    labels = [compose(text, random.Random(seed)) for seed in range(200)]
    assert all(label.said == label.text.upper() for label in labels)
    assert any(label.said != label.text for label in labels)


@given(seed=seeds)
def test_an_instrument_is_named_by_isa_5_1(seed: int) -> None:
    letters = tags.instrument_letters(random.Random(seed))
    assert letters[1:] in tags.FUNCTIONS[letters[0]]


@given(seed=seeds, count=st.integers(1, 3))
def test_thai_clusters_are_consonants_with_stacked_marks(seed: int, count: int) -> None:
    text = thai.clusters(random.Random(seed), count)
    cluster = "[ก-ฮ]([ิีืุู]?[่้]?|[ึ็ั์๊๋])"
    assert re.fullmatch(f"({cluster}){{{count}}}", text), text


@given(seed=seeds)
@settings(max_examples=100)
def test_thai_marks_never_stand_alone_or_out_of_order(seed: int) -> None:
    text = thai.words(random.Random(seed), 4)
    assert not re.search("(^|[ ะาเแโใไๆฯ0-9๐-๙])[ัิีึืุู็-๎]", text), text  # a mark without a consonant
    assert not re.search("[่-๋][ัิีึืุู็]", text), text  # a tone before its vowel
    assert not re.search("[เแโใไ]([^ก-ฮ]|$)", text), text  # a leading vowel that leads nothing


@given(seed=seeds)
@settings(max_examples=100)
def test_devanagari_signs_follow_a_letter_that_may_carry_them(seed: int) -> None:
    text = hindi.words(random.Random(seed), 4)
    assert not re.search("(^|[ ।,?-])[ा-्ँंः़]", text), text
    assert not re.search(f"{hindi.VIRAMA}([^क-ह]|$)", text), text  # a virama joins two consonants
    assert not re.search("[अ-औ][ा-ौ]", text), text  # no vowel sign on a vowel


@pytest.mark.parametrize(
    ("parts", "spelled"),
    [
        (("ng", "ươ", "i", "\u0300"), "người"),
        (("c", "ê", "t", "\u0301"), "kết"),
        (("ng", "i", "a", "\u0303"), "nghĩa"),
        (("gi", "i", "", "\u0300"), "gì"),
        (("gi", "iê", "ng", "\u0301"), "giếng"),
        (("qu", "uy", "", "\u0301"), "quý"),
        (("qu", "uyê", "n", "\u0300"), "quyền"),
        (("h", "oa", "", "\u0300"), "hòa"),
        (("t", "oa", "n", "\u0301"), "toán"),
        (("", "yê", "u", ""), "yêu"),
        (("t", "yê", "n", ""), "tiên"),
        (("m", "u", "a", "\u0300"), "mùa"),
    ],
)
def test_vietnamese_is_spelled_by_the_rules(parts: tuple[str, str, str, str], spelled: str) -> None:
    assert vietnamese.syllable(*parts) == spelled


def test_every_vietnamese_letter_with_every_tone_is_reached() -> None:
    rng = random.Random(0)
    assert set("".join(vietnamese.words(rng, 6) for _ in range(8_000))) == vietnamese.ALPHABET


def test_balance_gives_rare_characters_more_often() -> None:
    plain = TextSettings(grammar="tags", kinds={"instrument": 1, "line": 1, "equipment": 1})
    balanced = plain.model_copy(update={"balance": 16})
    shares = []
    for text in (plain, balanced):
        rng = random.Random(1)
        counts = Counter("".join(compose(text, rng).text for _ in range(1500)))
        shares.append(sum(counts[c] for c in "JKQXY") / counts.total())
    assert shares[1] > 1.2 * shares[0]
