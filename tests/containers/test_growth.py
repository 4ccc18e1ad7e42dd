"""Continuing from a champion: every weight accounted for, old characters untouched."""

from __future__ import annotations

import numpy as np
import paddle
import pytest

from containers.common.errors import ArtifactError
from containers.common.growth import carried_over, grown_alphabet
from containers.paddle.networks import HEAD, build, recognisers
from containers.paddle.trainer import load_weights, weights_of

OLD, NEW = ("ก", "ข", "z"), "aขé"
OPTIONS = {
    "crnn-lite": {"channels": [4, 4, 4, 4], "hidden": 4},
    "crnn-mobilenetv3": {"scale": 0.25},
    "svtr-lcnet": {"scale": 0.25},
}


def test_classes_keep_their_numbers() -> None:
    assert grown_alphabet(OLD, NEW) == ("ก", "ข", "z", "a", "é")
    assert grown_alphabet((), "bab") == ("a", "b")


@pytest.mark.parametrize("name", OPTIONS)
def test_logits_of_old_characters_do_not_change_before_the_first_step(name: str) -> None:
    alphabet = grown_alphabet(OLD, NEW)
    champion = build(name, OPTIONS[name], len(OLD) + 1)
    network = build(name, OPTIONS[name], len(alphabet) + 1)
    begun, account = carried_over(
        weights_of(network), weights_of(champion), "here", head=HEAD, old=OLD, alphabet=alphabet
    )
    load_weights(network, begun)
    assert account.new_characters == ("a", "é")
    assert account.grown == ("head.bias", "head.weight")
    assert account.copied == len(begun) - 2
    champion.eval()
    network.eval()
    kind = recognisers()[name]
    image = paddle.rand([2, 3, kind.heights_px[0], 64])
    before, after = champion(image).numpy(), network(image).numpy()
    assert before.shape == (2, 64 // kind.step_px, 4)
    np.testing.assert_allclose(after[:, :, :4], before, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(after[:, :, 4], before[:, :, 1:].mean(axis=2), rtol=1e-4, atol=1e-4)


def test_a_dropped_weight_is_an_error() -> None:
    wide = build("crnn-lite", {"channels": [4, 4, 4, 8], "hidden": 4}, 4)
    narrow = build("crnn-lite", OPTIONS["crnn-lite"], 4)
    with pytest.raises(ArtifactError, match=r"is \(8,.*in the champion, \(4,"):
        carried_over(weights_of(narrow), weights_of(wide), "here")
    champion = weights_of(narrow)
    del champion["head.bias"]
    with pytest.raises(ArtifactError, match=r"head\.bias is missing in the champion"):
        carried_over(weights_of(narrow), champion, "here")
    with pytest.raises(ArtifactError, match="extra has no place in the network"):
        carried_over(weights_of(narrow), {**weights_of(narrow), "extra": np.zeros(1)}, "here")


def test_a_head_of_another_charset_is_no_growth() -> None:
    network, champion = (
        build("crnn-lite", OPTIONS["crnn-lite"], 6),
        build("crnn-lite", OPTIONS["crnn-lite"], 3),
    )
    with pytest.raises(ArtifactError, match=r"head\.weight"):
        carried_over(
            weights_of(network),
            weights_of(champion),
            "here",
            head=HEAD,
            old=OLD,
            alphabet=grown_alphabet(OLD, NEW),
        )


@pytest.mark.parametrize("axis", [0, 1])
def test_classes_may_lie_along_either_axis(axis: int) -> None:
    """Paddle keeps them in columns, others in rows."""
    old = np.arange(12, dtype=np.float32).reshape(3, 4)  # blank, a, b and c of three features
    weights = old if axis else old.T
    grown_shape = (3, 6) if axis else (6, 3)
    own = {"top": np.zeros(grown_shape, np.float32)}
    begun, _ = carried_over(own, {"top": weights}, "here", head={"top": axis}, old="abc", alphabet="abcde")
    as_columns = begun["top"] if axis else begun["top"].T
    np.testing.assert_array_equal(as_columns[:, :4], old)
    np.testing.assert_array_equal(as_columns[:, 4:], np.repeat(old[:, 1:].mean(axis=1)[:, None], 2, axis=1))
