"""Everything that is known of a candidate, measured in one go: the content of `evaluation.json`."""

from __future__ import annotations

from dataclasses import dataclass

from config.gate import GatePolicy
from evaluation.bootstrap import MIN_GROUPS, REPLICATES, SEED
from evaluation.calibration import Calibration, calibrate
from evaluation.comparison import Comparison, Spread, compare, spreads
from evaluation.gate import Artifact, Decision, decide
from evaluation.mistakes import Mistakes, find_mistakes
from evaluation.predictions import Normalisation, Predictions, pair
from evaluation.slices import Slice, dimensions, slice_metrics, worst
from evaluation.text import Lines, TextMetrics, measure, summarise


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
    lines, groups = measure(candidate.references(), candidate.texts()), candidate.group_index()
    cuts = dimensions(candidate)
    guarded = (*policy.guarded_slices, policy.new_slice) if policy else ()
    shown = worst([one for cut in cuts for one in slice_metrics(cut, lines)], guarded)
    confidence = (policy or GatePolicy()).confidence
    metrics = summarise(lines)
    their_metrics = comparison = None
    if theirs is not None:
        their_lines = measure(theirs.references(), theirs.texts())
        their_metrics = summarise(their_lines)
        comparison = compare(
            [line.id for line in candidate.lines],
            lines,
            their_lines,
            groups,
            champion_name=theirs.name,
            cuts=cuts,
            slices=[one.name for one in shown],
            confidence=confidence,
            replicates=replicates,
            seed=seed,
        )
    return Evaluation(
        name=candidate.name,
        normalisation=candidate.normalisation,
        groups=int(groups.max()) + 1,
        confidence=confidence,
        metrics=metrics,
        spreads=spreads(lines, groups, confidence=confidence, replicates=replicates, seed=seed),
        calibration=calibrate([line.confidence for line in candidate.lines], lines.exact),
        slices=shown,
        mistakes=find_mistakes(candidate, lines),
        champion=their_metrics,
        comparison=comparison,
        artifact=artifact or Artifact(),
        gate=decide(metrics, comparison, policy, artifact, first_model=first_model) if policy else None,
        warnings=_warnings(candidate, lines, int(groups.max()) + 1),
    )


def _warnings(predictions: Predictions, lines: Lines, groups: int) -> tuple[str, ...]:
    found: list[str] = []
    changed = predictions.normalisation
    if changed.changed_references or changed.changed_predictions:
        found.append(
            f"{changed.changed_references:,} references and {changed.changed_predictions:,} predictions "
            f"were not in {changed.form} and were brought into it before they were compared."
        )
    if not any(line.group for line in predictions.lines):
        found.append(
            "No line names its group, so each counts as independent; where several come from one page, the "
            "intervals are too narrow."
        )
    elif groups < MIN_GROUPS:
        found.append(f"{groups} groups are too few for an interval ({MIN_GROUPS} are needed).")
    empty = int((lines.characters.reference_length == 0).sum())
    if empty:
        found.append(f"{empty:,} references are empty: what is read there counts as insertions.")
    known = sum(line.confidence is not None for line in predictions.lines)
    if 0 < known < len(predictions.lines):
        found.append(f"Only {known:,} of {len(predictions.lines):,} lines have a confidence.")
    return tuple(found)
