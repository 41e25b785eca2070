"""What can be wrong with a store, told so that the reader knows what to do."""

from __future__ import annotations


class StoreError(RuntimeError):
    """The store cannot be used as it is; the message says what to do."""


class DiskFull(StoreError):
    """Nothing was written, nothing was lost; the same write can be tried again."""


class Away(StoreError):
    """The server is not there, or stopped a transaction in favour of another; the same can be tried again."""


class Fenced(StoreError):
    """A worker's lease ran out: its variant belongs to another by now, and nothing of this write was kept."""


class Archived(StoreError):
    """The items of a cell were put into a file; the message names it and how to bring them back."""
