"""What PaddleOCR's two label formats share: text files whose lines are a path, a tab and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from upath import UPath

from config.errors import Problem
from corpus.errors import FormatError
from corpus.formats.lines import read_lines
from corpus.formats.source import label_files
from corpus.sample import Split

_LABEL_WORDS = ("label", "gt", "rec", "det", "list")


class Entry(NamedTuple):
    """One line of a label file: the image's path as written, and what stands after the tab."""

    file: str
    line: int
    split: Split | None
    image: str
    rest: str


def read_entries(source: UPath) -> tuple[UPath, Iterator[Entry | Problem]]:
    """Return the folder that paths are relative to, and the lines of all label files.

    Raises:
        FormatError: there is no label file.
    """
    root, files = label_files(source, ".txt")
    labels = [file for file in files if file.split is not None or _is_label_file(file.path.stem)]
    others = [file.path for file in files if file not in labels]
    if root != source:
        labels, others = files, []  # one file was given: it is what it was said to be
    if not labels:
        found = f"no label file among {', '.join(path.name for path in others)}"
        expected = "a name such as rec_gt_train.txt, val.txt or Label.txt"
        raise FormatError(
            Problem("format.no-labels", found, expected, "Give the label file itself.", str(source))
        )

    def entries() -> Iterator[Entry | Problem]:
        for path in others:
            found, expected = (
                "a text file that was not read",
                "a name with train, val, test, gt or label in it",
            )
            remedy = "Rename it if it holds labels."
            yield Problem("format.not-read", found, expected, remedy, str(path), severity="warning")
        for path, split in labels:
            file = str(path)
            for line in read_lines(path):
                if isinstance(line, Problem):
                    yield line
                    continue
                image, tab, rest = line.text.partition("\t")
                yield (
                    Entry(file, line.number, split, image, rest) if tab else _no_tab(image, file, line.number)
                )

    return root, entries()


def _is_label_file(stem: str) -> bool:
    return any(word in stem.lower() for word in _LABEL_WORDS)


def _no_tab(text: str, file: str, line: int) -> Problem:
    separator = "a comma" if "," in text else "spaces" if " " in text.strip() else "nothing"
    found = f"no tab in {text[:80]!r} (it is separated by {separator})"
    expected = "the image's path, one tab, the label"
    return Problem("format.separator", found, expected, "Put a tab between the two.", file, line)
