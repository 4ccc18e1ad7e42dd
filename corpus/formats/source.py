"""What the folder of a dataset holds: its label files, its images, and what must not be followed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from upath import UPath

from config.errors import Problem
from corpus.errors import FormatError
from corpus.images import EXTENSIONS
from corpus.paths import inside, local
from corpus.records import Record
from corpus.sample import Split

IMAGE_SUFFIXES = frozenset({*EXTENSIONS.values(), "jpeg", "tiff"})

_SPLIT_WORDS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "eval": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
    "golden": "golden",
}


class LabelFile(NamedTuple):
    """A file of labels, and the split that its name tells (``rec_gt_train.txt``), if it does."""

    path: UPath
    split: Split | None


def split_of_name(name: str) -> Split | None:
    """Return the split that a file's or folder's name tells; None where it tells none or several."""
    words = "".join(character if character.isalpha() else " " for character in name.lower()).split()
    splits = {_SPLIT_WORDS[word] for word in words if word in _SPLIT_WORDS}
    return splits.pop() if len(splits) == 1 else None


def label_files(source: UPath, suffix: str) -> tuple[UPath, list[LabelFile]]:
    """Return the folder that image names are relative to, and its label files, sorted by name.

    `source` is a folder with label files (ending in `suffix`) directly in it, or one label file.

    Raises:
        FormatError: there is nothing, no label file, or one that is a link out of the folder.
    """
    if source.is_file():
        return source.parent, [LabelFile(source, split_of_name(source.stem))]
    if not source.is_dir():
        remedy = "Check the path."
        raise FormatError(
            Problem("format.missing", "nothing here", "a folder or a label file", remedy, str(source))
        )
    paths = sorted((path for path in source.iterdir() if path.name.endswith(suffix)), key=lambda p: p.name)
    files = [path for path in paths if not path.name.startswith(".") and path.is_file()]
    if not files:
        found, expected = f"no file *{suffix} in the folder", f"label files *{suffix} directly in it"
        remedy = "Check the format's name, or give the label file itself."
        raise FormatError(Problem("format.no-labels", found, expected, remedy, str(source)))
    for path in files:
        if inside(source, path.name) is None:
            found, remedy = "a link that leads out of the folder", "Give the label file itself as the source."
            raise FormatError(Problem("path.outside", found, "a label file", remedy, str(path)))
    return source, [LabelFile(path, split_of_name(path.stem)) for path in files]


def files_below(source: UPath) -> tuple[list[str], list[Problem]]:
    """Return the names of all files below `source`, sorted, hidden ones left out.

    A name that is not UTF-8, and a symbolic link to a folder or out of `source`, is named, not followed.

    Raises:
        FormatError: `source` is no folder.
    """
    if not source.is_dir():
        raise FormatError(
            Problem("format.missing", "no such folder", "a folder", "Check the path.", str(source))
        )
    root = local(source)
    if root is None:
        # one listing instead of a request for each folder
        prefix = source.path.rstrip("/") + "/"
        found = [path.removeprefix(prefix) for path in source.fs.find(source.path)]
        return sorted(name for name in found if not name.endswith("/") and not _is_hidden(name)), []
    files: list[str] = []
    problems: list[Problem] = []
    for folder, subfolders, file_names in os.walk(root):
        below = os.path.relpath(folder, root)
        prefix = "" if below == "." else f"{below}/"
        names = sorted(name for name in subfolders + file_names if not is_utf_8(name))
        problems += [_name_not_utf_8(folder, name) for name in names]
        subfolders[:] = sorted(name for name in subfolders if is_utf_8(name) and not name.startswith("."))
        problems += [_link(source, prefix + name) for name in subfolders if _is_link(f"{folder}/{name}")]
        for name in sorted(name for name in file_names if is_utf_8(name) and not name.startswith(".")):
            if _is_link(f"{folder}/{name}") and inside(source, prefix + name) is None:
                problems.append(outside(prefix + name, str(source), None))
            else:
                files.append(prefix + name)
    return sorted(files), problems


def image_finder(root: UPath) -> Callable[[str], UPath | None]:
    """Return a function from an image's name to its path, or to None where that would leave `root`.

    It decides as `corpus.paths.inside` does, but resolves each folder once: a dataset has 100,000 images
    in a few folders.
    """
    folders: dict[str, UPath | None] = {"": root, ".": root}
    is_local = local(root) is not None

    def find(name: str) -> UPath | None:
        folder, slash, file = name.replace("\\", "/").rpartition("/")
        if slash and not folder:
            return None  # absolute
        if folder not in folders:
            folders[folder] = inside(root, folder)
        parent = folders[folder]
        if parent is None or file in ("", ".", "..") or ":" in file or "\0" in file:
            return inside(root, name)
        path = parent / file
        # a link may lead anywhere: only then the whole path must be resolved
        return inside(root, name) if is_local and path.is_symlink() else path

    return find


def outside(name: str, file: str, line: int | None) -> Problem:
    """Return the problem that an image's name leads out of its dataset."""
    found = f"the image {name!r}, which is not below the dataset's folder"
    expected = "a relative path without '..' or a link that leads out"
    remedy = "Copy the image into the folder and name it relative to that."
    return Problem("path.outside", found, expected, remedy, file, line)


