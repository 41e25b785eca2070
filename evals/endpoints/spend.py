"""What a run spends at an endpoint: said before, counted during, stopped at the cap. The count survives a restart."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from data.files import write_atomically
from evals.endpoints.entry import Endpoint
from evals.home import home

CHARACTERS_A_TOKEN = 3.5  # of English text and code over usual tokenizers; only where a server counts nothing


class CapReached(RuntimeError):
    """The next request could go over a cap of the endpoint; what was answered is kept."""


@dataclass(frozen=True, kw_only=True)
class Spend:
    """Requests sent, tokens counted by the server or else estimated."""

    requests: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Spend) -> Spend:
        return Spend(
            requests=self.requests + other.requests,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
        )

    def usd(self, endpoint: Endpoint) -> float | None:
        """At the endpoint's own price; None where it has none."""
        prompt, output = endpoint.usd_per_mtok_prompt, endpoint.usd_per_mtok_output
        if prompt is None or output is None:
            return None
        return (self.prompt_tokens * prompt + self.output_tokens * output) / 1e6


def tokens_of(text: str) -> int:
    """About how many tokens a text has, rounded up."""
    return math.ceil(len(text) / CHARACTERS_A_TOKEN)


def over_cap(endpoint: Endpoint, spend: Spend) -> str:
    """Which cap this much would exceed, in words; "" if none."""
    usd = spend.usd(endpoint)
    seen: tuple[tuple[str, float | None, float | None], ...] = (
        ("max_requests_per_run", endpoint.max_requests_per_run, spend.requests),
        ("max_tokens_per_run", endpoint.max_tokens_per_run, spend.prompt_tokens + spend.output_tokens),
        ("max_usd_per_run", endpoint.max_usd_per_run, usd),
    )
    return next((f"{name} of {cap:g}" for name, cap, value in seen if cap and value is not None and value > cap), "")


class Meter:
    """Counts one run at one endpoint. Requests under way are reserved at the most they may take, so that several at
    once cannot pass a cap together."""

    def __init__(self, endpoint: Endpoint, run: str) -> None:
        self._endpoint = endpoint
        self._path = home() / "endpoints" / f"{run or 'check'}.{endpoint.name}.json"
        self.spent = Spend(**json.loads(self._path.read_text())) if run and self._path.exists() else Spend()
        self._reserved = Spend()
        self._keep = bool(run)

    def reserve(self, prompt: str, most_output_tokens: int) -> Spend:
        """Room for one request, to be given back with ``settle``; CapReached if there is none."""
        wanted = Spend(requests=1, prompt_tokens=tokens_of(prompt), output_tokens=most_output_tokens)
        if why := over_cap(self._endpoint, self.spent + self._reserved + wanted):
            raise CapReached(why)
        self._reserved += wanted
        return wanted

    def stopped(self, why: str) -> CapReached:
        """The end of a run at a cap, with what was spent until then."""
        done = self.spent
        usd = done.usd(self._endpoint)
        price = f", ${usd:.4g}" if usd is not None else ""
        return CapReached(
            f"endpoint {self._endpoint.name!r} stopped before {why}: {done.requests:,} requests and "
            f"{done.prompt_tokens + done.output_tokens:,} tokens so far{price}. What was answered is kept; raise the "
            "cap in endpoints.yaml and resume the run"
        )

    def settle(self, reserved: Spend, spent: Spend) -> None:
        """Replace a reservation by what was really spent, and keep the sum on disk."""
        self._reserved = replace(
            self._reserved,
            requests=self._reserved.requests - reserved.requests,
            prompt_tokens=self._reserved.prompt_tokens - reserved.prompt_tokens,
            output_tokens=self._reserved.output_tokens - reserved.output_tokens,
        )
        self.spent += spent
        if self._keep:
            self._write(self._path)

    def _write(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, json.dumps(asdict(self.spent)))
