from __future__ import annotations

from decisions.evidence import baseline_of, differences, is_full_precision, paired_scores, select
from tests.decisions.conftest import API, measured, scenario


def test_only_the_scenarios_tasks_models_and_sources_are_kept() -> None:
    every = [
        measured("big", "q4", 0.9),
        measured("big", "q4", 0.8, task="other"),
        measured("huge", "q4", 0.95),
        measured("big", "q8", 0.9, source="blog"),
    ]
    assert select(scenario(sources=("paper",)), every) == (every[0],)


def test_local_variants_share_one_protocol_and_api_models_keep_theirs() -> None:
    usual = [measured("big", "q4", 0.9), measured("big", "q8", 0.9)]
    odd = measured("small", "q4", 0.99, protocol="chain of thought")
    hosted = measured("hosted", "api", 0.95, protocol="chain of thought", source="maker")
    assert select(scenario(api=(API,)), [odd, *usual, hosted]) == (*usual, hosted)


def test_of_two_runs_of_a_variant_the_larger_is_used() -> None:
    small, large = measured("big", "q4", 0.9, 50), measured("big", "q4", 0.88, 500)
    assert select(scenario(), [small, large]) == (large,)


def test_the_baseline_is_what_the_source_names_or_the_16_bit_run() -> None:
    full, half, low = measured("big", "fp32", 0.9), measured("big", "bf16", 0.9), measured("big", "q4", 0.8)
    assert baseline_of(low, [full, low, half]) == half
    assert baseline_of(low, [full, low]) == full
    named = measured("big", "q3", 0.7, baseline="Q8_0")
    best = measured("big", "Q8_0", 0.9)
    assert baseline_of(named, [full, best, named]) == best
    assert baseline_of(named, [full, named]) is None  # the named run is missing: no other stands in for it
    other = measured("big", "bf16", 0.9, protocol="0-shot")
    assert baseline_of(low, [other, low]) is None
    assert baseline_of(low, [measured("small", "bf16", 0.9), low]) is None


def test_full_precision_is_read_from_the_name() -> None:
    assert all(map(is_full_precision, ("bf16", "FP16 (EXL2)", "GGUF F16", "fp32")))
    assert not any(map(is_full_precision, ("fp8", "Q4_K_M", "nf4", "llm-int8", "rtn-int4-g128")))


def test_what_keeps_two_scores_apart_is_named() -> None:
    one = measured("big", "q4", 0.9)
    assert differences(one, measured("small", "bf16", 0.8)) == ()
    assert differences(one, measured("big", "q4", 0.9, protocol="0-shot", source="blog")) == ("protocol", "source")
    here = measured("big", "q4", 0.9, origin="measured", source="run 1")
    assert differences(here, measured("big", "q8", 0.9, origin="measured", source="run 2")) == ()


def test_pairs_are_made_of_common_items() -> None:
    items = {"q4": {"a": 1.0, "b": 0.0, "c": 1.0}, "q8": {"c": 0.0, "b": 1.0, "z": 1.0}}
    one, two = measured("big", "q4", 0.5, 3), measured("big", "q8", 0.5, 3)
    assert paired_scores(one, two, lambda m, q, t: items[q]) == (["b", "c"], [0.0, 1.0], [1.0, 0.0])
    assert paired_scores(one, two, lambda m, q, t: {}) is None
    assert paired_scores(one, two, None) is None
