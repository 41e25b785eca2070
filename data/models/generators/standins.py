"""Who stands in for whom: behind a name may lie another name, and only behind that what is asked.

One look-up after another in a single forward pass takes more layers than one look-up (Sanford, Hsu and Telgarsky 2024,
arXiv 2402.09268), so these items tell a shallow model from a deeper one.
"""

from __future__ import annotations

from random import Random


def stand_ins(random: Random, newcomers: list[str], known: list[str]) -> tuple[dict[str, str], str]:
    """For whom of the ``known`` each newcomer stands, and the list that says so: ``Ben Leo, Uma Kim``."""
    behind = {new: random.choice(known) for new in newcomers}
    return behind, ", ".join(f"{new} {old}" for new, old in behind.items())
