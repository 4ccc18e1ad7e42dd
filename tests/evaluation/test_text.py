"""Edit counts and rates, held against values worked by hand and against jiwer."""

from __future__ import annotations

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.family import UnicodeForm
from evaluation.text import TextMetrics, add_up, measure, summarise
from evaluation.units import graphemes, words
from tasks.recognition.predictions import Prediction, collect


def metrics_of(reference: str, prediction: str, form: UnicodeForm = "NFC") -> TextMetrics:
    predictions = collect("test", [Prediction("1", reference, prediction)], form)
    return summarise(measure(predictions.references(), predictions.texts()))


@pytest.mark.parametrize(
    ("reference", "prediction", "length", "substitutions", "deletions", "insertions"),
    [
        ("RM 10.50", "RM 10.50", 8, 0, 0, 0),
        ("RM 10.50", "RM 1O.5", 8, 1, 1, 0),
        ("kitten", "sitting", 6, 2, 0, 1),
        ("abc", "", 3, 0, 3, 0),
        ("", "abc", 0, 0, 0, 3),
        ("", "", 0, 0, 0, 0),
        (" a", "a ", 2, 0, 1, 1),  # edge spaces count: a label may hold them
    ],
)
def test_edits_are_counted(
    reference: str, prediction: str, length: int, substitutions: int, deletions: int, insertions: int
) -> None:
    counts = metrics_of(reference, prediction).characters
    assert counts.reference_length == length
    assert (counts.substitutions, counts.deletions, counts.insertions) == (
        substitutions,
        deletions,
        insertions,
    )
    assert counts.hits == length - substitutions - deletions


@pytest.mark.parametrize(
    ("reference", "prediction", "form", "cer", "grapheme_cer", "wer"),
    [
        # Thai: ท ี ่ น ี ่ are 6 code points and 2 clusters; the tone mark of the first is lost
        ("ที่นี่", "ทีนี่", "NFC", 1 / 6, 1 / 2, 1.0),
        # Thai: ก ำ ล ั ง are 5 code points and 3 clusters, since sara am joins the letter before it. Sara aa
        # does not: กำ read as ก า is one code point wrong, but one cluster wrong and one too many
        ("กำลัง", "กาลัง", "NFC", 1 / 5, 2 / 3, 1.0),
        # Thai has no spaces: one wrong tone mark makes the whole phrase one wrong "word"
        ("น้ำแข็ง", "น้ำแขง", "NFC", 1 / 7, 1 / 4, 1.0),
        # Hindi: ह ि न ् द ी ␣ भ ा ष ा are 11 code points, हि न्दी ␣ भा षा 5 clusters; न ् is read as ं
        ("हिन्दी भाषा", "हिंदी भाषा", "NFC", 2 / 11, 2 / 5, 1 / 2),
        # Vietnamese: t i ế n g ␣ V i ệ t are 10 code points in NFC and 14 in NFD, and 10 clusters in both
        ("tiếng Việt", "tiêng Viêt", "NFC", 2 / 10, 2 / 10, 1.0),
        ("tiếng Việt", "tiêng Viêt", "NFD", 2 / 14, 2 / 10, 1.0),
        # the same text in two normal forms is the same text
        ("tiếng Việt", "tie\u0302\u0301ng Vie\u0323\u0302t", "NFC", 0.0, 0.0, 0.0),
        ("क़लम", "क\u093cलम", "NFC", 0.0, 0.0, 0.0),
        # … and only the compatibility forms take full-width digits for digits
        ("１２", "12", "NFC", 1.0, 1.0, 1.0),
        ("１２", "12", "NFKC", 0.0, 0.0, 0.0),
    ],
)
def test_scripts_that_combine_characters(
    reference: str, prediction: str, form: UnicodeForm, cer: float, grapheme_cer: float, wer: float
) -> None:
    metrics = metrics_of(reference, prediction, form)
    assert metrics.characters.rate == pytest.approx(cer)
    assert metrics.graphemes.rate == pytest.approx(grapheme_cer)
    assert metrics.words.rate == pytest.approx(wer)


