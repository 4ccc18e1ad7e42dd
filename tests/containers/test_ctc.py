"""Decoding held against the textbook rule, and a temperature that finds back what was taken away."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from containers.runtime.ctc import decode, fit_temperature, softmax

ALPHABET = "กขคab"


def _one_hot(path: list[int]) -> np.ndarray:
    probabilities = np.full((1, len(path), len(ALPHABET) + 1), 0.02, np.float32)
    probabilities[0, np.arange(len(path)), path] = 0.9
    return probabilities


@given(st.lists(st.integers(0, len(ALPHABET)), min_size=1, max_size=20))
def test_runs_are_one_character_and_blanks_are_none(path: list[int]) -> None:
    (reading,) = decode(_one_hot(path), ALPHABET)
    runs = [one for one, _ in itertools.groupby(path)]
    assert reading.text == "".join(ALPHABET[one - 1] for one in runs if one)
    assert len(reading.characters) == len(reading.text)
    np.testing.assert_allclose(reading.confidence, 0.9 ** len(path), rtol=1e-4)


def test_a_character_scores_its_best_step() -> None:
    probabilities = _one_hot([1, 1, 0, 2])
    probabilities[0, 1, 1] = 0.97
    (reading,) = decode(probabilities, ALPHABET)
    np.testing.assert_allclose(reading.characters, [0.97, 0.9], rtol=1e-6)


def test_nothing_read_has_no_scores() -> None:
    (reading,) = decode(_one_hot([0, 0]), ALPHABET)
    assert (reading.text, reading.characters) == ("", ())


def test_the_temperature_undoes_overconfidence() -> None:
    random = np.random.default_rng(0)
    honest = [random.normal(0, 2.0, (3, 6)).astype(np.float32) for _ in range(4000)]
    chances = np.array([np.prod(softmax(one).max(axis=1)) for one in honest])
    correct = random.random(len(honest)) < chances  # by construction, confidence is what it says
    assert 0.8 < fit_temperature(honest, correct) < 1.25
    boastful = [3 * one for one in honest]
    assert 2.4 < fit_temperature(boastful, correct) < 3.75


def test_where_all_is_right_nothing_is_fitted() -> None:
    assert fit_temperature([np.zeros((2, 3), np.float32)], np.array([True])) == 1.0
