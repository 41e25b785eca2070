"""What is known of one endpoint: its address and model, and what a check proved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from evals.endpoints.address import clean_url

PREFIX = "endpoint:"
Kind = Literal["completions", "chat"]
Form = Literal["likelihood", "generative"]
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,40}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
OPTIONAL_FIELDS = ("temperature", "stop", "seed", "max_tokens", "stream_options")
MOST_AT_ONCE = 64


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A model behind an OpenAI-compatible API.

    ``key_env`` names the environment variable with the key ("" for none); the key itself is never kept.
    ``multiple_choice`` says how such tasks are asked: "likelihood" only where a check proved that prompt
    log-probabilities are right. ``omits`` are request fields that the server refused. ``precision`` and ``hardware``
    are what the owner says runs there. Caps hold for each run; None is no cap. ``seller`` and ``seller_model`` say
    under which name its price is listed, ``usd_per_mtok_prompt`` and ``…_output`` a price of one's own.
    """

    name: str
    base_url: str
    model: str
    kind: Kind = "chat"
    key_env: str = ""
    concurrency: int = 4
    timeout_s: float = 120.0
    multiple_choice: Form = "generative"
    streams: bool = False
    omits: tuple[str, ...] = ()
    precision: str = ""
    hardware: str = ""
    max_requests_per_run: int | None = None
    max_tokens_per_run: int | None = None
    max_usd_per_run: float | None = None
    usd_per_mtok_prompt: float | None = None
    usd_per_mtok_output: float | None = None
    seller: str = ""
    seller_model: str = ""

    def __post_init__(self) -> None:
        whose = f"endpoint {self.name[:60]!r}"
        if not NAME.fullmatch(self.name):
            raise ValueError(
                f"name of {whose} must be 1 to 41 small letters, digits, dots, dashes or underscores, such as our-vllm"
            )
        object.__setattr__(self, "base_url", clean_url(self.base_url))
        if not self.model.strip() or len(self.model) > 300 or not self.model.isprintable():
            raise ValueError(f"model of {whose} must be the name its server lists, 1 to 300 printable characters")
        for field, valid in (("kind", get_args(Kind)), ("multiple_choice", get_args(Form))):
            if getattr(self, field) not in valid:
                raise ValueError(f"{field} of {whose} is {getattr(self, field)!r}; expected {' or '.join(valid)}")
        if self.multiple_choice == "likelihood" and self.kind != "completions":
            raise ValueError(f"multiple_choice of {whose} is likelihood; that needs kind completions")
        if self.key_env and not VARIABLE.fullmatch(self.key_env):
            raise ValueError(
                f"key_env of {whose} must be the name of an environment variable, such as OPENAI_API_KEY, not the key"
            )
        if not isinstance(self.concurrency, int) or not 1 <= self.concurrency <= MOST_AT_ONCE:
            raise ValueError(f"concurrency of {whose} is {self.concurrency!r}; expected 1 to {MOST_AT_ONCE}")
        if not 0 < self.timeout_s <= 3600:
            raise ValueError(f"timeout_s of {whose} is {self.timeout_s!r}; expected more than 0, at most 3600 seconds")
        if odd := [field for field in self.omits if field not in OPTIONAL_FIELDS]:
            raise ValueError(f"omits of {whose} holds {odd[0]!r}; expected some of {', '.join(OPTIONAL_FIELDS)}")
        self._check_money(whose)

    def _check_money(self, whose: str) -> None:
        for field in ("max_requests_per_run", "max_tokens_per_run", "max_usd_per_run"):
            if (value := getattr(self, field)) is not None and not value > 0:
                raise ValueError(f"{field} of {whose} is {value!r}; give more than 0 or leave it out for no cap")
        for field in ("usd_per_mtok_prompt", "usd_per_mtok_output"):
            if (value := getattr(self, field)) is not None and not 0 <= value <= 10_000:
                raise ValueError(f"{field} of {whose} is {value!r}; expected 0 to 10000 dollars a million tokens")
        if self.max_usd_per_run is not None and (self.usd_per_mtok_prompt is None or self.usd_per_mtok_output is None):
            raise ValueError(
                f"max_usd_per_run of {whose} needs usd_per_mtok_prompt and usd_per_mtok_output to count against"
            )

    @property
    def model_name(self) -> str:
        """What plans, results and screens call it."""
        return PREFIX + self.name

    @property
    def is_greedy(self) -> bool:
        """Whether the server can be told to take the likeliest token each time."""
        return "temperature" not in self.omits


def endpoint_name(model_name: str) -> str | None:
    """``endpoint:our-vllm`` → ``our-vllm``; None for any other model."""
    return model_name.removeprefix(PREFIX) if model_name.startswith(PREFIX) else None
