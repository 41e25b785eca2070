"""Members of a ZIP archive from somebody else: judged by its directory first, read within limits, never unpacked.

Inspect compresses with Zstandard (method 93), which Python 3.11's ``zipfile`` does not read.
"""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path, PurePosixPath

import zstandard

from evals.importing.refusal import Refused

ZSTANDARD = 93
ENCRYPTED = 0x1
MOST_MEMBERS = 200_000
MOST_BYTES = 4 * 2**30  # of everything, unpacked
MOST_MEMBER_BYTES = 512 * 2**20
MOST_RATIO, RATIO_MATTERS_FROM = 250, 2**20  # text of logs packs up to some 100 times


class Archive:
    """An open archive whose directory is harmless. Raises Refused, here and on read."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
            self._zip = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise Refused(f"not a ZIP archive, or one that is cut short ({error})") from error
        self._members = {info.filename: info for info in self._zip.infolist()}
        if len(self._members) != len(self._zip.infolist()):
            raise Refused("two members of the archive have one name")
        if len(self._members) > MOST_MEMBERS:
            raise Refused(f"{len(self._members):,} members; at most {MOST_MEMBERS:,} are read")
        for info in self._members.values():
            _check(info)
        total = sum(info.file_size for info in self._members.values())
        if total > MOST_BYTES:
            raise Refused(f"unpacks to {total / 2**30:.1f} GB; at most {MOST_BYTES // 2**30} GB are read")

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._file.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Its members."""
        return tuple(self._members)

    def read(self, name: str) -> bytes:
        """One member, unpacked; no more of it than the directory announces."""
        info = self._members[name]
        try:
            raw = self._zstandard(info) if info.compress_type == ZSTANDARD else self._stored(info)
        except (zipfile.BadZipFile, NotImplementedError, zstandard.ZstdError, struct.error, EOFError) as error:
            raise Refused(f"{name[:80]} cannot be unpacked ({error})") from error
        if len(raw) != info.file_size:
            raise Refused(f"{name[:80]} unpacks to another size than announced")
        return raw

    def _stored(self, info: zipfile.ZipInfo) -> bytes:
        with self._zip.open(info) as member:
            return member.read(info.file_size + 1)

    def _zstandard(self, info: zipfile.ZipInfo) -> bytes:
        self._file.seek(info.header_offset)
        header = self._file.read(30)
        if header[:4] != b"PK\x03\x04":
            raise Refused(f"{info.filename[:80]}: no member begins where the directory says")
        name, extra = struct.unpack("<HH", header[26:30])
        self._file.seek(name + extra, io.SEEK_CUR)
        packed = io.BytesIO(self._file.read(info.compress_size))
        with zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as reader:
            return reader.read(info.file_size + 1)


def _check(info: zipfile.ZipInfo) -> None:
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or ".." in PurePosixPath(name).parts or name[1:2] == ":":
        raise Refused(f"a member's name leads out of the archive: {info.filename[:80]!r}")
    if info.flag_bits & ENCRYPTED:
        raise Refused(f"{name[:80]} is encrypted")
    ratio = info.file_size / max(1, info.compress_size)
    if info.file_size > MOST_MEMBER_BYTES or (info.file_size > RATIO_MATTERS_FROM and ratio > MOST_RATIO):
        size = info.file_size / 2**20
        raise Refused(f"{name[:80]} unpacks to {size:,.0f} MB, {ratio:,.0f} times its size: a zip bomb?")
