"""What a forecast knows of a cell: read from names as people write them, by rules, so that new names fit in too."""

from __future__ import annotations

import re
from dataclasses import dataclass

FULL_BITS = 16.0
DIGITS = r"(\d+(?:\.\d+)?)"
# bits a weight of llama.cpp's formats, scales counted, as llama.cpp states them for Llama-3.1-8B
GGUF_BITS = {
    "IQ1_S": 2.0, "IQ1_M": 2.15, "IQ2_XXS": 2.38, "IQ2_XS": 2.59, "IQ2_S": 2.74, "IQ2_M": 2.94, "IQ3_XXS": 3.25,
    "IQ3_XS": 3.5, "IQ3_S": 3.67, "IQ3_M": 3.76, "IQ4_XS": 4.46, "IQ4_NL": 4.67, "Q2_K": 3.16, "Q2_K_S": 2.97,
    "Q2_K_XL": 3.2, "Q3_K_S": 3.64, "Q3_K_M": 4.0, "Q3_K_L": 4.3, "Q3_K_XL": 4.1, "Q4_0": 4.66, "Q4_1": 5.13,
    "Q4_K_S": 4.67, "Q4_K_M": 4.89, "Q4_K_XL": 5.0, "Q5_0": 5.59, "Q5_1": 6.06, "Q5_K_S": 5.57, "Q5_K_M": 5.7,
    "Q5_K_XL": 5.75, "Q6_K": 6.56, "Q6_K_XL": 6.8, "Q8_0": 8.5,
}  # fmt: skip
# in order: the first that is found in method and format decides
METHOD_CLASSES = (
    ("trained with it", r"\bqat\b|qlora|efficientqat|bitnet|quantization.aware"),
    ("codebook", r"aqlm|quip|qtip|vptq|pv.tuning"),
    ("mixed widths", r"gguf|llama\.?cpp|\bi?q\d_|exl[23]|exllama|\bbpw\b"),
    ("plain rounding", r"bitsandbytes|bnb|\bnf4|llm.int8"),
    ("low-bit float", r"fp8|fp4|fp6|mxfp|e4m3|e5m2"),
    ("tuned", r"gptq|awq|autoround|smoothquant|spinquant|quarot|omniquant|flatquant"),
    ("plain rounding", r"rtn|round|hqq|vanilla|naive|absmax|min.?max|dynamic.?int8|weight.only|torchao"),
)
TUNED = "tuned"
GROUPS = (
    ("code", r"humaneval|mbpp|mbxp|livecode|lcb|swe|scicode|can-ai-code|multipl|bigcode|coding|\bcode"),
    ("math", r"gsm|\bmath|aime|mgsm|olympiad|\bhmmt|arithmetic"),
    ("agent", r"bfcl|nexus|\btau|tool|agent|function|terminal|webarena"),
    ("instruction following", r"ifeval|ifbench|instruction"),
    ("long context", r"ruler|longbench|needle|niah|aa-lcr|long.context|infinitebench|loogle"),
    ("summarization", r"cnn|xsum|samsum|tldr|summar|rewrite|dialogsum|rouge"),
    ("open-ended", r"arena|mt.bench|openorca|alpaca|open.ended|chat"),
    ("reasoning", r"gpqa|\bbbh|big.bench|musr|strategyqa|\bhle\b|humanity|reasoning_other|reasoning other"),
    ("knowledge",
     r"mmlu|arc[-_ ]?[ce]|hellaswag|boolq|wino|truthful|piqa|obqa|openbook|c-?eval|trivia|\bnq\b|race|sciq|lambada"
     r"|leaderboard|openllm|zero.shot avg|classif|knowledge|sentiment|glue|retriev|intent"),
    ("reasoning", r"reason"),
)  # fmt: skip
# benchmarks that are written in several ways; an unknown one stands for itself
BENCHMARKS = (
    "mmlu-pro math", "mmlu-pro", "mmlu", "arc-c", "arc-e", "gsm8k platinum", "gsm8k", "math-500", "math-lvl-5", "aime",
    "humaneval+", "humaneval", "mbpp+", "mbpp", "livecodebench", "gpqa", "bfcl", "ifeval", "hellaswag", "winogrande",
    "boolq", "truthfulqa", "cnn/dailymail", "openorca", "mt-bench", "c-eval", "cmmlu", "longbench", "ruler",
)  # fmt: skip
# items of well-known sets, for rows that do not state theirs
ITEMS = {
    "mmlu": 14042, "mmlu-pro": 12032, "arc-c": 1172, "arc-e": 2376, "hellaswag": 10042, "boolq": 3270,
    "winogrande": 1267, "truthfulqa": 817, "gsm8k": 1319, "math-500": 500, "aime": 60, "humaneval": 164,
    "humaneval+": 164, "mbpp": 500, "livecodebench": 400, "gpqa": 250, "ifeval": 541,
}  # fmt: skip
USUAL_ITEMS = 1000


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Variant × benchmark, as the forecast sees it. ``parameters_b`` (billions) and ``group`` may be unknown.

    ``method`` is the method's first word, ``activation_bits`` 16 where only weights are quantized. ``setting`` tells
    apart the variants of one source: rows of one setting share its luck.
    """

    model: str
    parameters_b: float | None
    bits: float
    method_class: str
    activation_bits: int
    group: str
    benchmark: str
    n_items: int
    source: str = ""
    setting: str = ""


def cell(
    *,
    model: str,
    method: str,
    label: str,
    task: str,
    task_group: str = "",
    bits: float | None = None,
    bits_include_scales: bool = False,
    parameters_b: float | None = None,
    n_items: int | None = None,
    source: str = "",
) -> Cell:
    """A cell from names. Raises ValueError where no width can be read from ``label`` and ``bits`` is None."""
    text = f"{method} {label}"
    width = bits if bits is not None else bits_of(text)
    if width is None or not 0.5 <= width <= 32:
        raise ValueError(
            f"cannot read bits per weight from {label!r}" if width is None else f"bits per weight is {width}"
        )
    if not bits_include_scales and width == int(width) < FULL_BITS and (group := _group_size(text)):
        width += (FULL_BITS + width) / group  # a 16-bit scale and a zero point of the code's own width a group
    benchmark = benchmark_of(task)
    return Cell(
        model=_model_name(model),
        parameters_b=parameters_b if parameters_b else parameters_of(model),
        bits=float(width),
        method_class=method_class(text, width),
        activation_bits=activation_bits(text),
        group=group_of(task, task_group),
        benchmark=benchmark,
        n_items=n_items if n_items else ITEMS.get(benchmark, USUAL_ITEMS),
        source=source,
        setting=f"{source}|{model}|{text}",
    )


def bits_of(text: str) -> float | None:
    """Bits a weight as the format's name says; None where it says nothing."""
    low = text.casefold()
    if found := re.search(r"\b(i?q\d(?:_[a-z0-9]+)*)", low):
        name = found[1].upper()
        digit = float(name.lstrip("I")[1])
        return GGUF_BITS.get(name) or next((GGUF_BITS[n] for n in _shorter(name) if n in GGUF_BITS), digit + 0.6)
    for pattern in (
        rf"{DIGITS}\s*bpw",
        r"\bw-?a-?kv\s+(\d+)",
        r"\bw(\d)a\d",
        rf"{DIGITS}[-\s]?bits?\b",
        r"u?int(\d)(?![\d])",
        r"(?:nv|mx|bnb-)?fp([468])",
        r"nf(\d)",
        r"\bw(\d)(?:g|\b)",
        rf"\bexl[23][-_ ]{DIGITS}",
        r"(?:gptq|awq|hqq|aqlm|rtn|qat)[-_ ]?(\d)\b",
        r"int8|fp8",
    ):
        if found := re.search(pattern, low):
            return float(found[1]) if found.groups() else 8.0
    return FULL_BITS if is_full(text) else None


