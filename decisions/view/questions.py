"""Questions for the engineers, each raised only where this decision raises it."""

from __future__ import annotations

from decisions.evidence import is_full_precision
from decisions.view.rules import Facts, Rule
from decisions.view.values import Question
from decisions.wording import chance, listed
from pricing.offers import STALE_AFTER_DAYS

LONG_PROMPT_TOKENS = 8_000
NEAR_FLIP = 1.25


def questions(facts: Facts) -> tuple[Question, ...]:
    """Those whose condition holds, in the order of the rules."""
    raised = [(rule, rule.because(facts)) for rule in RULES]
    return tuple(Question(id=rule.id, text=rule.text, because=because) for rule, because in raised if because)


def _rented(facts: Facts) -> bool:
    return facts.answer.quote.kind == "rental" and facts.answer.quote.fits


def _own_items(facts: Facts) -> str:
    missing = [title for task, title in facts.scenario.tasks.items() if task not in facts.answer.measurements]
    if missing and not facts.answer.measurements:
        return f"{facts.answer.label} is not measured on {listed(missing)}"
    origins = {m.origin for m in facts.answer.measurements.values()} & {"published", "illustrative"}
    return f"the scores of {facts.answer.label} are {listed(sorted(origins))}, not yours" if origins else ""


def _unknown_latency(facts: Facts) -> str:
    cost = facts.answer.quote.usd_per_month
    names = [
        o.label
        for o in facts.decision.options
        if cost
        and o.quote.usd_per_month
        and o.quote.usd_per_month.value < cost.value
        and o.verdict == "unproven"
        and all(c.status == "meets" or (c.unit == "s" and c.low is None) for c in o.checks)
    ]
    if len(names) == 1:
        return f"{names[0]} costs less and only its latency is not known"
    return f"{listed(names[:3])} cost less and only their latency is not known" if names else ""


def _outside(facts: Facts) -> str:
    quote = facts.answer.quote
    if not quote.outside_calibration:
        return ""
    return f"the speed of {quote.label} is predicted outside what the model was checked on"


def _latency_open(facts: Facts) -> str:
    open_ones = [c.name for c in facts.answer.checks if c.unit == "s" and c.status == "unproven"]
    return f"{listed(open_ones)} of {facts.answer.label} is not proven" if open_ones else ""


def _several_cards(facts: Facts) -> str:
    count = facts.answer.quote.count
    return f"each replica spans {count} cards" if _rented(facts) and count > 1 else ""


def _no_spare(facts: Facts) -> str:
    if not _rented(facts) or facts.answer.quote.parts.get("spare_replicas"):
        return ""
    n = facts.answer.quote.replicas
    return f"{n} replica{'s carry' if n > 1 else ' carries'} the load and none is spare" if n else ""


def _peak(facts: Facts) -> str:
    near = [f for f in facts.flip_points if f.input == "peak_to_mean" and f.now and _ratio(f.value, f.now) < NEAR_FLIP]
    return f"{_inside(near[0].condition)} the answer is another one; {near[0].now:g}× is assumed" if near else ""


def _volume(facts: Facts) -> str:
    near = [f for f in facts.flip_points if f.input == "volume" and f.now and _ratio(f.value, f.now) < NEAR_FLIP]
    return f"{_inside(near[0].condition)} change the answer" if near else ""


def _tokens(facts: Facts) -> str:
    near = [
        f
        for f in facts.flip_points
        if f.input in ("prompt_tokens", "output_tokens") and f.now and _ratio(f.value, f.now) < NEAR_FLIP
    ]
    return f"{_inside(near[0].condition)} change the answer" if near else ""


def _inside(condition: str) -> str:
    """A condition within a sentence."""
    return condition[:1].lower() + condition[1:]


def _ratio(one: float, two: float) -> float:
    return max(one, two) / max(1e-12, min(one, two))


def _long(facts: Facts) -> str:
    bits, tokens = facts.answer.bits_per_weight, facts.scenario.workload.prompt_tokens
    if bits is None or bits > 8.6 or tokens < LONG_PROMPT_TOKENS:
        return ""
    return f"prompts of {tokens:,} tokens meet {bits:.3g} bits a weight; long contexts lose most (arXiv 2505.20276)"