def test_normalisation_is_counted() -> None:
    lines = [Prediction("1", "e\u0301", "é"), Prediction("2", "é", "é"), Prediction("3", "a", "a\u0301")]
    normalisation = collect("test", lines).normalisation
    assert (normalisation.changed_references, normalisation.changed_predictions) == (1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ที่นี่กำลัง", ["ที่", "นี่", "กำ", "ลั", "ง"]),
        ("क्षि", ["क्षि"]),
        ("e\u0301a", ["e\u0301", "a"]),
        ("a\r\nb", ["a", "\r\n", "b"]),
        ("👩‍👩‍👧!", ["👩‍👩‍👧", "!"]),
    ],
)
def test_grapheme_clusters(text: str, expected: list[str]) -> None:
    assert list(graphemes(text)) == expected


def test_rates_weigh_by_length_and_line_rates_do_not() -> None:
    metrics = summarise(measure(["aaaaaaaaaa", "b", "c"], ["aaaaaaaaaa", "x", "c"]))
    assert metrics.characters.rate == pytest.approx(1 / 12)
    assert metrics.mean_line_cer == pytest.approx(1 / 3)
    assert metrics.median_line_cer == 0.0
    assert (metrics.exact_matches, metrics.exact_match) == (2, pytest.approx(2 / 3))
    assert metrics.within[0] == pytest.approx(2 / 3)
    assert metrics.within[-1] == 1.0


def test_empty_references_count_as_insertions_and_not_as_lines() -> None:
    metrics = summarise(measure(["", "", "ab"], ["x", "", "ab"]))
    assert metrics.empty_references == 2
    assert metrics.characters.rate == pytest.approx(1 / 2)
    assert metrics.mean_line_cer == 0.0  # of the one line that has a rate
    nothing = summarise(measure([""], ["x"]))
    assert nothing.characters.rate is None
    assert nothing.mean_line_cer is None
    assert nothing.length_ratio is None


def test_empty_output_is_counted_where_something_is_there() -> None:
    metrics = summarise(measure(["ab", "ab", ""], ["", " ", ""]))
    assert metrics.empty_outputs == 2


@pytest.mark.parametrize(
    ("reference", "prediction", "is_loop"),
    [
        ("TOTAL", "TOTA" + 12 * "L", True),
        ("TOTAL", "TOTA" + 11 * "L", False),
        ("1", "1000000", False),  # zeros too many are a misreading …
        ("1,000,000.00", "1,000,000.000000", False),
        ("1,000,000.00", "1,000,000." + 12 * "0", True),  # … until they do not stop
        ("ab", "ab" * 6, True),
        ("ab", "ab" * 5, False),
        ("pump", "pump pump pump pump pump pump", True),
        ("pump", "pump pump pump pump pump", False),
        ("pump", "abcabcabcabcabcabcab", True),  # cut off in the middle of a repeat
        ("TOTAL ......", "TOTAL .......", False),  # a dotted line is one
        ("TOTAL " + 6 * ".", "TOTAL " + 12 * ".", False),
        ("TOTAL " + 5 * ".", "TOTAL " + 12 * ".", True),
        ("aaaaaa b", "aaaaaa b", False),
        ("", "", False),
    ],
)
def test_loops(reference: str, prediction: str, is_loop: bool) -> None:
    assert measure([reference], [prediction]).loop[0] == is_loop


class _Units(jiwer.AbstractTransform):
    """Tells jiwer what the units are; its own transforms strip and squeeze spaces."""

    def __init__(self, split: object) -> None:
        self.split = split

    def process_string(self, s: str) -> list[str]:
        return list(self.split(s))  # type: ignore[operator]


# few letters, so that repeats and ties abound, and some that combine
texts = st.text(st.sampled_from("ab cé\u0301\u0e01\u0e33\u0e48\u0915\u094d\t"), max_size=12)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=8))
def test_counts_agree_with_jiwer(pairs: list[tuple[str, str]]) -> None:
    references, predictions = [a for a, _ in pairs], [b for _, b in pairs]
    lines = measure(references, predictions)
    for edits, split in ((lines.characters, list), (lines.graphemes, graphemes), (lines.words, words)):
        theirs = jiwer.process_words(references, predictions, _Units(split), _Units(split))
        ours = add_up(edits)
        assert (ours.hits, ours.substitutions, ours.deletions, ours.insertions) == (
            theirs.hits,
            theirs.substitutions,
            theirs.deletions,
            theirs.insertions,
        )
