"""What a plan would send to each endpoint at most, before it starts."""

from __future__ import annotations

from evals.endpoints.book import endpoint
from evals.endpoints.entry import Endpoint, endpoint_name
from evals.endpoints.spend import Spend, over_cap, tokens_of
from evals.plan import Plan, chosen_items
from evals.tasks import Task, items, task

WRITTEN_CHOICE_TOKENS = 64  # most that a choice in words may take
LISTED_TOKENS = 60  # of the choices, where a chat model is told them
DEFAULT_TOKENS = 256


def estimates(plan: Plan) -> dict[str, Spend]:
    """Most requests and tokens by endpoint (``endpoint:NAME``); retries are beyond that."""
    found: dict[str, Spend] = {}
    for model in plan.models:
        if (name := endpoint_name(model)) is not None:
            one = endpoint(name)
            parts = [_of_task(one, task(each), plan.limit, plan.seed) for each in plan.tasks]
            found[one.model_name] = sum(parts, Spend())
    return found


def sentences(plan: Plan) -> list[str]:
    """One for each endpoint: what it may take, what that costs, and the cap that will stop it."""
    found = []
    for model, most in estimates(plan).items():
        one = endpoint(str(endpoint_name(model)))
        usd = most.usd(one)
        price = "not priced" if usd is None else f"at most ${usd:,.2f}"
        cap = over_cap(one, most)
        found.append(
            f"{model}: {most.requests:,} requests, about {most.prompt_tokens:,} prompt and at most "
            f"{most.output_tokens:,} output tokens, {price}" + (f"; would stop at {cap}" if cap else "")
        )
    return found


def _of_task(one: Endpoint, what: Task, limit: int | None, seed: int) -> Spend:
    listed = items(what.config["metadata"]["items"])
    prompts = [tokens_of(listed[index]["prompt"]) for index in chosen_items(what, limit, seed)]
    if what.output_type == "multiple_choice" and one.multiple_choice == "likelihood":
        choices = [len(listed[index].get("labels", "1234")) for index in chosen_items(what, limit, seed)]
        spent = sum(tokens * n for tokens, n in zip(prompts, choices, strict=True))
        return Spend(requests=sum(choices), prompt_tokens=spent, output_tokens=sum(choices))
    if what.output_type == "multiple_choice":
        told = LISTED_TOKENS if one.kind == "chat" else 0
        prompt = sum(prompts) + told * len(prompts)
        return Spend(requests=len(prompts), prompt_tokens=prompt, output_tokens=WRITTEN_CHOICE_TOKENS * len(prompts))
    longest = int(what.config.get("generation_kwargs", {}).get("max_gen_toks", DEFAULT_TOKENS))
    return Spend(requests=len(prompts), prompt_tokens=sum(prompts), output_tokens=longest * len(prompts))
