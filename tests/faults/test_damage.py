"""A store that was cut, flipped, robbed of its log, filled up or shared: named, kept, never shown wrong."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from evals import disk, sink
from evals.disk import short_of_disk
from evals.home import ROOT
from evals.schema import CELLS, RUNS
from evals.store import DiskFull, Row, Store, StoreError

FLIPS = 60
ITEMS = 300  # of each cell: few enough to be quick, and most of the file is rows
SAID = ("altered", "damaged", "cannot be", "lost", "not the one", "not those that were summed up")
RUN = {"run": "r", "digest": "d", "plan": "{}", "state": "running", "created": 1.0, "provenance": "{}"}
CELL = {"run": "r", "model": "m", "position": 0, "state": "queued", "items_total": 300, "task": "t"}
VARIANT = {"model": "m", "weight_bytes": 1000, "bits_per_weight": 4.5, "facts": "{}"}


def item(number: int, cell_key: str = "c0") -> Row:
    said = f"the answer to question {number}, and how it was reached: " + "step by step " * 4
    key = {"item_key": f"{cell_key}-{number:04d}", "cell_key": cell_key, "item": f"i{number}"}
    return {**key, "score": float(number % 2), "metrics": '{"right": 1.0}', "output": said}


def filled(path: Path) -> Store:
    store = Store(path)
    cells = [{**CELL, "quantization": f"q{n}", "variant_key": f"v{n}", "cell_key": f"c{n}"} for n in range(3)]
    store.add_run(RUN, cells)
    for n in range(3):
        store.add_variant({**VARIANT, "variant_key": f"v{n}", "quantization": f"q{n}"})
        store.add_items([item(number, f"c{n}") for number in range(ITEMS)])
    store.summaries(["c0", "c1", "c2"])
    return store


def shown(store: Store) -> list[object]:
    """Everything that pages and reports read."""
    runs = [{k: row[k] for k in (c.name for c in RUNS.columns)} for row in store.runs()]
    cells = [{k: row[k] for k in (c.name for c in CELLS.columns)} for row in store.cells("r")]
    said = ("item", "score", "output", "metrics")
    items = [sorted(tuple(row[name] for name in said) for row in store.items(f"c{n}")) for n in range(3)]
    keys = ["c0", "c1", "c2"]
    return [runs, cells, dict(sorted(store.variants().items())), items, store.scores(keys), store.summaries(keys)]


@pytest.mark.parametrize("whole_bytes", [128 * 2**20, 0], ids=["small", "large"])
def test_no_flipped_bit_changes_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole_bytes: int
) -> None:
    """Also in a store that is too large to be looked at whole when it is opened."""
    monkeypatch.setattr("evals.sqlite.WHOLE_BYTES", whole_bytes)
    filled(tmp_path / "whole.sqlite").close()
    whole = (tmp_path / "whole.sqlite").read_bytes()
    right = shown(Store(tmp_path / "whole.sqlite"))
    random, noticed = Random(9), 0
    for number in range(FLIPS):
        place = tmp_path / str(number)
        place.mkdir()
        bit = random.randrange(len(whole) * 8)
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << (bit % 8)
        (place / "whole.sqlite").write_bytes(flipped)
        shutil.copy(tmp_path / "whole.id", place / "whole.id")
        try:
            store = Store(place / "whole.sqlite")
            assert shown(store) == right, f"bit {bit} changed what is shown"
            store.close()
        except StoreError as error:
            noticed += 1
            assert any(word in str(error) for word in SAID), error
        shutil.rmtree(place)
    print(f"{noticed} of {FLIPS} flipped bits noticed; the rest lay where nothing is kept")
    assert noticed > FLIPS // 2


def test_of_a_damaged_large_store_no_backup_is_made_and_a_check_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.sqlite.WHOLE_BYTES", 0)
    path = tmp_path / "s.sqlite"
    filled(path).close()
    with closing(sqlite3.connect(path)) as raw:
        [(page,)] = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'items_of_cell'").fetchall()
        [(size,)] = raw.execute("PRAGMA page_size").fetchall()
    damaged = bytearray(path.read_bytes())
    damaged[(page - 1) * size + 200 : page * size] = Random(4).randbytes(size - 200)
    path.write_bytes(damaged)
    store = Store(path)
    for look in (store.back_up, store.backend.verify_pages):
        with pytest.raises(StoreError, match=r"damaged|cannot be read"):
            look()
    assert not (tmp_path / "backups").exists()


@pytest.mark.parametrize("whole_bytes", [128 * 2**20, 0], ids=["small", "large"])
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_cut_store_is_refused_and_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: float, whole_bytes: int
) -> None:
    monkeypatch.setattr("evals.sqlite.WHOLE_BYTES", whole_bytes)
    path = tmp_path / "s.sqlite"
    filled(path).close()
    cut = path.read_bytes()[: int(path.stat().st_size * kept)]
    path.write_bytes(cut)
    with pytest.raises(StoreError, match=r"move it away to start anew"):
        shown(Store(path))
    assert path.read_bytes() == cut


def test_random_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    filled(path).close()
    path.write_bytes(Random(3).randbytes(50_000))
    with pytest.raises(StoreError, match="cannot be read"):
        Store(path)


def test_a_killed_process_loses_nothing_but_a_deleted_log_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    code = (
        "import os, sys; from pathlib import Path; from tests.faults.test_damage import filled\n"
        "store = filled(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, env=environment, check=False)
    wal = tmp_path / "s.sqlite-wal"
    assert wal.stat().st_size > 0
    shutil.copytree(tmp_path, tmp_path / "copy")
    assert len(Store(tmp_path / "copy" / "s.sqlite").items("c2")) == ITEMS
    wal.unlink()
    with pytest.raises(StoreError, match="lost its"):
        Store(path)


def test_a_flipped_bit_in_the_log_is_noticed(tmp_path: Path) -> None:
    store = filled(tmp_path / "s.sqlite")
    wal = (tmp_path / "s.sqlite-wal").read_bytes()
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("s.sqlite", "s.id"):
        shutil.copy(tmp_path / name, copy / name)
    flipped = bytearray(wal)
    flipped[len(wal) // 2] ^= 1
    (copy / "s.sqlite-wal").write_bytes(flipped)
    store.close()
    with pytest.raises(StoreError, match=r"lost its last \d+ writes"):
        Store(copy / "s.sqlite")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB, where this machine lets us make one."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no small file system can be mounted here: {made.stderr.strip() or 'mount failed'}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_loses_nothing_and_work_goes_on_once_there_is_room(small_disk: Path) -> None:
    store = filled(small_disk / "s.sqlite")
    assert short_of_disk(small_disk) == ""
    ballast = small_disk / "ballast"
    room = os.statvfs(small_disk)
    ballast.write_bytes(b"x" * (room.f_bavail * room.f_frsize - 60_000))
    assert "free some space" in short_of_disk(small_disk)
    acknowledged = 0
    with pytest.raises(DiskFull, match="no result was lost"):
        for number in range(1000):
            store.add_items([item(number, "more")])
            acknowledged = number + 1
    assert len(store.items("more")) == acknowledged and len(store.items("c0")) == ITEMS
    ballast.unlink()
    assert short_of_disk(small_disk) == ""
    store.add_items([item(number, "more") for number in range(acknowledged, acknowledged + 50)])
    store.close()
    assert len(Store(small_disk / "s.sqlite").items("more")) == acknowledged + 50


def test_a_sink_waits_for_room_and_then_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = ["only 3 MiB are free", "only 3 MiB are free", ""]
    monkeypatch.setattr(sink, "short_of_disk", lambda _: answers.pop(0) if answers else "")
    monkeypatch.setattr(sink, "DISK_POLL_S", 0.01)
    store = filled(tmp_path / "s.sqlite")
    waiting = sink.ItemSink.__new__(sink.ItemSink)
    waiting._store, waiting._cell = store, {"run": "r"}
    waiting._wait_for_disk()
    assert answers == []
    store.set_run("r", state="cancelled")
    answers.append("only 3 MiB are free")
    with pytest.raises(sink.Stopped):
        waiting._wait_for_disk()


def test_a_big_disk_keeps_half_a_gibibyte_and_a_small_one_a_twentieth(monkeypatch: pytest.MonkeyPatch) -> None:
    def room(free_mib: int, whole_mib: int) -> str:
        monkeypatch.setattr(
            disk.os, "statvfs", lambda _: os.statvfs_result((4096, 2**20, whole_mib, free_mib, free_mib, 0, 0, 0, 0, 0))
        )
        return short_of_disk(Path("/"))

    assert room(511, 100_000) and not room(512, 100_000)
    assert room(4, 100) and not room(5, 100)


def test_two_apps_on_one_store_agree_on_one_run(tmp_path: Path) -> None:
    stores = [Store(tmp_path / "s.sqlite") for _ in range(8)]
    cells = [{**CELL, "quantization": "q", "variant_key": "v", "cell_key": "c"}]

    def start(number: int) -> str:
        mine = [{**cell, "run": f"r{number}"} for cell in cells]
        return stores[number].add_run({**RUN, "run": f"r{number}"}, mine)

    with ThreadPoolExecutor(8) as crowd:
        assert len(set(crowd.map(start, range(8)))) == 1
        run = stores[0].runs()[0]["run"]
        everybody = [f"w{n}" for n in range(8)]
        claimed = list(crowd.map(lambda n: stores[n].claim_variant(run, f"w{n}", lambda: everybody), range(8)))
    assert sorted(map(len, claimed)) == [0] * 7 + [1]
