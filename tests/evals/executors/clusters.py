"""Small real clusters on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest


def node_arguments() -> dict[str, Any]:
    """One processor and no dashboard."""
    sizes = {"num_cpus": 1, "num_gpus": 0, "memory": 3 * 10**9, "object_store_memory": 80 * 2**20}
    return {**sizes, "include_dashboard": False}


@contextmanager
def small_cluster(nodes: int, environment: Mapping[str, str]) -> Iterator[Any]:
    """So many nodes; what they start finds ``environment``."""
    from ray.cluster_utils import Cluster

    patch = pytest.MonkeyPatch()
    patch.setattr("ray._private.ray_constants.RAY_DASHBOARD_STARTUP_TIMEOUT_S", 0)  # there is none to wait for
    started = Cluster()
    try:
        with patch.context() as first:
            for name, value in environment.items():
                first.setenv(name, value)
            for _ in range(nodes):
                started.add_node(**node_arguments())
        yield started
    finally:
        started.shutdown()
        patch.undo()
