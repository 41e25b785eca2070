"""``quantizations``, ``export-variant``, ``sensitivity``, ``suspects``: methods, and what they do to a model."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from data.files import write_atomically
from evals.availability import slow_here, why_not
from evals.catalogue.page import page
from evals.commands.arguments import Json, say, told
from evals.engines.calibration import VARIABLE
from evals.models import model
from evals.plan import variant_key
from evals.quantizations import QUANTIZATIONS, quantization
from evals.results import measured_measurements
from evals.sanity import suspicions
from evals.speeds import measured_speeds

Calibration = Annotated[Path | None, typer.Option(help="Text to calibrate with: .txt, a text a line, or .jsonl.")]


def quantizations(
    write: Annotated[Path | None, typer.Option(help="Write the page with what was measured here to this file.")] = None,
    speeds: Annotated[bool, typer.Option(help="Speeds on the page; leave them out if the machine was busy.")] = True,
    as_json: Json = False,
) -> None:
    """The catalogue: every quantization, what it takes, and whether it runs here."""
    with told():
        if write:
            write_atomically(write, page(measured_measurements(), measured_speeds() if speeds else ()))
    listed = [
        {**asdict(how), "effective_bits": how.effective_bits, "why_not": why_not(how), "slow": slow_here(how)}
        for how in QUANTIZATIONS.values()
    ]
    lines = [
        f"{how.label:22} {how.effective_bits:6.2f} bits  {how.applied:4}  {how.engine:12} "
        + (why_not(how) or slow_here(how) or "runs here")
        for how in QUANTIZATIONS.values()
    ]
    say({"quantizations": listed}, as_json, f"wrote {write}" if write else "\n".join(lines))


def export_variant(
    name: Annotated[str, typer.Argument(metavar="MODEL")],
    label: Annotated[str, typer.Argument(metavar="QUANTIZATION")],
    folder: Annotated[Path, typer.Argument()],
    calibration: Calibration = None,
    as_json: Json = False,
) -> None:
    """Write a variant as a folder that plain transformers loads."""
    from evals.engines.export import export_variant as export

    with told():
        _calibrate_with(calibration)
        local, how = model(name), quantization(label)
        try:
            export(local, how, variant_key(local, how), folder)
        except RuntimeError as error:
            raise ValueError(str(error)) from error
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    said = {"model": local.name, "quantization": how.label, "folder": str(folder), "bytes": size}
    say(said, as_json, f"{local.name} @ {how.label} is in {folder}, {size / 1e6:.1f} MB")


def sensitivity(
    name: Annotated[str, typer.Argument(metavar="MODEL")],
    bits: Annotated[int, typer.Option(min=2, max=8, help="Width that each layer is rounded to alone.")] = 3,
    group: Annotated[int, typer.Option(min=1, help="Weights that share a scale.")] = 128,
    calibration: Calibration = None,
    as_json: Json = False,
) -> None:
    """Round one layer at a time and say which ones move the answers most."""
    from evals.engines.sensitivity import sensitivity as of_layers

    with told():
        _calibrate_with(calibration)
        losses = of_layers(model(name), bits, group)
    rows = [asdict(loss) for loss in losses]
    text = "\n".join(f"{loss.kl:10.6f} nats a token  {loss.layer}" for loss in losses)
    say({"model": name, "bits": bits, "group_size": group, "layers": rows}, as_json, text)


def suspects(as_json: Json = False) -> None:
    """Measured variants whose loss is far outside what the evidence shows for their bits."""
    with told():
        found = suspicions(measured_measurements())
    text = "\n".join(each.sentence for each in found) or "nothing measured here is outside the evidence"
    say({"suspects": [{**asdict(each), "sentence": each.sentence} for each in found]}, as_json, text)


def _calibrate_with(path: Path | None) -> None:
    if path is not None:
        os.environ[VARIABLE] = str(path)
