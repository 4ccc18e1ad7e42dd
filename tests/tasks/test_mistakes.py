"""What a recogniser mistakes for what: confusions, the worst lines, aligned texts."""

from __future__ import annotations

import csv
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from evaluation.text import measure
from tasks.recognition.mistakes import Confusion, Mistakes, align, find_mistakes
from tasks.recognition.predictions import Prediction, collect


def mistakes_of(*pairs: tuple[str, str]) -> Mistakes:
    lines = [Prediction(str(n), a, b, confidence=0.5 + n / 10) for n, (a, b) in enumerate(pairs)]
    predictions = collect("test", lines)
    return find_mistakes(predictions, measure(predictions.references(), predictions.texts()))


def test_confusions_by_hand() -> None:
    found = mistakes_of(
        ("1O0", "100"), ("OO", "00"), ("burn", "bum"), ("a b", "ab"), ("ab", "abc"), ("ที่", "ที")
    )
    assert found.confusions == (
        Confusion("O", "0", 3, ("0", "1")),
        Confusion("", "c", 1, ("4",)),
        Confusion(" ", "", 1, ("3",)),
        Confusion("rn", "m", 1, ("2",)),
        Confusion("ที่", "ที", 1, ("5",)),
    )
    characters = {one.character: one for one in found.characters}
    assert (characters["O"].occurrences, characters["O"].substituted, characters["O"].error_rate) == (
        3,
        3,
        1.0,
    )
    assert (characters["c"].occurrences, characters["c"].inserted, characters["c"].error_rate) == (0, 1, None)
    assert characters["b"].error_rate == 0.0


def test_worst_and_surest_lines() -> None:
    found = mistakes_of(("abc", "abc"), ("abc", "xyz"), ("abc", "xbc"))
    assert [(line.id, line.errors) for line in found.worst] == [("1", 3), ("2", 1)]
    assert [(line.id, line.confidence) for line in found.sure] == [("2", 0.7), ("1", 0.6)]


@given(st.text("aab é\u0e01\u0e33\u0e48", max_size=10), st.text("aab é\u0e01\u0e33\u0e48", max_size=10))
def test_aligned_pieces_add_up_to_both_texts(reference: str, prediction: str) -> None:
    pieces = align(reference, prediction)
    assert "".join(piece.reference for piece in pieces) == reference
    assert "".join(piece.prediction for piece in pieces) == prediction
    assert all((piece.kind == "equal") == (piece.reference == piece.prediction) for piece in pieces)


def test_real_receipts_with_one_known_mistake(shared_data: Path) -> None:
    texts: list[str] = []
    for path in sorted((shared_data / "sroie" / "box").glob("*.csv"))[:40]:
        with path.open(encoding="utf-8") as file:
            texts += [
                ",".join(cells[8:]) for cells in csv.reader(file, quoting=csv.QUOTE_NONE) if len(cells) > 8
            ]
    zeros = sum(text.count("0") for text in texts)
    assert zeros > 100
    lines = [Prediction(str(n), text, text.replace("0", "O")) for n, text in enumerate(texts)]
    predictions = collect("receipts", lines)
    measured = measure(predictions.references(), predictions.texts())
    assert measured.characters.errors.sum() == measured.characters.substitutions.sum() == zeros
    found = find_mistakes(predictions, measured)
    assert [(one.reference, one.prediction, one.count) for one in found.confusions] == [("0", "O", zeros)]
