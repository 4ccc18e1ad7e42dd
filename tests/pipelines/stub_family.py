"""A stand-in for a family's image: every job of the real pipeline, in milliseconds, with an outcome to order.

`ERROR` in the environment is what Evaluate measures; `BREAK` names the job that fails.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ROOT = Path(os.environ["GLYPHLINE_ML_ROOT"])
OUTPUTS = {
    "examine": {"report/examination.json": {}},
    "prepare": {f"{name}/manifest.json": {"samples": 1} for name in ("train", "replay", "heldout")},
    "evaluate": {
        "evaluation/evaluation.json": {"metrics": 1},
        "evaluation/decision.json": {
            "schema_version": 2,
            "family": "pid-rec",
            "task": "recognition",
            "headline": "cer",
            "error": float(os.environ["ERROR"]),
            "failures": 0,
            "limits": {"max_error": 0.05},
            "summary": "1 check failed: the CER is too high.",
            "figures": {"cer": 0.01, "exact": 0.9},
            "confidence": "the least sure character of a line",
            "version": "0123456789ab",
            "snapshot": "f" * 64,
            "vocabulary_hash": "c" * 64,
            "parent": "none",
            "archive_sha256": "a" * 64,
            "report_sha256": "b" * 64,
            "glyphline": "0.1.0",
            "model_card": json.dumps({"model_overview": {"model_name": "pid-rec"}}),
        },
    },
}
NEEDS = {
    "examine": ["processing/input/data/snapshot.json", "processing/input/config/family.yaml"],
    "prepare": ["processing/input/champion/nothing.json"],
    "train": ["input/data/data/manifest.json", "input/data/model/nothing.json", "checkpoints"],
    "evaluate": ["processing/input/model/model.tar.gz", "processing/input/heldout/manifest.json"],
}


def main(job: str) -> None:
    for path in NEEDS[job]:
        assert (ROOT / path).exists(), path
    if os.environ["BREAK"] == job:
        reason = ROOT / "output" / ("failure" if job == "train" else "message")
        reason.write_text(f"{job} cannot go on: its input is odd.")
        sys.exit(1)
    if job == "train":
        (ROOT / "model" / "weights").write_text("w")
    for path, content in OUTPUTS.get(job, {}).items():
        (ROOT / "processing" / "output" / path).write_text(json.dumps(content))


if __name__ == "__main__":
    main(sys.argv[1])
