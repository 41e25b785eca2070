"""Hostile archives: refused as the table of bad inputs says, by its number there."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from tests.evals.importing.examples import eval_archive, inspect_log, refusal


def test_row_39_a_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", " " * 20_000_000)
    assert "zip bomb" in refusal(path)


def test_row_39_a_member_that_unpacks_to_more_than_it_says(tmp_path: Path) -> None:
    path = eval_archive(tmp_path / "log.eval", inspect_log(["C", "I"]))
    raw = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("header.json").file_size
    path.write_bytes(raw.replace(struct.pack("<I", size), struct.pack("<I", size - 9)))
    assert "header.json" in refusal(path)


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "a/../../x", "..\\x", "C:\\x"])
def test_row_41_a_member_outside_the_archive(tmp_path: Path, name: str) -> None:
    path = eval_archive(tmp_path / "log.eval", inspect_log(["C"]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "x")
    assert "leads out of the archive" in refusal(path)


def test_row_42_an_encrypted_member(tmp_path: Path) -> None:
    path = eval_archive(tmp_path / "log.eval", inspect_log(["C"]))
    raw = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        where = raw.index(signature)
        raw[where + at] |= 1
    path.write_bytes(raw)
    assert "is encrypted" in refusal(path)
