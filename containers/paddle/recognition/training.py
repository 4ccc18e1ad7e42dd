"""Train a recogniser from data to artifact: grow, learn, calibrate, export, prove."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import paddle

from config.errors import ConfigError, Problem
from config.family import Family
from containers.common import artifact as artifacts
from containers.common.artifact import Artifact
from containers.common.data import open_data
from containers.common.entry import Stop
from containers.common.errors import JobError
from containers.common.preprocessing import Preprocessing, preprocessing_of
from containers.common.progress import Tell
from containers.paddle import networks
from containers.paddle.engines import open_engine
from containers.paddle.hyperparameters import Hyperparameters
from containers.paddle.inference_yml import inference_yml
from containers.paddle.inputs import Inputs
from containers.paddle.pretrained import begun_from, fetched
from containers.paddle.recipe import Recipe
from containers.paddle.recognition.export import calibrate, export, prove
from containers.paddle.recognition.growth import carried_over, grown_alphabet
from containers.paddle.recognition.lines import Lines, load_lines
from containers.paddle.recognition.task import Distillation, RecognitionTask, labels_of
from containers.paddle.trainer import Outcome, Setup, load_weights, train, weights_of
from corpus.charset import Charset
from corpus.snapshot import Snapshot

IMAGE = "paddle"
WEIGHTS = "weights.npz"
_STEPS_FOR_TWO = 2
"""Characters for three time steps: more of them hardly fit, with the blanks between equal ones."""


@dataclass(frozen=True, slots=True)
class _Material:
    """What a training is made of."""

    family: Family
    recipe: Recipe
    settings: Hyperparameters
    data: Snapshot
    replay: Snapshot | None
    champion: Artifact | None
    alphabet: tuple[str, ...]

    @property
    def preprocessing(self) -> Preprocessing:
        return preprocessing_of(self.family.recognition, grayscale=self.recipe.grayscale)

    @property
    def identity(self) -> str:
        """What a checkpoint must agree with."""
        parts = (
            self.family.model_dump_json(),
            self.recipe.model_dump_json(),
            self.settings.model_dump_json(),
            self.data.description.hash,
            self.replay.description.hash if self.replay else "",
            self.champion.version if self.champion else "",
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def train_recogniser(
    family: Family, recipe: Recipe, settings: Hyperparameters, inputs: Inputs, stop: Stop, tell: Tell
) -> Artifact | None:
    """Train, export and prove a recogniser; its artifact lies in ``inputs.out`` then.

    Returns None if it was told to stop; a checkpoint is in ``inputs.checkpoints`` then.

    Raises:
        InputError: data, champion or recipe cannot be used.
        TrainingError: training diverged or learnt nothing, or the export is not the trained network.
    """
    _check_geometry(family, recipe)
    _refuse_idle(settings, inputs)
    with tempfile.TemporaryDirectory(prefix="glyphline-") as folder:
        scratch = Path(folder)
        material = _gather(family, recipe, settings, inputs, scratch)
        how = material.preprocessing
        paddle.seed(settings.seed)
        network = networks.build(recipe.network, recipe.options, len(material.alphabet) + 1)
        distillation = _start(network, material)
        sources = [one for one in (material.data, material.replay) if one is not None]
        lines = load_lines([material.data], "train", how, scratch)
        old = load_lines([material.replay], "train", how, scratch) if material.replay else None
        val = load_lines(sources, "val", how, scratch)
        _say(f"lines: {len(lines):,} new, {len(old) if old else 0:,} to replay, {len(val):,} to validate on")
        optimisation = settings.optimisation(recipe, continuing=material.champion is not None)
        task = RecognitionTask(
            train=lines,
            val=val,
            old=old,
            replay=settings.replay_ratio,
            alphabet=material.alphabet,
            labels=_labels(lines, old, material.alphabet),
            longest_joined=_longest_joined(how, family),
            batch_size=optimisation.batch_size,
            seed=settings.seed,
            augmentation=recipe.augmentation,
            distillation=distillation,
        )
        setup = Setup(
            optimisation,
            settings.seed,
            inputs.checkpoints,
            material.identity,
            settings.checkpoint_interval_s,
            find_rate=settings.find_learning_rate,
        )
        outcome = train(network, task, setup, stop, tell)
        if not outcome.finished or not outcome.leads:
            return None
        return _deliver(network, val, material, outcome, inputs)


def _gather(
    family: Family, recipe: Recipe, settings: Hyperparameters, inputs: Inputs, scratch: Path
) -> _Material:
    data = open_data(inputs.data, family, scratch / "data")
    replay = open_data(inputs.replay, family, scratch / "replay") if inputs.replay else None
    champion = None
    old: Sequence[str] = ()
    if inputs.model is not None:
        champion = artifacts.open_artifact(inputs.model, scratch)
        champion.require(family=family.family, image=IMAGE)
        old = champion.charset.entries
    characters = set(data.charset.entries) | set(replay.charset.entries if replay else ())
    return _Material(
        family, recipe, settings, data, replay, champion, grown_alphabet(old, sorted(characters))
    )


def _check_geometry(family: Family, recipe: Recipe) -> None:
    if recipe.task != "recognition":
        found = f"the recipe {recipe.recipe!r}, which trains for {recipe.task}"
        raise ConfigError(Problem("recipe.task", found, "one for recognition", "Use 'crnn-lite'."))
    kind = networks.kind_of(recipe.network)
    asked = family.recognition
    if asked.height_px not in kind.heights_px or asked.step_px != kind.step_px:
        found = f"family {family.family!r}: height_px {asked.height_px}, step_px {asked.step_px}"
        expected = f"height_px {' or '.join(map(str, kind.heights_px))}, step_px {kind.step_px}"
        remedy = f"The network {recipe.network!r} has these; change the family, or its training.recipe."
        raise ConfigError(Problem("recipe.geometry", found, expected, remedy))


def _refuse_idle(settings: Hyperparameters, inputs: Inputs) -> None:
    """Refuse what was asked for and would have no effect."""
    if inputs.model is not None and settings.pretrained is not None:
        found, remedy = "a champion and pretrained weights", "Leave out one of the two."
        raise JobError(Problem("job.two-beginnings", found, "one thing to begin from", remedy))
    if inputs.model is None and settings.distillation:
        found = f"distillation {settings.distillation:g} without a champion"
        remedy = "Add the channel 'model' (--champion), or leave distillation out."
        raise JobError(Problem("job.distillation", found, "a champion to stay close to", remedy))


def _start(network: paddle.nn.Layer, material: _Material) -> Distillation | None:
    """Give `network` the champion's weights, if any; return how to stay with its answers, if asked."""
    champion, settings = material.champion, material.settings
    if champion is None:
        if settings.pretrained is not None and settings.pretrained_sha256 is not None:
            published = fetched(settings.pretrained, settings.pretrained_sha256)
            name, uri = material.recipe.network, settings.pretrained
            load_weights(network, begun_from(weights_of(network), published, name, uri))
            _say(f"beginning from {uri}: {len(published):,} weights, the head anew")
        return None
    old = champion.charset.entries
    with np.load(champion.file(WEIGHTS), allow_pickle=False) as archive:
        weights = {name: archive[name] for name in archive.files}
    place = str(champion.folder)
    begun, account = carried_over(weights_of(network), weights, old, material.alphabet, place)
    load_weights(network, begun)
    _say(f"continuing from {champion.version}: {account}")
    if not settings.distillation:
        return None
    teacher = networks.build(material.recipe.network, material.recipe.options, len(old) + 1)
    load_weights(teacher, weights)
    teacher.eval()
    return Distillation(teacher, len(old) + 1, settings.distillation)


