"""Column arithmetic with the working written out, as at school: ``86+57: 6+7=13 8+5+1=14 so 143``."""

from __future__ import annotations

from itertools import zip_longest

from data.models.generators.items import apply


def written_out(op: str, a: int, b: int) -> str:
    """``a op b`` column by column from the right, then the result; ``*`` needs ``a`` of one digit, ``-`` ``a >= b``."""
    columns = {"+": _added, "-": _subtracted, "*": _multiplied}[op](a, b)
    return f"{a}{op}{b}: {' '.join(columns)} so {apply(op, a, b)}"


def _columns(a: int, b: int) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in zip_longest(str(a)[::-1], str(b)[::-1], fillvalue="0")]


def _added(a: int, b: int) -> list[str]:
    written, carry = [], 0
    for x, y in _columns(a, b):
        total = x + y + carry
        written.append(f"{x}+{y}{'+1' if carry else ''}={total}")
        carry = total // 10
    return written


def _subtracted(a: int, b: int) -> list[str]:
    written, borrowed = [], 0
    for x, y in _columns(a, b):
        x -= borrowed
        borrowed = int(x < y)
        x += 10 * borrowed
        written.append(f"{x}-{y}={x - y}")
    return written


def _multiplied(a: int, b: int) -> list[str]:
    written, carry = [], 0
    for x in map(int, str(b)[::-1]):
        total = a * x + carry
        written.append(f"{a}*{x}={a * x}" + (f"+{carry}={total}" if carry else ""))
        carry = total // 10
    return written
