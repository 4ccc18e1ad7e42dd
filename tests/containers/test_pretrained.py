"""Published weights: made here in PaddleX's form, taken over, and refused where they are others."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import paddle
import pytest
from safetensors.numpy import save_file

from config.errors import ConfigError
from containers.common.errors import ArtifactError
from containers.common.pretrained import fetched
from containers.paddle.networks import build
from containers.paddle.networks.svtr_lcnet import SvtrLcnet, definition_of
from containers.paddle.pretrained import begun_from
from containers.paddle.trainer import load_weights, weights_of

SCALE = 0.25


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, paddle.nn.Layer]:
    """PaddleX's own network with random weights, and its safetensors file."""
    network = definition_of(SCALE, head_out_channels=30)
    network.eval()
    transposed = set(network.get_transpose_weight_keys())
    tensors = {
        name: np.ascontiguousarray(value.numpy().T if name in transposed else value.numpy())
        for name, value in network.get_hf_state_dict().items()
    }
    path = tmp_path_factory.mktemp("published") / "model.safetensors"
    save_file(tensors, path)
    return path, network


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_features_are_the_published_networks(published: tuple[Path, paddle.nn.Layer]) -> None:
    path, theirs = published
    ours = build("svtr-lcnet", {"scale": SCALE}, 12)
    before = weights_of(ours)
    begun = begun_from(before, fetched(str(path), _sha256(path).upper()), "svtr-lcnet", str(path))
    load_weights(ours, begun)
    ours.eval()
    assert isinstance(ours, SvtrLcnet)
    image = paddle.rand([1, 3, 48, 96])
    np.testing.assert_allclose(
        ours.encoder(ours.model(image)).numpy(), theirs.head.encoder(theirs.model(image)).numpy(), rtol=1e-4
    )
    np.testing.assert_array_equal(begun["head.weight"], before["head.weight"])


def test_another_file_is_refused(published: tuple[Path, paddle.nn.Layer], tmp_path: Path) -> None:
    path, _ = published
    with pytest.raises(ArtifactError, match="a file whose SHA-256 is"):
        fetched(str(path), "0" * 64)
    with pytest.raises(ArtifactError, match="it cannot be read"):
        fetched(str(tmp_path / "absent.safetensors"), "0" * 64)
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"no tensors")
    with pytest.raises(ArtifactError, match="no safetensors file"):
        fetched(str(other), _sha256(other))


def test_weights_of_another_network_are_refused(published: tuple[Path, paddle.nn.Layer]) -> None:
    path, _ = published
    tensors = fetched(str(path), _sha256(path))
    wider = weights_of(build("svtr-lcnet", {"scale": 0.5}, 12))
    with pytest.raises(ArtifactError, match="weights that do not fit, first"):
        begun_from(wider, tensors, "svtr-lcnet", "here")
    with pytest.raises(ConfigError, match="for the network 'crnn-lite'"):
        begun_from({}, tensors, "crnn-lite", "here")
