"""``preflight``: what a model needs and whether it may run, before anything is downloaded; then the download."""

from __future__ import annotations

from typing import Annotated

import typer

from evals import hub, hub_info
from evals import preflight as judged
from evals.commands.arguments import Json, say, told


def preflight(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="org/name[@revision], a folder or a .gguf file.")],
    quantization: Annotated[str, typer.Option(help="The quantization it is to run at.")] = "bf16",
    allow_code: Annotated[
        str | None, typer.Option(metavar="COMMIT", help="Let code of this very commit of a Hub model run here.")
    ] = None,
    fetch: Annotated[bool, typer.Option("--fetch", help="Download it if nothing speaks against it.")] = False,
    as_json: Json = False,
) -> None:
    """Say what a model needs, what is here, and what speaks against it. Exit code 1 if it cannot run."""
    with told():
        if allow_code:
            hub.allow_code(hub.parse(name).repo, allow_code)
        found = judged.preflight(name, quantization)
        if fetch and found.ok and not found.cached:
            hub_info.fetch(hub.parse(name), found.files)
            found = judged.preflight(name, quantization)
    say(found.as_json(), as_json, said(found))
    if not found.ok:
        raise typer.Exit(1)


def said(found: judged.Preflight) -> str:
    """The findings in a few lines."""
    needed, free = judged.gb(found.memory_needed_bytes), judged.gb(found.memory_free_bytes)
    lines = [
        f"{found.model} @ {found.quantization}: {found.source}, {found.dtype} on {found.device}",
        f"  needs about {needed} of memory, {free} is free",
    ]
    if found.disk_needed_bytes:
        lines.append(f"  to download: {judged.gb(found.disk_needed_bytes)}, {judged.gb(found.disk_free_bytes)} is free")
    elif found.source == "Hub" and found.cached:
        lines.append(f"  on this machine, commit {found.commit[:12]}")
    lines += [f"  refused: {why}" for why in found.refusals] or ["  nothing speaks against it"]
    return "\n".join([*lines, *(f"  note: {why}" for why in found.warnings)])
