"""What was examined is not decoded again, yet a file that changed, shrank or went away is noticed."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from examined import CLEAN, Line, encoded, finding, picture, reader, write
from upath import UPath

from config.errors import StateError
from corpus.examine import Examination, examine
from corpus.examine.cache import open_cache
from corpus.examine.facts import VERSION

FILES = len(CLEAN) + 1


def run(manifest: Path | str, cache: Path | None) -> Examination:
    return examine(str(manifest), reader(), cache=cache, workers=1)


def rules(found: Examination) -> list[str]:
    return [one.rule for one in found.findings]


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return write(tmp_path / "data", [*CLEAN, Line("abc", data=b"broken")])


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "examined.sqlite"


def test_what_was_examined_is_not_read_again_and_gives_the_same(manifest: Path, cache: Path) -> None:
    cold, warm = run(manifest, cache), run(manifest, cache)
    assert (cold.images_read, warm.images_read) == (FILES, 0)
    assert cold.findings == warm.findings == run(manifest, None).findings
    assert "image.unknown" in rules(warm)


def test_added_images_alone_are_read(manifest: Path, cache: Path) -> None:
    lines = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(b"".join(lines[:4]))
    assert run(manifest, cache).images_read == 4
    manifest.write_bytes(b"".join(lines))
    assert run(manifest, cache).images_read == FILES - 4


def test_content_known_from_elsewhere_is_hashed_but_not_decoded(
    manifest: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(manifest, cache)
    moved = manifest.parent.rename(manifest.parent.with_name("moved"))

    def never(*_: object) -> None:
        pytest.fail("decoded again")

    monkeypatch.setattr("corpus.examine.facts.open_image", never)
    again = run(moved / manifest.name, cache)
    assert again.images_read == FILES
    assert rules(again) == rules(first)


def change_a_pixel(image: Path) -> None:
    """Overwrite the file with as many bytes and set its time back, as a careless tool might."""
    data, before = image.read_bytes(), image.stat()
    image.write_bytes(data[:-20] + bytes(8) + data[-12:])
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    ("harm", "rule"),
    [
        (change_a_pixel, "image.changed"),
        (lambda image: image.write_bytes(image.read_bytes()[:99]), "image.truncated"),
        (lambda image: image.write_bytes(b""), "image.empty"),
        (lambda image: image.write_bytes(encoded(picture(5))), "image.changed"),
        (lambda image: image.unlink(), "image.missing"),
    ],
    ids=["same size and time", "truncated", "emptied", "replaced", "deleted"],
)
def test_harm_done_since_is_noticed(harm: object, rule: str, manifest: Path, cache: Path) -> None:
    assert rule not in rules(run(manifest, cache))
    assert callable(harm)
    harm(manifest.parent / "images" / "1.png")
    for found in (run(manifest, cache), run(manifest, cache)):
        broken = finding(found, rule)
        assert broken is not None
        assert broken.occurrences[0].sample == "1"


def test_new_regions_of_a_known_page_are_measured(tmp_path: Path, cache: Path) -> None:
    page = encoded(picture(50))
    left, right = ((0, 0), (30, 0), (30, 20), (0, 20)), ((30, 0), (60, 0), (60, 20), (30, 20))
    lines = [Line("abc", polygon=left, name="page.png", data=page), *CLEAN[3:]]
    manifest = write(tmp_path, [*lines, Line("cab", polygon=right, name="page.png", data=page)])
    whole = manifest.read_bytes()
    manifest.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    run(manifest, cache)
    manifest.write_bytes(whole)
    warm = run(manifest, cache)
    assert warm.images_read == 1
    assert warm.spreads == run(manifest, None).spreads
    assert run(manifest, cache).images_read == 0


def test_an_image_that_goes_away_meanwhile_is_missing(manifest: Path, cache: Path) -> None:
    def take_away(done: int, total: int | None) -> None:
        (manifest.parent / "images" / "2.png").unlink(missing_ok=True)

    found = examine(str(manifest), reader(), cache=cache, workers=1, progress=take_away)
    assert "image.missing" in rules(found)


def _examine_often(manifest: str, cache: str) -> list[tuple[str, ...]]:
    return [tuple(rules(run(manifest, Path(cache)))) for _ in range(4)]


def test_two_examinations_can_share_a_cache(manifest: Path, cache: Path) -> None:
    others = [write(manifest.parent.parent / f"data-{i}", [*CLEAN, Line("a", data=b"bad")]) for i in range(3)]
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(4, mp_context=context) as pool:
        jobs = [pool.submit(_examine_often, str(place), str(cache)) for place in (manifest, *others)]
        found = {rule for job in jobs for rule in job.result()}
    assert found == {tuple(rules(run(manifest, None)))}
    assert all(run(place, cache).images_read == 0 for place in (manifest, *others))


def test_a_cache_that_another_process_is_making_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "examined.sqlite"
    other = sqlite3.connect(path, check_same_thread=False)
    other.execute("PRAGMA application_id = 0x474C5950")
    other.execute("BEGIN IMMEDIATE")  # under which SQLite begins no write-ahead log, nor waits for it to end
    release = threading.Timer(0.2, other.close)
    release.start()
    with open_cache(path) as cache:
        assert cache is not None
        assert cache.recall("", {}).contents == {}
    release.join()


@pytest.mark.parametrize("start", [100, 4096 + 30, 2 * 4096 + 30])
def test_a_damaged_cache_is_begun_anew(start: int, manifest: Path, cache: Path) -> None:
    cold = run(manifest, cache)
    with sqlite3.connect(cache) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(cache.read_bytes())
    data[start:] = os.urandom(len(data) - start)
    cache.write_bytes(data)
    assert run(manifest, cache).findings == cold.findings
    assert run(manifest, cache).images_read == 0


def test_a_file_that_is_no_cache_is_refused_and_kept(manifest: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("not a cache")
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    for place in (notes, other, tmp_path):
        with pytest.raises(StateError, match=r"not an examination cache|is a folder"):
            run(manifest, place)
    assert notes.read_text() == "not a cache"


def test_what_older_code_measured_is_forgotten(
    manifest: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(manifest, cache)
    monkeypatch.setattr("corpus.examine.cache.VERSION", VERSION + 1)
    assert run(manifest, cache).images_read == FILES


def test_an_object_store_is_listed_and_its_changes_noticed(manifest: Path, cache: Path) -> None:
    place = UPath("memory://examined/data")
    for file in (manifest, *manifest.parent.glob("images/*")):
        target = place / str(file.relative_to(manifest.parent))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    there = str(place / "manifest.jsonl")
    cold, warm = run(there, cache), run(there, cache)
    assert (cold.images_read, warm.images_read) == (FILES, 0)
    assert rules(cold) == rules(warm) == rules(run(manifest, None))
    (place / "images" / "1.png").write_bytes(encoded(picture(6)))
    (place / "images" / "2.png").unlink()
    harmed = rules(run(there, cache))
    assert "image.changed" in harmed
    assert "image.missing" in harmed