def _longest_joined(how: Preprocessing, family: Family) -> int:
    """Return how many characters fit well into the time steps of lines that are stretched to one width."""
    steps = how.width_px // family.recognition.step_px
    return _STEPS_FOR_TWO * steps // 3 if how.resize == "stretch" else 0


def _labels(lines: Lines, old: Lines | None, alphabet: Sequence[str]) -> list[np.ndarray]:
    return labels_of(lines, alphabet) + (labels_of(old, alphabet) if old else [])


def _deliver(
    network: paddle.nn.Layer, val: Lines, material: _Material, outcome: Outcome, inputs: Inputs
) -> Artifact:
    """Calibrate, export, prove and describe; only what passed all of it appears in the model folder."""
    network.eval()
    how = material.preprocessing
    temperature = calibrate(network, val, material.alphabet)
    charset = Charset(material.alphabet)
    with artifacts.delivered(inputs.out) as staging:
        export(network, how, temperature, staging)
        (staging / artifacts.CHARSET).write_bytes(charset.to_bytes())
        (staging / "inference.yml").write_bytes(inference_yml(how, charset))
        (staging / "history.json").write_text(json.dumps(list(outcome.history), indent=1) + "\n")
        np.savez(staging / WEIGHTS, allow_pickle=False, **weights_of(network))
        exported = artifacts.complete(staging, _description(material, outcome, temperature, charset))
        parity = {}
        for name in ("paddle", "onnx"):
            parity[name] = prove(network, temperature, open_engine(exported, name), val, charset.entries)
            _say(f"{name}: reads all {len(val):,} validation images as the trained network does")
        artifacts.complete(staging, exported.description.model_copy(update={"parity": parity}))
    return artifacts.open_artifact(inputs.out, inputs.out)


def _description(
    material: _Material, outcome: Outcome, temperature: float, charset: Charset
) -> artifacts.Description:
    best = outcome.history[outcome.best_epoch - 1]
    return artifacts.Description(
        family=material.family.family,
        task="recognition",
        image=IMAGE,
        network=artifacts.Network(name=material.recipe.network, options=material.recipe.options),
        preprocessing=material.preprocessing,
        charset_hash=charset.hash,
        temperature=temperature,
        provenance=artifacts.Provenance(
            recipe=material.recipe.recipe,
            data=material.data.description.hash,
            replay=material.replay.description.hash if material.replay else None,
            parent=material.champion.version if material.champion else None,
            seed=material.settings.seed,
            epochs=outcome.epochs,
            steps=outcome.steps,
            val_cer=best["val_cer"],
            val_exact_match=best["val_exact"],
            versions=artifacts.versions(paddlepaddle=paddle.version.full_version),
        ),
    )


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a job's log is its standard output
