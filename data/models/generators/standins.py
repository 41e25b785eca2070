"""Who stands in for whom: behind a name may lie another name, and only behind that what is asked.

One look-up after another in a single forward pass takes more layers than one look-up (Sanford, Hsu and Telgarsky 2024,
arXiv 2402.09268), so these items tell a shallow model from a deeper one.
"""

from __future__ import annotations

from random import Random


def stand_ins(random: Random, newcomers: list[str], known: list[str]) -> tuple[dict[str, str], str]:
    """For whom of the ``known`` each newcomer stands, no two for the same one, and the list that says so.

    The list reads ``Ben Leo, Uma Kim``. There are at most as many newcomers as known.
    """
    behind = dict(zip(newcomers, random.sample(known, len(newcomers)), strict=True))
    return behind, ", ".join(f"{new} {old}" for new, old in behind.items())
