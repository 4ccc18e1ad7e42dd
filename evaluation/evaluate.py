"""Everything that is known of a candidate, measured in one go: the content of `evaluation.json`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from config.gate import GatePolicy
from evaluation.bootstrap import MIN_GROUPS, REPLICATES, SEED
from evaluation.calibration import Calibration, calibrate
from evaluation.comparison import Comparison, Spread, compare, spreads
from evaluation.gate import Artifact, Decision, decide
from evaluation.mistakes import Mistakes, find_mistakes
from evaluation.predictions import Normalisation, Predictions, pair
from evaluation.slices import Dimension, Slice, dimensions, slice_metrics, worst
from evaluation.text import Lines, TextMetrics, measure, summarise
from evaluation.wording import counted


class _Draws(TypedDict):
    confidence: float
    replicates: int
    seed: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A candidate on its own and, where there is one, beside the champion.

    `confidence` is that of every interval. `warnings` are sentences about the data that a reader of the
    numbers must know.
    """

    name: str
    normalisation: Normalisation
    groups: int
    confidence: float
    metrics: TextMetrics
    spreads: tuple[Spread, ...]
    calibration: Calibration | None
    slices: tuple[Slice, ...]
    mistakes: Mistakes
    champion: TextMetrics | None
    comparison: Comparison | None
    artifact: Artifact
    gate: Decision | None
    warnings: tuple[str, ...]


def evaluate(
    candidate: Predictions,
    champion: Predictions | None = None,
    policy: GatePolicy | None = None,
    artifact: Artifact | None = None,
    *,
    first_model: bool = False,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> Evaluation:
    """Return how good `candidate` is, where it is wrong, and whether it is better than `champion`.

    Args:
        candidate: what the candidate read.
        champion: what the champion read, of the same samples in any order.
        policy: of the gate; None: no gate is asked.
        artifact: what is known of the exported artifact, for the gate.
        first_model: there is no champion yet, and that is no reason to fail the gate.
        replicates: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        PredictionError: the two were not made on the same samples.
    """
    theirs = pair(candidate, champion) if champion is not None else None
    lines, groups, cuts = _measured(candidate), candidate.group_index(), dimensions(candidate)
    their_lines = _measured(theirs) if theirs is not None else None
    shown = _worth_showing(cuts, lines, policy)
    draws = _Draws(confidence=(policy or GatePolicy()).confidence, replicates=replicates, seed=seed)
    metrics, comparison = summarise(lines), None
    if theirs is not None and their_lines is not None:
        ids, asked = [line.id for line in candidate.lines], [one.name for one in shown]
        comparison = compare(
            ids, lines, their_lines, groups, champion_name=theirs.name, cuts=cuts, slices=asked, **draws
        )
    return Evaluation(
        name=candidate.name,
        normalisation=candidate.normalisation,
        groups=int(groups.max()) + 1,
        confidence=draws["confidence"],
        metrics=metrics,
        spreads=spreads(lines, groups, **draws),
        calibration=calibrate([line.confidence for line in candidate.lines], lines.exact),
        slices=shown,
        mistakes=find_mistakes(candidate, lines),
        champion=summarise(their_lines) if their_lines is not None else None,
        comparison=comparison,
        artifact=artifact or Artifact(),
        gate=decide(metrics, comparison, policy, artifact, first_model=first_model) if policy else None,
        warnings=_warnings(candidate, theirs, lines, int(groups.max()) + 1),
    )


def _worth_showing(cuts: Sequence[Dimension], lines: Lines, policy: GatePolicy | None) -> tuple[Slice, ...]:
    guarded = (*policy.guarded_slices, policy.new_slice) if policy else ()
    return worst([one for cut in cuts for one in slice_metrics(cut, lines)], guarded)


def _measured(predictions: Predictions) -> Lines:
    return measure(predictions.references(), predictions.texts())


def _warnings(
    candidate: Predictions, champion: Predictions | None, lines: Lines, groups: int
) -> tuple[str, ...]:
    found = [_normalised(one) for one in (candidate, champion) if one is not None]
    found += _about_groups(candidate, champion, groups)
    empty = int((lines.characters.reference_length == 0).sum())
    if empty:
        are = "is" if empty == 1 else "are"
        found.append(f"{counted(empty, 'reference')} {are} empty: what is read there counts as insertions.")
    known = sum(line.confidence is not None for line in candidate.lines)
    if 0 < known < len(candidate.lines):
        found.append(f"Only {known:,} of {counted(len(candidate.lines), 'line')} have a confidence.")
    return tuple(filter(None, found))


def _normalised(predictions: Predictions) -> str:
    changed = predictions.normalisation
    if not changed.changed_references and not changed.changed_predictions:
        return ""
    references = counted(changed.changed_references, "reference")
    texts = counted(changed.changed_predictions, "prediction")
    return (
        f"{predictions.name}: {references} and {texts} had to be brought into {changed.form} to be compared."
    )


def _about_groups(candidate: Predictions, champion: Predictions | None, groups: int) -> list[str]:
    found: list[str] = []
    alone = sum(line.group is None for line in candidate.lines)
    if alone == len(candidate.lines):
        found.append(
            "No line names its group, so each counts as independent; where several come from one page, the "
            "intervals are too narrow."
        )
    elif alone:
        found.append(
            f"Only {len(candidate.lines) - alone:,} of {len(candidate.lines):,} lines name their group; each "
            "of the others counts as a group of its own."
        )
    if groups < MIN_GROUPS:
        found.append(f"No interval can be given: it takes {MIN_GROUPS} groups, and there {_are(groups)}.")
    pairs = zip(candidate.lines, champion.lines, strict=True) if champion is not None else ()
    unused = sum(ours.group is None and theirs.group is not None for ours, theirs in pairs)
    if champion is not None and unused:
        found.append(
            f"{champion.name} names the group of {counted(unused, 'line')} without one in {candidate.name}; "
            "only the candidate's groups are used."
        )
    return found


def _are(groups: int) -> str:
    return f"{'is' if groups == 1 else 'are'} {groups}"
