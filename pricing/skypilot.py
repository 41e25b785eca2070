"""Rental offers out of a CSV in SkyPilot's catalogue schema: exact card names, whole machines, slips left out.

Columns: InstanceType, AcceleratorName, AcceleratorCount, vCPUs, MemoryGiB, GpuInfo, Price, SpotPrice, Region,
AvailabilityZone. A row is a machine in one zone, priced an hour; the cheapest zone of a region is kept.
"""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pricing import accelerators, amounts, names, offers

NEEDED = ("InstanceType", "AcceleratorName", "AcceleratorCount", "Price", "Region")
PROVIDERS = {
    "aws": "AWS", "azure": "Azure", "gcp": "Google Cloud", "lambda": "Lambda", "runpod": "RunPod", "vast": "Vast.ai",
    "nebius": "Nebius", "oci": "Oracle Cloud", "verda": "Verda", "hyperbolic": "Hyperbolic", "do": "DigitalOcean",
    "cudo": "Cudo", "fluidstack": "FluidStack", "paperspace": "Paperspace", "shadeform": "Shadeform",
}  # fmt: skip
ONE_FORM = {"RTX6000-Ada": "RTX6000Ada", "RTXA6000": "A6000", "H200-SXM": "H200", "V100": "V100-16GB"}
SXM_MACHINES = re.compile(r"p4d|p4de|p5|Standard_ND|a2-|a3-|sxm", re.IGNORECASE)
UNSTATED = "form factor not stated: taken as the slower PCIe card"


@dataclass(frozen=True, kw_only=True)
class Imported:
    """Override rows ready for the price book, and how many lines were left out for which reason."""

    rows: list[dict[str, Any]]
    left_out: Counter[str]


def read(lines: Iterable[str], *, provider: str, date: str, source: str) -> Imported:
    """Offers of one provider. Raises ValueError where the columns are not SkyPilot's or no line can be used."""
    table = csv.DictReader(lines)
    if missing := [column for column in NEEDED if column not in (table.fieldnames or ())]:
        raise ValueError(f"{source} lacks the columns {', '.join(missing)} of SkyPilot's catalogue schema")
    name = PROVIDERS.get(provider.strip().lower(), provider.strip())
    cheapest: dict[tuple[Any, ...], dict[str, Any]] = {}
    left_out: Counter[str] = Counter()
    for line in table:
        try:
            found = _offers(line, left_out)
        except ValueError as error:
            left_out[str(error)] += 1
            continue
        for tier, usd, card, count, note in found:
            row = {
                "kind": "rental",
                "provider": name,
                "accelerator": card,
                "count": count,
                "tier": tier,
                "instance": line["InstanceType"],
                "region": line["Region"] or "provider-wide",
                "usd_per_hour": usd,
                "scales_per_card": 0,
                "date": date,
                "source": source,
                "note": note,
                "imported": source,
            }
            key = (row["instance"], card, count, tier, row["region"])
            if key not in cheapest or usd < cheapest[key]["usd_per_hour"]:
                cheapest[key] = row
    if not cheapest:
        why = "; ".join(f"{n} × {reason}" for reason, n in left_out.most_common(3)) or "it is empty"
        raise ValueError(f"{source} holds no offer that can be used: {why}")
    for row in cheapest.values():
        offers.override(row)
    return Imported(rows=list(cheapest.values()), left_out=left_out)


def _offers(line: dict[str, str], left_out: Counter[str]) -> list[tuple[str, float, str, int, str]]:
    """(tier, dollars an hour, card, count, note) of one line. Raises ValueError with the reason to leave it out."""
    if not line["AcceleratorName"]:
        raise ValueError("a machine without an accelerator")
    if not line["InstanceType"]:
        raise ValueError("a card priced without its host machine")
    count = amounts.number("AcceleratorCount", line["AcceleratorCount"])
    if count != int(count) or count < 1:
        raise ValueError("a slice of a card")
    card, note = exact_name(line)
    usd = _price(line["Price"])
    spot = _price(line.get("SpotPrice") or "")
    if usd is None and spot is None:
        raise ValueError("no price: unpriced")
    if usd and spot and spot > usd:
        raise ValueError("spot above on demand: one of the two is wrong")
    if usd and spot and (spot == usd or abs(spot / usd - 0.1) < 1e-6):
        left_out["a spot price that stands for no market (all or a tenth of on demand)"] += 1
        spot = None
    found = []
    low, high = offers.bands().get(card, (0.0, 0.0))
    for tier, price, least in (("on-demand", usd, low), ("spot", spot, low / 5)):
        if price is None:
            continue
        if not least <= price / count <= high:
            left_out[f"{card} outside the sane ${least:g} to ${high:g} a card-hour"] += 1
            continue
        found.append((tier, price, card, int(count), note))
    return found


def _price(text: str) -> float | None:
    """None for a blank or 0: unknown, not free."""
    return (amounts.number("Price", text, unit="dollars an hour") or None) if text.strip() else None


def exact_name(line: dict[str, str]) -> tuple[str, str]:
    """Accelerator as our table spells it, form factor and memory told apart, and a note. Raises ValueError."""
    written, machine = line["AcceleratorName"], line["InstanceType"]
    family = re.match(r"(A100|H100)\b", written)
    if family is None:
        try:
            return accelerators.find(ONE_FORM.get(written, written)).name, ""
        except names.UnknownName as error:
            raise ValueError(str(error)) from error
    both = f"{written} {machine}"
    gib = _memory_gb(line.get("GpuInfo") or "")
    if family[1] == "A100" and "80" not in written and not (gib and gib > 60):
        return "A100-40GB", ""
    if family[1] == "H100" and (re.search("nvl", both, re.IGNORECASE) or (gib and gib > 85) or "NC40ads" in machine):
        return "H100-NVL", ""
    card = "A100-80GB" if family[1] == "A100" else "H100"
    if SXM_MACHINES.search(both):
        return f"{card}-SXM", ""
    return f"{card}-PCIe", "" if re.search("pcie|NC", both) else UNSTATED


def _memory_gb(info: str) -> float | None:
    """Memory of one card. Some catalogues write GB into the field that is named MiB."""
    try:
        size = float(ast.literal_eval(info)["Gpus"][0]["MemoryInfo"]["SizeInMiB"])
    except (ValueError, SyntaxError, KeyError, IndexError, TypeError):
        return None
    return size if size < 1000 else size / 1024
