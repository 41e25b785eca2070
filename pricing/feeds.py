"""Newer rental prices from files or addresses the user named. Off unless ``BITBUDGET_PRICE_FEEDS`` is set."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from pricing import overrides, skypilot

VARIABLE = "BITBUDGET_PRICE_FEEDS"
MOST_BYTES = 64 * 2**20
TIMEOUT_S = 30


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """What one feed brought; ``error`` says why it brought nothing."""

    provider: str
    url: str
    rows: int = 0
    date: str = ""
    left_out: Counter[str] | None = None
    error: str = ""


def configured() -> list[tuple[str, str]]:
    """(provider, address) of each feed. Raises ValueError where none is named or one cannot be read."""
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        raise ValueError(
            f"refresh is off: no price feed is named. Set {VARIABLE} to Provider=address pairs of SkyPilot-schema "
            "CSVs, separated by spaces, or import a file: python -m pricing offers import FILE.csv --provider NAME"
        )
    feeds = []
    for pair in text.split():
        provider, equals, url = pair.partition("=")
        if not (provider and equals and urlsplit(url).scheme in ("http", "https", "file")):
            raise ValueError(
                f"{VARIABLE} holds {pair!r}; give Provider=https://…, Provider=http://… or Provider=file://…"
            )
        feeds.append((provider, url))
    return feeds


def refresh() -> list[Refreshed]:
    """Read every feed and keep its offers as own prices. A feed that fails leaves what was kept before."""
    found = []
    for provider, url in configured():
        try:
            text, day = fetch(url)
            imported = keep(text.splitlines(), provider=provider, day=day, source=url)
        except (ValueError, OSError) as error:
            found.append(Refreshed(provider=provider, url=url, error=str(error)))
            continue
        found.append(
            Refreshed(
                provider=provider, url=url, rows=len(imported.rows), date=day.isoformat(), left_out=imported.left_out
            )
        )
    return found


def fetch(url: str) -> tuple[str, date]:
    """Text at the address and its day: when it was last changed, today where the server does not say."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
        body = answer.read(MOST_BYTES + 1)
        changed = answer.headers.get("Last-Modified")
    if len(body) > MOST_BYTES:
        raise ValueError(f"{url} is larger than {MOST_BYTES // 2**20} MiB; that is no price list")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{url} is not UTF-8 text; a price list is a CSV file") from error
    return text, min(parsedate_to_datetime(changed).date() if changed else date.today(), date.today())


def import_file(file: Path, *, provider: str, day: date) -> skypilot.Imported:
    """Keep the offers of a SkyPilot-schema file as own prices of that day. Raises ValueError, OSError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is not UTF-8 text; give a CSV file") from error
    return keep(text.splitlines(), provider=provider, day=day, source=file.name)


def keep(lines: list[str], *, provider: str, day: date, source: str) -> skypilot.Imported:
    """Store the offers in the place of those imported for the provider before."""
    imported = skypilot.read(lines, provider=provider, date=day.isoformat(), source=source)
    name = imported.rows[0]["provider"]
    others = [row for row in overrides.read() if not (row.get("imported") and row.get("provider") == name)]
    overrides.write([*others, *imported.rows])
    return imported


def forget(source: str) -> int:
    """Remove what was imported from ``source``; returns how many offers went."""
    rows = overrides.read()
    left = [row for row in rows if row.get("imported") != source]
    overrides.write(left)
    return len(rows) - len(left)
