"""Recognition, as the suite knows it."""

from __future__ import annotations

from kinds.example import Example, Truth
from tasks.recognition.answer import Reading
from tasks.recognition.contract import Contract, LinePreprocessing

_HOW = LinePreprocessing(height_px=32, width_px=320, resize="keep-ratio", grayscale=True)


def _answer(truth: Truth, wrong: bool) -> Reading:
    text = "" if wrong else truth["text"]
    return Reading(text, 0.3 if wrong else 1 / 3 + 0.6, (0.123456789,) * len(text))


EXAMPLE = Example(
    contract=Contract(preprocessing=_HOW),
    truth=lambda n: {"id": n, "text": f"TAG-{n * 7919 % 1000:03d}"},
    labels=lambda truth: [{"text": truth["text"]}],
    answer=_answer,
    section="recognition: {height_px: 32, width_px: 640, resize: pad, step_px: 4, max_text_length: 40}",
    recipe="network: stub\noptimisation: {epochs: 1, batch_size: 1, learning_rate: 0.1}\n",
)
