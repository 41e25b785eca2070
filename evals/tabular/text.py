"""Bytes to text: what kind of file it really is, and how it was saved."""

from __future__ import annotations

from evals.tabular.table import TableError

SIGNATURES = {
    b"\x89PNG": "a PNG image", b"\xff\xd8\xff": "a JPEG image", b"GIF8": "a GIF image", b"%PDF": "a PDF document",
    b"\x7fELF": "a program", b"MZ\x90": "a Windows program", b"\x1f\x8b": "a gzip archive", b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive", b"SQLite format 3": "a database", b"PAR1": "a Parquet file",
}  # fmt: skip
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"
UTF16 = (b"\xff\xfe", b"\xfe\xff")


def is_really(raw: bytes) -> str:
    """What the first bytes say the file is, "" where they could be text."""
    if raw.startswith(ZIP):
        return "a ZIP archive or workbook"
    if raw.startswith(OLE):
        return "an old or encrypted Office document"
    return next((kind for start, kind in SIGNATURES.items() if raw.startswith(start)), "")


def decoded(raw: bytes, encoding: str, where: str, notes: list[str]) -> str:
    """The text; UTF-8 unless it says otherwise. Refuses other encodings with the byte they fail at, and NUL bytes."""
    if kind := is_really(raw):
        raise TableError(f"{where}: by its content this is {kind}, not text; upload the table itself")
    if not encoding and raw.startswith(UTF16):
        encoding = "utf-16"
        notes.append("saved as UTF-16; converted")
    elif not encoding and raw[:400].count(0) > 0.3 * len(raw[:400]):
        guess = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
        raise TableError(f"{where}: saved as UTF-16 without saying so; read it as {guess}", {"encoding": guess})
    try:
        text = raw.decode(encoding or "utf-8-sig")
    except LookupError as error:
        raise TableError(f"{where}: encoding {encoding!r} is not known; try utf-8 or windows-1252") from error
    except UnicodeDecodeError as error:
        if encoding and encoding.lower() not in ("utf-8", "utf-8-sig"):
            raise TableError(f"{where}: is not {encoding}: byte {error.start:,} does not fit; try another") from error
        line = raw[: error.start].count(b"\n") + 1
        guess = _eight_bit(raw)
        raise TableError(
            f"{where}: not UTF-8: byte {error.start:,} (line {line}) is 0x{raw[error.start]:02x}. It may be saved as "
            f"Latin-1; read it as {guess}, or save it as UTF-8",
            {"encoding": guess},
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise TableError(f"{where}: line {line} holds a NUL byte; the file is damaged or no text: export it again")
    if not text.strip():
        raise TableError(f"{where}: file is empty")
    return text.removeprefix("\ufeff")


def _eight_bit(raw: bytes) -> str:
    try:
        raw.decode("windows-1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "windows-1252"