def _calibration(facts: Facts) -> str:
    name = f"{facts.answer.method} {facts.answer.quantization}".casefold()
    words = [word for word in ("awq", "gptq", "imatrix", "smoothquant", "iq1", "iq2", "iq3") if word in name]
    return f"{facts.answer.quantization} is fitted to calibration text" if words else ""


def _llama_cpp(facts: Facts) -> str:
    name = f"{facts.answer.method} {facts.answer.quantization}".casefold()
    if not _rented(facts) or "gguf" not in name or facts.answer.quote.replicas < 2:
        return ""
    return f"{facts.answer.quote.replicas} replicas of a GGUF file run on llama.cpp, at up to its slots at once"


def _data_leaves(facts: Facts) -> str:
    quote = facts.answer.quote
    kind = "an API" if quote.kind == "api" else f"a {quote.provider_class}" if quote.provider_class else ""
    return f"requests go to {quote.provider}, {kind}" if quote.provider and kind else ""


def _stale(facts: Facts) -> str:
    days = facts.answer.quote.price_age_days
    return f"the price of {facts.answer.quote.label} is {days} days old" if days and days > STALE_AFTER_DAYS else ""


def _spread(facts: Facts) -> str:
    bars = [bar for bar in facts.swings if bar.input == "gpu_price" and bar.high_changes]
    return f"at what others ask ({bars[0].range_text}) the answer is another one" if bars else ""


def _cheaper_likely(facts: Facts) -> str:
    likely = [c for c in facts.chances.options if c.verdict == "unproven" and c.probability >= 0.25]
    if not likely or likely[0].option == facts.answer.id or likely[0].meets is None:
        return ""
    return f"{likely[0].label} truly meets in {chance(likely[0].meets)} of the draws, costs less and is not proven"


def _retired(facts: Facts) -> str:
    return facts.answer.notes[0].rstrip(".") if facts.answer.kind == "api" and facts.answer.notes else ""


def _quantized_alone(facts: Facts) -> str:
    label = facts.answer.quantization
    if facts.answer.kind != "deployment" or is_full_precision(label) or facts.answer.baselines:
        return ""
    return f"{facts.answer.label} has no full-precision run to be compared with"


RULES = (
    Rule(
        id="own-items",
        text="How does it score on a few hundred of our own requests, graded as we would?",
        because=_own_items,
    ),
    Rule(
        id="settle-cheaper",
        text="Can we run the further items that settle it before we rent anything?",
        because=_cheaper_likely,
    ),
    Rule(
        id="api-latency",
        text="What p95 do we measure from our own region, at our own sizes, at the busiest hour?",
        because=_unknown_latency,
    ),
    Rule(id="speed-outside", text="Can we load-test this card for an hour before we commit to it?", because=_outside),
    Rule(id="latency-open", text="What p95 does a load test at the busiest hour give?", because=_latency_open),
    Rule(
        id="interconnect",
        text="Are the cards of one machine joined by NVLink or only by PCIe, and was that measured?",
        because=_several_cards,
    ),
    Rule(id="spare", text="What happens to requests while a replica is down, and who is called?", because=_no_spare),
    Rule(id="peak", text="What is the busiest hour over the mean in last month's traffic?", because=_peak),
    Rule(id="volume", text="How firm is the forecast of requests a month?", because=_volume),
    Rule(
        id="tokens",
        text="How long are prompts and answers really, counted with this model's tokenizer?",
        because=_tokens,
    ),
    Rule(
        id="long-context",
        text="How does it score at the length of our prompts, not at the length of the benchmark?",
        because=_long,
    ),
    Rule(id="calibration", text="Was it calibrated on text like ours, in our languages?", because=_calibration),
    Rule(
        id="llama-cpp",
        text="Does llama.cpp keep up at this many requests at once, or should vLLM serve another format?",
        because=_llama_cpp,
    ),
    Rule(
        id="baseline",
        text="Can we score the 16-bit weights on the same items, to know what quantizing costs?",
        because=_quantized_alone,
    ),
    Rule(id="data", text="May this data leave our house for there: contract, region, retention?", because=_data_leaves),
    Rule(id="price-age", text="Does the provider still sell at this price?", because=_stale),
    Rule(
        id="price-spread",
        text="Will this provider have the cards when we need them, and for how long at this price?",
        because=_spread,
    ),
    Rule(
        id="retirement",
        text="What replaces this model when the provider turns it off, and who tests that?",
        because=_retired,
    ),
)
