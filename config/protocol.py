"""The words that jobs and whoever orchestrates them share: file names, environment variables, channels.

Each side of a process boundary takes them from here; Lambda functions, which import nothing of ours, repeat
the few that they need, and a test holds those against these.
"""

from __future__ import annotations

# --- environment variables of a job

ML_ROOT_VARIABLE = "GLYPHLINE_ML_ROOT"
"""The folder that stands for ``/opt/ml`` where a job runs outside a container."""
RUN_VARIABLE = "GLYPHLINE_RUN"
"""The id of the pipeline run that a job is part of."""
TRACKING_VARIABLE = "MLFLOW_TRACKING_URI"
"""Where runs are logged; unset: nowhere."""

# --- channels of a training job; inputs and outputs of processing jobs bear the same names

DATA, REPLAY, MODEL, CONFIG = "data", "replay", "model", "config"
CHAMPION, TRAIN, HELDOUT, REPORT, EVALUATION = "champion", "train", "heldout", "report", "evaluation"

# --- files

FAMILY_FILE = "family.yaml"
"""In the channel `CONFIG`: the family."""
NOTHING_FILE = "nothing.json"
"""A folder that holds this file alone says: there is none. A pipeline's steps always have the same inputs,
and its first run has no champion."""
DECISION_FILE = "decision.json"
"""What Evaluate says to the steps after it."""
EVALUATION_FILE = "evaluation.json"
REPORT_FILE = "report.html"
MODEL_FILE = "model.tar.gz"
"""A model artifact, packed as SageMaker packs it."""
ARTIFACT_FILE = "artifact.json"
"""What completes a model artifact, and names the hash of every other file."""
SNAPSHOT_FILE = "snapshot.json"
"""What completes a snapshot."""
CANDIDATE_ANSWERS, CHAMPION_ANSWERS = "candidate.jsonl", "champion.jsonl"
"""What each model answered to the held-out items."""

# --- what a decision says, in this order

DECISION_KEYS = (
    *("schema_version", "family", "task", "headline", "error", "failures", "limits", "summary", "figures"),
    *("confidence", "version", "snapshot", "vocabulary_hash", "parent", "archive_sha256", "report_sha256"),
    *("glyphline", "model_card"),
)
"""Keys of `DECISION_FILE`. `headline` names the figure whose `error`, a share, the gate limits; `failures`
counts the checks that failed; `confidence` says in words of which kind a model's is."""
REGISTERED_KEYS = (
    *("family", "task", "version", "snapshot", "parent", "vocabulary_hash", "headline", "error"),
    *("confidence", "archive_sha256", "report_sha256", "glyphline"),
)
"""Those that a model version carries as its metadata, as texts, beside its ``run`` and its ``report``."""

# --- values

NONE = "none"
"""How a decision and a version's metadata say that there is none: a pipeline's values are never null."""
