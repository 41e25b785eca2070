"""Keys and passwords are taken out of what is written down: logs, reasons, answers."""

from __future__ import annotations

import logging
import os
import re

HIDDEN = "[hidden]"
SHAPES = re.compile(
    r"\bsk-[\w-]{16,}|\bhf_\w{16,}|\bgh[pousr]_\w{20,}|\bAKIA[0-9A-Z]{16}\b|\bAIza[\w-]{30,}"
    r"|(?<=Bearer )[\w.~+/=-]{12,}|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)
SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$")
LEAST_LENGTH = 8


def redacted(text: str) -> str:
    """The text without anything that looks like a key, or that a variable named like one holds."""
    for name, value in os.environ.items():
        if SECRET_NAME.search(name) and len(value) >= LEAST_LENGTH:
            text = text.replace(value, HIDDEN)
    return SHAPES.sub(HIDDEN, text)


class Redacting(logging.Formatter):
    """Formats a record, traceback included, and hides keys in it."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))
