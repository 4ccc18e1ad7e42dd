"""The words that jobs and their orchestrators share: file names, environment variables, channels.

Both sides of a process boundary take them from here; Lambda functions, which import none of our code, repeat
the few that they need, and a test checks those against these.
"""

from __future__ import annotations

# --- environment variables of a job

ML_ROOT_VARIABLE = "GLYPHLINE_ML_ROOT"
"""The folder that replaces ``/opt/ml`` when a job runs outside a container."""
RUN_VARIABLE = "GLYPHLINE_RUN"
"""The id of the pipeline run that a job belongs to."""
TRACKING_VARIABLE = "MLFLOW_TRACKING_URI"
"""Where runs are logged; unset: nowhere."""

# --- channels of a training job; inputs and outputs of processing jobs have the same names

DATA, REPLAY, MODEL, CONFIG = "data", "replay", "model", "config"
CHAMPION, TRAIN, HELDOUT, REPORT, EVALUATION = "champion", "train", "heldout", "report", "evaluation"

# --- files

FAMILY_FILE = "family.yaml"
"""In the channel `CONFIG`: the family."""
NOTHING_FILE = "nothing.json"
"""A folder that holds only this file means: there is none. A pipeline's steps always have the same inputs,
and its first run has no champion."""
DECISION_FILE = "decision.json"
"""What Evaluate tells the steps after it."""
EVALUATION_FILE = "evaluation.json"
REPORT_FILE = "report.html"
MODEL_FILE = "model.tar.gz"
"""A model artifact, packed the way SageMaker packs it."""
ARTIFACT_FILE = "artifact.json"
"""Completes a model artifact, and names the hash of every other file."""
SNAPSHOT_FILE = "snapshot.json"
"""Completes a snapshot."""
CANDIDATE_ANSWERS, CHAMPION_ANSWERS = "candidate.jsonl", "champion.jsonl"
"""The answers of each model to the held-out items."""

# --- what a decision contains, in this order

DECISION_KEYS = (
    *("schema_version", "family", "task", "headline", "error", "failures", "limits", "summary", "figures"),
    *("confidence", "version", "snapshot", "vocabulary_hash", "parent", "archive_sha256", "report_sha256"),
    *("glyphline", "model_card"),
)
"""Keys of `DECISION_FILE`. `headline` names the figure whose `error`, a share, the gate limits; `failures`
counts the failed checks; `confidence` says in words what kind of confidence the model has."""
REGISTERED_KEYS = (
    *("family", "task", "version", "snapshot", "parent", "vocabulary_hash", "headline", "error"),
    *("confidence", "archive_sha256", "report_sha256", "glyphline"),
)
"""Those that a model version carries as text metadata, beside its ``run`` and its ``report``."""

# --- values

NONE = "none"
"""How a decision and a version's metadata express that there is none: a pipeline's values are never null."""
