"""A server that misbehaves: each fault is tried again or has its name, and no item is lost, counted twice or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evals.endpoints.entry import Endpoint
from evals.endpoints.replies import EndpointRefused
from evals.endpoints.spend import CapReached, Meter
from evals.engines.endpoint import form
from evals.engines.endpoint_lm import EndpointLM
from evals.engines.harness import Harness, ItemResult
from evals.engines.loaded import LoadedVariant
from evals.tasks import items, task
from tests.evals.endpoints.stub import Stub, served, text_answer

EXPECTED = {item["prompt"]: item["answer"] for item in items("shop_summarization.jsonl")}
CALM = 0.02  # share of the usual pauses


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    return tmp_path


def right(prompt: str) -> str:
    return EXPECTED[prompt]


def evaluated(
    faults: Sequence[Any], n: int = 6, answer: Any = None, **fields: Any
) -> tuple[list[ItemResult], EndpointLM, Stub]:
    """Items of one task over a stub with these faults at the start."""
    with served(Stub(answer or text_answer(right), faults=list(faults))) as stub:
        options = {"kind": "completions", "concurrency": 2, "timeout_s": 10, **fields}
        one = Endpoint(name="stub", base_url=stub.url, model="tiny", **options)
        lm = EndpointLM(one, Meter(one, "run"), waits=CALM)
        harness = Harness(LoadedVariant(tokenizer=None, weight_bytes=0, bits_per_weight=0.0, lm=lm))
        harness._form = lambda lm_task, metric: form(one, lm_task, metric)
        found: list[ItemResult] = []
        harness.run(task("shop_summarization"), range(n), found.append)
        return found, lm, stub


@pytest.mark.parametrize(
    "fault",
    [
        (429, {"Retry-After": "0"}, {"error": {"message": "slow down"}}),
        (500, {}, "Internal Server Error"),
        (503, {}, "<html>Bad gateway</html>"),
        "hang",
        "reset",
        "drip",
        "half",
    ],
    ids=["429", "500", "503 page", "hang", "reset", "drip", "half"],
)
def test_a_passing_fault_is_tried_again_and_every_item_counts_once(fault: Any) -> None:
    found, lm, stub = evaluated([fault, fault], timeout_s=1 if fault in ("hang", "drip") else 10)
    assert sorted(result.index for result in found) == list(range(6))
    assert {result.metrics["facts"] for result in found} == {1.0}
    assert sum(result.metrics["request_attempts"] for result in found) == len(stub.asked) >= 6 + 2
    assert lm.trouble == ""


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("html", "answered with a web page, not JSON"),
        ((401, {}, {"error": {"message": "Wrong key"}}), "does not accept the key (HTTP 401): Wrong key"),
        ((403, {}, "no"), "does not let this key use the model (HTTP 403)"),
        ((404, {}, {"error": {"message": "model tinny not found"}}), "does not know the model (HTTP 404)"),
        ((302, {"Location": "http://elsewhere/?key=abc"}, ""), "redirects to http://elsewhere/; redirects are not"),
        ((429, {}, {"error": {"message": "x", "code": "insufficient_quota"}}), "no credit left"),
        ((429, {"Retry-After": "7200"}, "later"), "asks to wait 7200 s"),
    ],
)
def test_row_61_a_fault_that_stays_stops_the_run_by_name(fault: Any, named: str) -> None:
    with pytest.raises(EndpointRefused, match=named.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")):
        evaluated([None, None, fault], concurrency=1)


def test_row_61_a_request_that_never_succeeds_is_left_out_with_its_count_of_attempts() -> None:
    broken = [None, *[(500, {}, "boom")] * 5]
    found, lm, stub = evaluated(broken, concurrency=1)
    assert [result.index for result in found] == [0, 2, 3, 4, 5]  # item 1 is not scored, and not scored as wrong
    assert {result.metrics["facts"] for result in found} == {1.0}
    assert lm.trouble == "endpoint 'stub' failed (HTTP 500): boom, after 5 attempts"
    assert len(stub.asked) == 10


def test_a_request_that_is_refused_for_itself_leaves_the_others_alone() -> None:
    too_long = (400, {}, {"error": {"message": "maximum context length is 8 tokens"}})
    found, lm, _ = evaluated([too_long], concurrency=1)
    assert [result.index for result in found] == [1, 2, 3, 4, 5]
    assert lm.trouble == "endpoint 'stub' refused the request (HTTP 400): maximum context length is 8 tokens"


def test_a_server_that_is_down_ends_the_run_early() -> None:
    with pytest.raises(EndpointRefused, match="3 requests in a row got no answer"):
        evaluated([(500, {}, "boom")] * 1000, n=50, concurrency=1)


def test_retry_after_is_honoured_by_all_requests() -> None:
    found, _, stub = evaluated([(429, {"Retry-After": "1"}, "wait")], n=3, concurrency=1)
    assert len(found) == 3
    assert stub.at[1] - stub.at[0] >= 1.0


def test_as_many_requests_at_once_as_the_endpoint_takes() -> None:
    import time

    def slow(prompt: str) -> str:
        time.sleep(0.05)
        return right(prompt)

    _, _, stub = evaluated([], n=12, answer=text_answer(slow), concurrency=3)
    assert stub.most_at_once == 3


def test_times_and_tokens_of_every_request_are_kept_with_its_item() -> None:
    found, _, _ = evaluated([], streams=True, kind="chat")
    for result in found:
        prompt = items("shop_summarization.jsonl")[result.index]["prompt"]
        assert 0 < result.metrics["request_ttft_s"] <= result.metrics["request_e2e_s"]
        assert result.metrics["request_prompt_tokens"] == len(prompt.split())
        assert result.metrics["request_output_tokens"] == len(right(prompt).split())


def test_a_cap_stops_before_it_is_passed_and_a_restart_goes_on_counting() -> None:
    with pytest.raises(CapReached, match=r"stopped before max_requests_per_run of 4: 4 requests .* raise the cap"):
        evaluated([], n=6, max_requests_per_run=4)
    with pytest.raises(CapReached):  # the same run once more
        evaluated([], n=1, max_requests_per_run=4)


def test_dollars_are_counted_at_the_endpoints_own_price() -> None:
    """Each request reserves about 100 prompt tokens and 28 of output: at a dollar a token two do not fit into $200."""
    price = {"usd_per_mtok_prompt": 1e4, "usd_per_mtok_output": 1e4, "max_usd_per_run": 2.0}
    with pytest.raises(CapReached, match="max_usd_per_run of 2"):
        evaluated([], n=6, concurrency=1, **price)


def test_row_73_an_echoed_key_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_KEY", "verysecretvalue")
    echo = text_answer(lambda prompt: "my key is verysecretvalue, yours is sk-abcdefghijkl")
    found, _, stub = evaluated([], n=1, answer=echo, key_env="STUB_KEY")
    assert stub.headers[0]["Authorization"] == "Bearer verysecretvalue"
    assert found[0].output == "my key is [key removed], yours is [key removed]"
