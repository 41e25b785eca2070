"""Tests of a function as a cell: ``f(3) == 9`` a line, with or without ``assert``. Read, never run."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any


class TestsError(ValueError):
    """A cell that holds no tests we can read."""

    __test__ = False  # not a class of tests


@dataclass(frozen=True, kw_only=True)
class Tests:
    """The function's name, the arguments of each call and what it has to return."""

    __test__ = False

    function: str
    inputs: list[tuple[Any, ...]]
    outputs: list[Any]

    def __bool__(self) -> bool:
        return bool(self.inputs)


def parsed_tests(cell: str) -> Tests:
    """Calls with plain values on the left of ``==``, the result on the right. Raises TestsError naming the line."""
    try:
        body = ast.parse(cell).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise TestsError("is not Python; write tests such as f(3) == 9, one a line") from error
    names, inputs, outputs = set[str](), list[tuple[Any, ...]](), list[Any]()
    for statement in body:
        test = statement.test if isinstance(statement, ast.Assert) else getattr(statement, "value", None)
        match test:
            case ast.Compare(
                left=ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]), ops=[ast.Eq()], comparators=[wanted]
            ):
                try:
                    values, output = tuple(ast.literal_eval(a) for a in arguments), ast.literal_eval(wanted)
                except (ValueError, TypeError, RecursionError) as error:
                    raise TestsError(f"line {statement.lineno} holds more than plain values; write them out") from error
                names.add(name)
                inputs.append(values)
                outputs.append(output)
            case _:
                raise TestsError(f"line {statement.lineno} is no test such as f(3) == 9")
    if len(names) > 1:
        raise TestsError(f"tests {len(names)} functions ({', '.join(sorted(names))}); test one")
    return Tests(function=next(iter(names), ""), inputs=inputs, outputs=outputs)
