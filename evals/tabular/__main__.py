"""The child process that reads one file: its bytes on standard input, the table as JSON on standard output."""

from __future__ import annotations

import json
import resource
import sys

from evals.tabular.reading import CPU_S, MEMORY_BYTES, child


def limit() -> None:
    """From here on only so much memory and computing time, and no file is written."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    name, options = sys.argv[1:]
    json.dump(child(sys.stdin.buffer.read(), name, options, limit), sys.stdout, ensure_ascii=True)
