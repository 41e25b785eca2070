"""Numbers and bands in words, rounded to what they support."""

from __future__ import annotations

import math

from pricing.quotes import Band, Quote

MILLION_BELOW_USD = 1e-4  # under a hundredth of a cent, a million queries read better than one


def money(usd: float | None) -> str:
    """``$1,090``, ``$87``, ``$0.0042``; three figures, as a prediction supports no more."""
    if usd is None:
        return "unpriced"
    sign, size = ("−" if usd < 0 else ""), abs(usd)
    if size >= 1000:
        return f"{sign}${round(size, 2 - math.floor(math.log10(size))):,.0f}"
    if size >= 10:
        return f"{sign}${size:,.0f}"
    if size >= 1 or size == 0:
        return f"{sign}${size:.2f}".replace(".00", "")
    return f"{sign}${float(f'{size:.2g}'):.{max(2, 1 - math.floor(math.log10(size)))}f}"


def per_query(usd: float) -> str:
    """``$0.0017 a query``, ``$0.080 a million queries``."""
    return f"{money(usd)} a query" if usd >= MILLION_BELOW_USD else f"{money(1e6 * usd)} a million queries"


def price(usd: float) -> float:
    """To three figures: what a prediction supports, and what is shown. Equal prices are compared as equal."""
    return float(f"{usd:.3g}")


def short_money(usd: float | None) -> str:
    """``$1.1k``, ``$87``, ``$2.4M``."""
    if usd is None or abs(usd) < 1000:
        return money(usd)
    sign, size = ("−" if usd < 0 else ""), abs(usd)
    for unit, scale in (("M", 1e6), ("k", 1e3)):
        if size >= 0.9995 * scale:
            return f"{sign}${float(f'{size / scale:.2g}'):g}{unit}"
    return money(usd)


def money_band(band: Band | None) -> str:
    """``$1,090 ($870–1,500)``; a band of no width is one figure."""
    if band is None:
        return "unpriced"
    if money(band.low) == money(band.high):
        return money(band.value)
    return f"{money(band.value)} ({money(band.low)}–{money(band.high).removeprefix('$')})"


def percent(fraction: float | None, digits: int = 1) -> str:
    """``80.1 %``; a whole percentage loses its decimal."""
    if fraction is None:
        return "not measured"
    text = f"{100 * fraction:.{digits}f}"
    return f"{text.removesuffix('.0')} %"


def chance(share: float | None) -> str:
    """``48 %`` of the draws; neither certainty nor impossibility by rounding: ``over 99 %``, ``under 1 %``."""
    if share is not None and 0.995 <= share < 1:
        return "over 99 %"
    return "under 1 %" if share is not None and 0 < share < 0.005 else percent(share, 0)


MCNEMAR = (
    "Which is better is read from the 95 % intervals. McNemar's exact test counts only how many answers changed each "
    "way and is stricter where few did: it needs six that all go one way to fall below 0.05."
)


def points(fraction: float, *, sign: bool = False) -> str:
    """``1.4 points``; ``sign`` writes +1.4."""
    value = round(100 * fraction, 1)
    shown = f"{value:+.1f}" if sign and value else f"{abs(value):.1f}"
    shown = shown if sign else shown.removesuffix(".0")
    return f"{shown.replace('-', '−')} point{'' if shown in ('1', '+1.0', '-1.0') else 's'}"


def score(value: float, low: float | None, high: float | None) -> str:
    """``80.1 % ± 1.5``; one decimal only where the interval is under ten points wide."""
    if low is None or high is None:
        return f"{percent(value)} (interval unknown)"
    half = max(value - low, high - value)
    digits = 1 if half < 0.05 else 0
    return f"{percent(value, digits)} ± {100 * half:.{digits}f}"


def span(low: float | None, high: float | None) -> str:
    """``78.6–81.6``, in percent."""
    return "interval unknown" if low is None or high is None else f"{100 * low:.1f}–{100 * high:.1f}"


def seconds(value: float | None) -> str:
    """``3.1 s``, ``84 ms``."""
    if value is None:
        return "not yet known"
    if value < 0.0995:
        return f"{1000 * value:.2g} ms" if value < 0.00995 else f"{1000 * value:.0f} ms"
    return f"{value:.2g} s" if value < 9.95 else f"{value:.0f} s"


def place(quote: Quote) -> str:
    """``11 replicas of 1× A6000 48 GB, RunPod``; one replica goes without saying."""
    return f"{quote.replicas} replicas of {quote.label}" if quote.replicas > 1 and quote.label else quote.label


def seconds_band(band: Band | None) -> str:
    """``3.1 s (2.4–4.0)``."""
    return "not yet known" if band is None else f"{seconds(band.value)} ({seconds(band.low)}–{seconds(band.high)})"


def quantity(value: float | None, unit: str) -> str:
    """A check's value in its own unit."""
    if unit == "fraction":
        return percent(value)
    if unit == "gib":
        return _gib(value)
    if unit == "usd":
        return money(value)
    return seconds(value) if unit == "s" else "unknown" if value is None else f"{value:.3g}"


def _gib(value: float | None) -> str:
    """``41.2 GiB``; below a tenth ``5.4 MiB``."""
    if value is None:
        return "unknown"
    return f"{value:.3g} GiB" if abs(value) >= 0.1 or value == 0 else f"{1024 * value:.2g} MiB"


def count(value: float) -> str:
    """``1.2M``, ``40k``, ``260``, ``10bn``; two figures."""
    for unit, scale in (("bn", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= 0.9995 * scale:
            return f"{float(f'{value / scale:.2g}'):g}{unit}"
    return f"{float(f'{value:.2g}'):g}"


def listed(words: list[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
