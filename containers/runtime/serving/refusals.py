"""Why a request, or one line of it, is not answered with a reading."""

from __future__ import annotations

from http import HTTPStatus

from config.errors import GlyphlineError


class RefusalError(GlyphlineError):
    """An HTTP status and one sentence that says what is wrong and what to do.

    400 not what was asked for; 406 wanted as something else than JSON; 413 too much; 415 of another content
    type; 422 not an image that can be read; 503 busy; 504 out of time.
    """

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(" ".join(sentence.split()))
        self.status = status
