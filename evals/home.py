"""Where results live: ``BITBUDGET_HOME``, by default ``.bitbudget`` beside ``app.py``."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The folder for store, logs and overrides, created if absent; an unusable one is named."""
    path = Path(os.environ.get("BITBUDGET_HOME") or ROOT / ".bitbudget")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"BITBUDGET_HOME {str(path)!r} cannot be created ({error.strerror}); name another folder"
        ) from error
    return path


def home_name() -> str:
    """What tells the workers of this home from those of other machines on the same database: eight hex digits."""
    return hashlib.sha256(f"{socket.gethostname()} {home().resolve()}".encode()).hexdigest()[:8]
