"""Which image files there are, and a stamp for each that changes when the file does: without reading them."""

from __future__ import annotations

import itertools
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from upath import UPath

from corpus.examine.facts import Fault, as_posix
from corpus.paths import inside, local
from corpus.text import quoted

_ByParent = dict[str, list[tuple[str, str]]]  # the names in each folder, with the whole path of each
_REMOTE_VERSIONS = ("ETag", "etag", "LastModified", "last_modified", "mtime", "created")


@dataclass(frozen=True, slots=True)
class Listing:
    """The images that are there, each with its stamp, and those that are not, each with the fault.

    A stamp is None where the file system tells too little to notice a change.
    """

    stamps: dict[str, str | None] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)


def list_images(folder: UPath, images: Iterable[str]) -> Listing:
    """List `images` below `folder`; what leaves it, by ``..`` or by a symbolic link, is not looked at."""
    by_parent: _ByParent = defaultdict(list)
    for image in images:
        parent, _, name = as_posix(image).rpartition("/")
        by_parent[parent].append((name, image))
    listing = Listing()
    for parent in list(by_parent):
        if parent and ("\0" in parent or inside(folder, parent) is None):
            for _, image in by_parent.pop(parent):
                listing.faults[image] = Fault("image.outside", f"the path {quoted(image)}")
    root = local(folder)
    if root is None:
        _list_remote(folder, by_parent, listing)
    else:
        _list_local(root, by_parent, listing)
    return listing


def _list_local(root: Path, by_parent: _ByParent, listing: Listing) -> None:
    """List folder by folder: much faster than asking for each path."""
    real_root = os.path.realpath(root).rstrip("/") + "/"
    for parent, images in by_parent.items():
        try:
            with os.scandir(root / parent) as entries:
                there = {entry.name: entry for entry in entries}
        except (FileNotFoundError, NotADirectoryError):
            there = {}
        except OSError as error:
            fault = Fault("image.unreadable", f"a folder that cannot be read ({error.strerror})")
            listing.faults.update((image, fault) for _, image in images)
            continue
        for name, image in images:
            stamp = _stamp(there.get(name), image, real_root)
            if isinstance(stamp, Fault):
                listing.faults[image] = stamp
            else:
                listing.stamps[image] = stamp


def _stamp(entry: os.DirEntry[str] | None, image: str, real_root: str) -> str | Fault:
    """Return what changes with a file: its size and its change time, which nobody can set back."""
    if entry is None:
        return Fault("image.missing", f"no file {image}")
    if entry.is_symlink() and not os.path.realpath(entry.path).startswith(real_root):
        return Fault("image.outside", f"{image}, a symbolic link that leads out of the folder")
    try:
        status = entry.stat()
    except OSError as error:
        return Fault("image.missing", f"{image}, which cannot be looked at ({error.strerror})")
    if not stat.S_ISREG(status.st_mode):
        return Fault("image.unreadable", f"{image}, which is not a file")
    return f"{status.st_size}:{status.st_ctime_ns}"


def _list_remote(folder: UPath, by_parent: _ByParent, listing: Listing) -> None:
    """List all that lies below the images' common folder: an object store answers by the thousand."""
    common = os.path.commonpath(by_parent) if by_parent else ""
    folder.fs.invalidate_cache()
    found: Mapping[str, Mapping[str, Any]] = folder.fs.find((folder / common).path, detail=True)
    start = len(folder.path.rstrip("/")) + 1
    there = {name[start:]: info for name, info in found.items()}
    for _, image in itertools.chain.from_iterable(by_parent.values()):
        info = there.get(as_posix(image))
        if info is None:
            listing.faults[image] = Fault("image.missing", f"no file {image}")
            continue
        version = next((info[key] for key in _REMOTE_VERSIONS if info.get(key)), None)
        listing.stamps[image] = None if version is None else f"{info['size']}:{version}"
