"""Train a recogniser from data to artifact: grow, learn, calibrate, export, prove."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import paddle
from upath import UPath

from config.errors import ConfigError, Problem
from config.tasks.recognition import RecognitionFamily, RecognitionRecipe
from containers.common.artifact import CHARSET, Artifact, charset_of
from containers.common.champion import weights_in
from containers.common.checkpoints import clear
from containers.common.description import Parity
from containers.common.entry import Stop
from containers.common.errors import JobError, TrainingError
from containers.common.growth import carried_over, grown_alphabet
from containers.common.material import Material, gathered
from containers.common.model import Inputs
from containers.common.pretrained import fetched
from containers.common.progress import Tell, say
from containers.paddle import networks
from containers.paddle.handover import deliver, described
from containers.paddle.hyperparameters import Hyperparameters
from containers.paddle.image import IMAGE
from containers.paddle.inference_yml import inference_yml
from containers.paddle.pretrained import begun_from
from containers.paddle.recognition.export import calibrate, export, prove
from containers.paddle.recognition.lines import Lines, load_lines
from containers.paddle.recognition.objective import Distillation, RecognitionObjective, labels_of
from containers.paddle.setup import optimisation_of, setup_of
from containers.paddle.trainer import Outcome, load_weights, train, weights_of
from containers.runtime.engine import Engine
from corpus.charset import Charset, read_charset
from tasks.recognition.contract import Contract, LinePreprocessing, preprocessing_of

Told = Material[RecognitionFamily, RecognitionRecipe, Hyperparameters]
"""What a recogniser is trained on, and how."""

_HOPELESS_CER = 0.9
_STEPS_FOR_TWO = 2
"""Characters for three time steps: more of them hardly fit, with the blanks between equal ones."""


def train_recogniser(
    family: RecognitionFamily,
    recipe: RecognitionRecipe,
    settings: Hyperparameters,
    inputs: Inputs,
    stop: Stop,
    tell: Tell,
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
        material = gathered(family, recipe, settings, inputs, IMAGE.name, scratch)
        alphabet = _alphabet(material)
        paddle.seed(settings.seed)
        network = networks.build(recipe.network, recipe.options, len(alphabet) + 1)
        distillation = _start(network, material, alphabet)
        objective = _objective(material, alphabet, distillation, scratch, stop)
        outcome = train(network, objective, setup_of(material, inputs), stop, tell)
        if not outcome.finished or not outcome.leads:
            return None
        _refuse_hopeless(outcome)
        return _deliver(network, objective.val, material, alphabet, outcome, inputs.out, stop)


def _alphabet(material: Told) -> tuple[str, ...]:
    """Return the characters of the classes: the champion's, what the family declares, what the data has."""
    old = charset_of(material.champion).entries if material.champion else ()
    characters = {one for source in material.sources for one in source.charset.entries}
    if (declared := material.family.recognition.charset) is not None:
        characters |= read_charset(UPath(declared))[0].encodable
    return grown_alphabet(old, sorted(characters))


def _objective(
    material: Told,
    alphabet: Sequence[str],
    distillation: Distillation | None,
    scratch: Path,
    stop: Stop,
) -> RecognitionObjective:
    how = _preprocessing(material)

    def watch(_done: int, _total: int | None) -> None:
        stop.check()

    lines = load_lines([material.data], "train", how, scratch, watch)
    old = load_lines([material.replay], "train", how, scratch / "replay", watch) if material.replay else None
    val = load_lines(material.sources, "val", how, scratch, watch)
    _refuse_leak(lines, old, val, material.family)
    replayed = min(len(old), round(material.replay_ratio * len(lines))) if old else 0
    say(f"lines: {len(lines):,} new, {replayed:,} replayed in each epoch, {len(val):,} to validate on")
    return RecognitionObjective(
        train=lines,
        val=val,
        old=old,
        replay=material.replay_ratio,
        alphabet=alphabet,
        labels=labels_of(lines, alphabet) + (labels_of(old, alphabet) if old else []),
        longest_joined=_longest_joined(how, material.family),
        batch_size=optimisation_of(material).batch_size,
        seed=material.settings.seed,
        augmentation=material.recipe.augmentation,
        distillation=distillation,
    )


