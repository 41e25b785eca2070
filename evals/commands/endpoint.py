"""``endpoint``: name a server with an OpenAI-compatible API, find out what works there, list, forget."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, cast

import typer

from evals.commands.arguments import Json, say, told
from evals.endpoints.book import LOCAL_URLS, SELLERS, endpoint, endpoints, remove, save
from evals.endpoints.entry import Endpoint, Kind
from evals.endpoints.findings import Findings, said
from evals.names import known

app = typer.Typer(help="Models behind an OpenAI-compatible API.", no_args_is_help=True, add_completion=False)
Name = Annotated[str, typer.Argument(help="What to call it here, such as our-vllm.")]
SERVERS = ", ".join(f"{name} {url}" for name, url in LOCAL_URLS.items())


@app.command()
def add(
    name: Name,
    model: Annotated[str, typer.Option(help="The model's name on the server.")],
    url: Annotated[str | None, typer.Option(help=f"Base URL. Usual ones: {SERVERS}.")] = None,
    seller: Annotated[str | None, typer.Option(help=f"In place of a URL: {', '.join(SELLERS)}.")] = None,
    kind: Annotated[str | None, typer.Option(help="completions or chat; chosen by the check if left out.")] = None,
    key_env: Annotated[str | None, typer.Option(help="Environment variable that holds the key.")] = None,
    concurrency: Annotated[int, typer.Option(help="Requests under way at once.")] = 4,
    timeout_s: Annotated[float, typer.Option(help="Longest time for one answer, in seconds.")] = 120.0,
    precision: Annotated[str, typer.Option(help="What its owner says of the precision, such as FP8.")] = "",
    hardware: Annotated[str, typer.Option(help="What its owner says it runs on.")] = "",
    max_requests: Annotated[int | None, typer.Option(help="Most requests a run.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Most tokens a run, prompt and output.")] = None,
    max_usd: Annotated[float | None, typer.Option(help="Most dollars a run; needs both prices.")] = None,
    prompt_price: Annotated[float | None, typer.Option(help="Dollars a million prompt tokens.")] = None,
    output_price: Annotated[float | None, typer.Option(help="Dollars a million output tokens.")] = None,
    as_json: Json = False,
) -> None:
    """Check a server with a few tiny requests and keep it under a name; one that does not answer is not kept."""
    with told():
        if (url is None) == (seller is None):
            raise ValueError("give either --url or --seller")
        usual_url, usual_key = SELLERS[known("seller", seller, SELLERS)] if seller else (str(url), "")
        given = Endpoint(
            name=name,
            base_url=usual_url,
            model=model,
            kind=_kind(kind) or "chat",
            key_env=usual_key if key_env is None else key_env,
            concurrency=concurrency,
            timeout_s=timeout_s,
            precision=precision,
            hardware=hardware,
            max_requests_per_run=max_requests,
            max_tokens_per_run=max_tokens,
            max_usd_per_run=max_usd,
            usd_per_mtok_prompt=prompt_price,
            usd_per_mtok_output=output_price,
            seller=seller or "",
        )
        found = _checked(given, _kind(kind))
    _tell(found, as_json, "; evaluate it with: python -m evals run --models " + given.model_name)


@app.command()
def check(
    name: Name,
    kind: Annotated[str | None, typer.Option(help="Change to completions or chat; stays if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Ask again what works there, and keep what was proven."""
    with told():
        one = endpoint(name)
        found = _checked(one, _kind(kind) or one.kind)
    _tell(found, as_json, "")


@app.command("list")
def list_endpoints(as_json: Json = False) -> None:
    """All endpoints that are defined here."""
    with told():
        every = endpoints()
    text = "\n".join(f"{one.model_name}  {one.kind}  {one.model}  {one.base_url}" for one in every.values())
    listed = {"endpoints": [asdict(one) for one in every.values()]}
    say(listed, as_json, text or "no endpoints yet: python -m evals endpoint add NAME --url URL --model MODEL")


@app.command("remove")
def remove_endpoint(name: Name, as_json: Json = False) -> None:
    """Forget an endpoint; its results stay."""
    with told():
        remove(name)
    say({"removed": name}, as_json, f"removed {name}; what was measured with it stays")


def _checked(one: Endpoint, kind: Kind | None) -> Findings:
    from evals.engines.endpoint_check import check as ask

    found = ask(one, kind)
    if found.works:
        save(found.endpoint)
    return found


def _tell(found: Findings, as_json: bool, then: str) -> None:
    value: dict[str, Any] = found.as_json()
    say(value, as_json, said(found) + (f"\nkept{then}" if found.works else ""))
    if not found.works:
        raise typer.Exit(1)


def _kind(given: str | None) -> Kind | None:
    return cast(Kind, known("kind", given, ("completions", "chat"))) if given else None
