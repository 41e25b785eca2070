"""Keys for caches of results that depend on large values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Same(Generic[T]):
    """Equal only where both hold the very same object, which no other can replace while a cache keeps the key."""

    value: T

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


@dataclass(frozen=True)
class Told(Generic[T]):
    """Equal where both say the same of themselves: for values made anew each time whose ``repr`` shows all of them."""

    text: str
    value: T = field(compare=False)


def told(value: T) -> Told[T]:
    """A value known by what it says."""
    return Told(repr(value), value)