def _refuse_leak(new: Lines, old: Lines | None, val: Lines, family: RecognitionFamily) -> None:
    """Refuse to validate on what is learnt from: each dataset alone was examined, not the two together."""
    learnt = {sample.sha256 for lines in (new, old) if lines for sample in lines.samples}
    leaked = [sample.id for sample in val.samples if sample.sha256 in learnt]
    limit = family.examine.max_duplicate_share
    if len(leaked) > limit * len(val):
        found = f"{len(leaked):,} of {len(val):,} validation images are also learnt from, first {leaked[0]}"
        remedy = "Take data and replay from one snapshot: no sample of it ever changes its split."
        raise JobError(Problem("data.leak", found, f"at most {limit:.0%}", remedy))


def _preprocessing(material: Told) -> LinePreprocessing:
    return preprocessing_of(material.family.recognition, grayscale=material.recipe.grayscale)


def _check_geometry(family: RecognitionFamily, recipe: RecognitionRecipe) -> None:
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
    if inputs.replay is None and settings.replay_ratio is not None:
        found = f"replay_ratio {settings.replay_ratio:g} without anything to replay"
        remedy = "Add the channel 'replay' (--replay), or leave replay_ratio out."
        raise JobError(Problem("job.replay", found, "old lines", remedy))
    if inputs.model is None and settings.distillation:
        found = f"distillation {settings.distillation:g} without a champion"
        remedy = "Add the channel 'model' (--champion), or leave distillation out."
        raise JobError(Problem("job.distillation", found, "a champion to stay close to", remedy))


def _start(network: paddle.nn.Layer, material: Told, alphabet: Sequence[str]) -> Distillation | None:
    """Give `network` the champion's weights, if any; return how to stay with its answers, if asked."""
    champion, settings = material.champion, material.settings
    if champion is None:
        if settings.pretrained is not None and settings.pretrained_sha256 is not None:
            published = fetched(settings.pretrained, settings.pretrained_sha256)
            name, uri = material.recipe.network, settings.pretrained
            load_weights(network, begun_from(weights_of(network), published, name, uri))
            say(f"beginning from {uri}: {len(published):,} weights, the head anew")
        return None
    old = charset_of(champion).entries
    weights = weights_in(champion)
    own, place = weights_of(network), str(champion.folder)
    begun, account = carried_over(own, weights, place, head=networks.HEAD, old=old, alphabet=alphabet)
    load_weights(network, begun)
    say(f"continuing from {champion.version}: {account}")
    if not settings.distillation:
        return None
    teacher = networks.build(material.recipe.network, material.recipe.options, len(old) + 1)
    load_weights(teacher, weights)
    teacher.eval()
    return Distillation(teacher, len(old) + 1, settings.distillation)


def _longest_joined(how: LinePreprocessing, family: RecognitionFamily) -> int:
    """Return how many characters fit well into the time steps of lines that are stretched to one width."""
    steps = how.width_px // family.recognition.step_px
    return _STEPS_FOR_TWO * steps // 3 if how.resize == "stretch" else 0


def _refuse_hopeless(outcome: Outcome) -> None:
    best = outcome.history[outcome.best_epoch - 1]
    if not best["val_exact"] and best["val_cer"] > _HOPELESS_CER:
        clear(outcome.checkpoints)
        raise TrainingError(
            f"after {outcome.epochs} epochs the network reads not one validation line right (CER "
            f"{best['val_cer']:.0%}). Train for more epochs or at another learning_rate, and look at the "
            "images with `glyphline corpus examine --report`."
        )


def _deliver(
    network: paddle.nn.Layer,
    val: Lines,
    material: Told,
    alphabet: tuple[str, ...],
    outcome: Outcome,
    out: Path,
    stop: Stop,
) -> Artifact:
    best = outcome.history[outcome.best_epoch - 1]
    network.eval()
    how, charset = _preprocessing(material), Charset(alphabet)
    temperature = calibrate(network, val, alphabet)
    figures = {"cer": best["val_cer"], "exact_match": best["val_exact"]}
    contract = Contract(preprocessing=how, temperature=temperature)
    description = described(material, outcome, contract, figures, vocabulary_hash=charset.hash)

    def write(folder: Path) -> None:
        export(network, how, temperature, folder)
        (folder / CHARSET).write_bytes(charset.to_bytes())
        (folder / "inference.yml").write_bytes(inference_yml(how, charset))

    def proved(engine: Engine) -> Parity:
        return prove(network, temperature, engine, val, alphabet, stop)

    return deliver(network, material.family, description, outcome, out, stop, write=write, prove=proved)
