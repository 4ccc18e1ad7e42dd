"""Texts to draw, made by the rules of each script: every character within reach, no one else's word list."""


def listed(words: str) -> tuple[str, ...]:
    """Return the words of a list that is written as one string."""
    return tuple(words.split())
