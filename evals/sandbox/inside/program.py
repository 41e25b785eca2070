"""One program in its own process: bound first, then run; it answers with JSON on descriptor 3."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sys
from typing import Any, NoReturn

from . import seccomp
from .values import decode, encode

ANSWER = 3
others = 0  # tasks of the same user outside, which the kernel counts too
OUT_OF_MEMORY = b'{"memory": true}'  # made beforehand: there may be no memory left to make it


def run(request: dict[str, Any], *, stdin: int, stdout: int, answer: int) -> NoReturn:
    """Become the program of ``request``; never returns. Called in a freshly forked process."""
    try:
        os.dup2(stdin, 0)
        os.dup2(stdout, 1)
        os.dup2(stdout, 2)
        if answer != ANSWER:
            os.dup2(answer, ANSWER)
        os.closerange(ANSWER + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        seccomp.set_option(seccomp.PR_SET_PDEATHSIG, signal.SIGKILL)
        _limit(request["limits"])
        seccomp.install()
    except BaseException as problem:
        _write(json.dumps({"unbound": f"{type(problem).__name__}: {problem}"}).encode())
        os._exit(0)
    random.seed(0)
    _write(_answer(request))
    os._exit(0)


def _limit(limits: dict[str, int]) -> None:
    bounds = (
        (resource.RLIMIT_CPU, limits["cpu_s"], limits["cpu_s"] + 1),
        (resource.RLIMIT_AS, limits["memory_bytes"], limits["memory_bytes"]),
        (resource.RLIMIT_NPROC, limits["threads"] + others, limits["threads"] + others),
        (resource.RLIMIT_NOFILE, limits["open_files"], limits["open_files"]),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
    )
    for kind, soft, hard in bounds:
        resource.setrlimit(kind, (soft, hard))


def _answer(request: dict[str, Any]) -> bytes:
    try:
        return json.dumps(_outcome(request)).encode()
    except MemoryError as problem:
        problem.__traceback__ = None  # lets go of what the program still holds
        return OUT_OF_MEMORY
    except BaseException as problem:
        problem.__traceback__ = None
        return _error(problem)
    finally:
        _flush()


def _outcome(request: dict[str, Any]) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "__main__" if request["whole"] else "program", "__builtins__": __builtins__}
    code = compile(request["source"], "program.py", "exec", dont_inherit=True)
    if request["whole"]:
        try:
            exec(code, space)
        except SystemExit as leaving:
            if leaving.code not in (None, 0):
                raise
        return {"outputs": []}
    exec(code, space)
    function = space.get(request["name"])
    if not callable(function):
        return {"error": f"defines no function {request['name']!r}"}
    return {"outputs": [encode(function(decode(each))) for each in request["inputs"]]}


def _error(problem: BaseException) -> bytes:
    try:
        text = f"{type(problem).__name__}: {problem}"
    except BaseException:
        text = type(problem).__name__
    return json.dumps({"error": text[:500]}).encode()


def _flush() -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        return


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(ANSWER, data) :]