def once(items: Iterable[Record | Problem]) -> Iterator[Record | Problem]:
    """Pass each key on once: a second label for the same image is named, with the place of the first.

    A record with a text that is not Unicode (a lone surrogate) is named too: nothing could store it.
    """
    first: dict[str, Record] = {}
    for item in items:
        if isinstance(item, Problem):
            yield item
        elif not is_utf_8(f"{item.key}{item.image_name}{item.text}{item.label}"):
            found = f"a label with a lone surrogate: {item.text or item.label!r}"
            yield Problem("format.encoding", found, "Unicode text", "Mend it.", item.file, item.line)
        elif (there := first.setdefault(item.key, item)) is item:
            yield item
        else:
            yield _repeated(item, there)


def or_page(items: Iterable[Record | Problem], page: Record) -> Iterator[Record | Problem]:
    """Pass on what was found on `page`; where that is nothing, and all could be read, the page itself."""
    nothing = True
    for item in items:
        nothing = nothing and isinstance(item, Problem) and item.severity == "warning"
        yield item
    if nothing:
        yield page


def is_utf_8(text: str) -> bool:
    """Tell whether `text` can be encoded: it holds no lone surrogate, as a file name may."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _repeated(record: Record, there: Record) -> Problem:
    place = there.file if there.line is None else f"{there.file}:{there.line}"
    same = (record.text, record.label, record.polygon) == (there.text, there.label, there.polygon)
    found = f"{record.key!r} a second time (first at {place})"
    if not same:
        mine, theirs = record.text or record.label, there.text or there.label
        found = f"{record.key!r} a second time, as {mine!r}; it is {theirs!r} at {place}"
    remedy = "Delete the line." if same else "The first was used; delete the wrong one."
    return Problem(
        "format.repeated",
        found,
        "each image once",
        remedy,
        record.file,
        record.line,
        "warning" if same else "error",
    )


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or "/." in name


def _is_link(path: str) -> bool:
    return os.path.islink(path)  # noqa: PTH114 - os.walk speaks in strings


def _link(source: UPath, name: str) -> Problem:
    found, remedy = (
        f"{name}, a symbolic link to a folder",
        "Copy the folder there if it belongs to the dataset.",
    )
    return Problem("path.link", found, "a folder", remedy, str(source), severity="warning")


def _name_not_utf_8(folder: str, name: str) -> Problem:
    shown = os.fsencode(name).decode(errors="replace")
    place = os.fsencode(folder).decode(errors="replace")
    return Problem("format.file-name", f"the file name {shown!r}", "UTF-8", "Rename it.", place)
