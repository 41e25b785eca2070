"""What an endpoint runs, at whatever precision its owner chose."""

from __future__ import annotations

from evals.catalogue.entry import Quantization

AS_SERVED = Quantization(
    label="as-served",
    title="As served by an endpoint",
    method="served",
    format="as its owner chose",
    nominal_bits=16,  # a width must be named; it is never shown, and bits of a served variant are unknown
    applied="none",
    execution="native",
    engine="endpoint",
    engines=(),
    packages=("httpx2",),
)
