"""What the nodes of a run would cost to rent by the hour: the cheapest offer on demand for each machine's cards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from decisions.wording import money
from evals.executors.nodes import Node, NodeState
from pricing.catalogue import PriceBook
from pricing.lookup import accelerator
from pricing.offers import STALE_AFTER_DAYS, Offer

NO_OFFER = "no offer for this machine"
ORDER: tuple[NodeState, ...] = ("alive", "last seen", "left out", "lost")
MARKS: dict[NodeState, str] = {
    "alive": "✔ alive",
    "last seen": "○ last seen",
    "left out": "– left out",
    "lost": "✖ lost",
}
SHOWN = 3  # variants named in one cell of the table


@dataclass(frozen=True, kw_only=True)
class NodeCost:
    """A node and the cheapest offer for as many of its cards; ``offer`` None without a GPU, or where none is known."""

    node: Node
    offer: Offer | None
    stale: bool = False  # the price is older than 90 days

    @property
    def usd_per_hour(self) -> float | None:
        """None is not free: nobody is known to rent this machine out."""
        return self.offer.usd_per_hour if self.offer else None

    @property
    def machine(self) -> str:
        """``16 CPU, 2 × NVIDIA L4``."""
        node = self.node
        cards = f", {node.gpus:g} × {node.accelerator or 'unknown GPU'}" if node.gpus else ""
        return f"{node.cpus:g} CPU{cards}"

    @property
    def state(self) -> str:
        """A shape and a word."""
        return MARKS[self.node.state]

    @property
    def running(self) -> str:
        """What it evaluates now."""
        return _listed(self.node.running)

    @property
    def done(self) -> str:
        """``5 cells: tiny-1m @ nf4 …``."""
        count = self.node.cells_done
        return f"{count} cell{'' if count == 1 else 's'}: {_listed(list(self.node.done))}" if count else ""

    @property
    def price(self) -> str:
        """``$1.49 an hour``, or that there is none."""
        return f"{money(self.usd_per_hour)} an hour" if self.offer else NO_OFFER

    @property
    def source(self) -> str:
        """``Vast.ai H100-SXM ×2, 2026-05-24``."""
        return f"{self.offer.label}, {self.offer.date}" if self.offer else ""


def node_costs(nodes: Iterable[Node], book: PriceBook) -> list[NodeCost]:
    """The nodes at work first, those that were lost last, each with its offer."""
    offers = [(node, _offer(node, book)) for node in nodes]
    found = [NodeCost(node=node, offer=o, stale=o is not None and o.stale(book.as_of)) for node, o in offers]
    return sorted(found, key=lambda one: ORDER.index(one.node.state))


def nodes_sentence(costs: Sequence[NodeCost]) -> str:
    """How many nodes work and what those cost an hour; a node without an offer is named, never counted as free."""
    working = [one for one in costs if one.node.state == "alive"]
    said = [_counted(costs)]
    known = [one.usd_per_hour for one in working if one.usd_per_hour is not None]
    if known:
        unpriced = len(working) - len(known)
        whose = f" for {len(known)} of them; for {unpriced} there is no offer" if unpriced else ""
        said.append(f"At the cheapest offers on demand: {money(sum(known))} an hour{whose}.")
        if old := [one.offer.date for one in working if one.offer and one.stale]:
            said.append(f"The oldest of these prices is of {min(old)}, more than {STALE_AFTER_DAYS} days ago.")
    elif working:
        said.append("Our offers name none of these machines, so what they cost an hour is not known.")
    return " ".join(said)


def _counted(costs: Sequence[NodeCost]) -> str:
    numbers = {state: sum(one.node.state == state for one in costs) for state in ORDER}
    alive = numbers.pop("alive")
    first = f"{alive} node{'' if alive == 1 else 's'} at work" if alive or not numbers["last seen"] else ""
    words = {"last seen": "no longer watched", "left out": "left out", "lost": "lost"}
    rest = [f"{count} {words[state]}" for state, count in numbers.items() if count]
    return f"{', '.join([*([first] if first else []), *rest])}."


def _offer(node: Node, book: PriceBook) -> Offer | None:
    whole = int(node.gpus)
    card = accelerator(node.accelerator) if node.accelerator and whole == node.gpus and whole else None
    return book.offer(card.name, whole) if card else None


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
