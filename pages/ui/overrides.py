"""The user's own prices as the pages use them: the same file the command line reads."""

from __future__ import annotations

from pricing.overrides import Row, identity, path, put, read, write

__all__ = ["Row", "identity", "path", "put", "read", "write"]