def is_full(text: str) -> bool:
    """16 or 32 bits by name."""
    return bool(re.search(r"(?<![a-z])(fp|bf|f|float|bfloat)(16|32)(?!\d)|full.precision|\bnone\b", text.casefold()))


def method_class(text: str, bits: float) -> str:
    """How the precision was reached; an unknown method counts as tuned, the most common kind."""
    if bits >= FULL_BITS:
        return "none"
    low = text.casefold()
    return next((name for name, pattern in METHOD_CLASSES if re.search(pattern, low)), TUNED)


def activation_bits(text: str) -> int:
    """Width of what the weights are multiplied with, 16 unless the format says otherwise."""
    low = text.casefold()
    if found := re.search(r"w\d+a(\d+)", low) or re.search(r"w-?a-?kv\s+\d+-(\d+)", low):
        return min(16, int(found[1]))
    if re.search(r"(nv|mx)fp4|(?<!bnb-)\bfp4\b", low):
        return 4
    return 8 if re.search(r"int8 act|smoothquant|-sq\b|llm.int8|fp8", low) else 16


def group_of(task: str, given: str = "") -> str:
    """The task's group by the benchmark's name, else by the group the table gives, else "" (pooled over all)."""
    for text in (_plain(task), given):
        low = text.casefold().replace("_", " ")
        for name, pattern in GROUPS:
            if low and re.search(pattern, low):
                return name
    return ""


def benchmark_of(task: str) -> str:
    """One spelling a benchmark."""
    flat = _flat(_plain(task))
    for other, usual in (("lcbcodegen", "livecodebench"), ("arcchallenge", "arcc"), ("arceasy", "arce")):
        flat = flat.replace(other, usual)
    return next((name for name in BENCHMARKS if flat.startswith(_flat(name))), flat)


def parameters_of(model: str) -> float | None:
    """Billions of parameters as the model's name states them; experts are multiplied out. None if it does not."""
    low = model.casefold()
    if found := re.search(rf"(\d+)x{DIGITS}b", low):
        return 0.84 * float(found[1]) * float(found[2])  # experts share attention: Mixtral 8x7B holds 47B, not 56B
    if found := re.search(rf"(?<![a-z\d.]){DIGITS}\s?b(?![a-z])", low):
        return float(found[1])
    if found := re.search(rf"(?<![a-z\d.]){DIGITS}\s?m(?![a-z])", low):
        return float(found[1]) / 1000
    return None


def _group_size(text: str) -> int | None:
    found = re.search(r"(?:\bg|-g|group[-_ ]?size\s*|group\s*)(\d{2,3})\b|w\dg(\d{2,3})", text.casefold())
    return int(found[1] or found[2]) if found else None


def _shorter(name: str) -> list[str]:
    parts = name.split("_")
    return ["_".join(parts[:i]) for i in range(len(parts) - 1, 0, -1)]


def _model_name(model: str) -> str:
    low = model.casefold().rsplit("/", 1)[-1].removeprefix("meta-")
    return re.sub(r"-(chat|instruct|it|hf)\b", "", low)


def _plain(task: str) -> str:
    """The name without what stands in brackets."""
    return re.sub(r"\(.*?\)", "", task).strip()


def _flat(text: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", text.casefold())
