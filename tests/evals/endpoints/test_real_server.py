"""llama.cpp's own server on the smallest member: the same answers as without it, and latency that is measured."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from decisions.decision import decide
from decisions.evidence import item_scorer, scenario_measurements
from decisions.scenarios import scenario
from decisions.sla import Sla
from evals import runs
from evals.comparisons import compare
from evals.endpoints.book import save
from evals.endpoints.entry import Endpoint
from evals.endpoints.times import request_times
from evals.engines.endpoint_check import check
from evals.engines.gguf_export import export
from evals.models import model
from evals.plan import Plan
from evals.results import item_texts, measured_measurements
from pricing.catalogue import load_price_book

N = 40
pytestmark = pytest.mark.timeout(600)  # seconds on a quiet machine; a busy one shares two processors
SECRET = "sk-plantedkey0123456789"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    export(model("tiny-1m").folder, file, "F16", None, 1)
    command = [sys.executable, "-m", "tests.evals.endpoints.llama_server", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        address = next(found[1] for line in lines if (found := re.search(r"listening at (http://\S+)", line)))
        yield f"{address}/v1"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def home(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Both evaluated on the same items: the model behind its server, and the same weights here."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("home")
    patch.setenv("BITBUDGET_HOME", str(folder))
    patch.setenv("PLANTED_KEY", SECRET)
    priced = {"usd_per_mtok_prompt": 1.0, "usd_per_mtok_output": 2.0}
    given = Endpoint(name="llama", base_url=server, model="tiny-1m", key_env="PLANTED_KEY", concurrency=2, **priced)
    found = check(given, "completions")
    assert found.works, found.problem
    save(found.endpoint)
    plan = Plan(
        models=("endpoint:llama", "tiny-1m"),
        quantizations=("fp32",),
        tasks=("summarization", "classification"),
        limit=N,
    )
    run = runs.start(plan)
    deadline = time.monotonic() + 500
    while (now := runs.status(run)) is not None and now.state == "running" and time.monotonic() < deadline:
        time.sleep(0.3)
    assert now is not None and [cell.reason for cell in now.cells] == [""] * 4 and now.state == "done"
    yield folder
    patch.undo()


def test_log_likelihoods_are_not_taken_from_a_server_that_gives_none(server: str, home: Path) -> None:
    found = check(Endpoint(name="llama", base_url=server, model="tiny-1m"), "completions")
    assert not found.prompt_logprobs and found.completions and found.chat and found.streams
    assert found.task_kinds["multiple choice"] == "generative form over completions"


def test_the_served_model_answers_as_it_does_without_a_server(home: Path) -> None:
    variants = (("tiny-1m", "fp32"), ("endpoint:llama", "as-served"))
    here, there = (item_texts(model, label, "shop_summarization") for model, label in variants)
    assert len(here) == len(there) == N
    assert sum(here[item].output == there[item].output for item in here) >= 0.95 * N
    [found] = compare("tiny-1m@fp32", "endpoint:llama@as-served", "summarization")
    assert found.n == N and abs(found.difference) < 0.05


def test_the_generative_form_is_labelled_and_not_paired_with_likelihoods(home: Path) -> None:
    seen = {(m.model, m.task): m for m in measured_measurements()}
    written = seen["endpoint:llama", "shop_classification"]
    assert written.protocol == seen["tiny-1m", "shop_classification"].protocol + ", generative form"
    assert written.bits_per_weight is None and written.weight_bytes is None
    assert written.hardware.startswith("tiny-1m at http://127.0.0.1:")
    with pytest.raises(ValueError, match="shop_classification was asked in two ways"):
        compare("tiny-1m@fp32", "endpoint:llama@as-served")


def test_latency_of_every_request_is_measured(home: Path) -> None:
    times = request_times("endpoint:llama")
    assert times is not None and times.n == 2 * N and times.at_once == 2
    assert times.e2e_p95_s.low is not None and times.e2e_p95_s.high is not None
    assert 0 < times.e2e_p95_s.low <= times.e2e_p95_s.value <= times.e2e_p95_s.high
    assert times.ttft_p95_s is not None and times.ttft_p95_s.value < times.e2e_p95_s.value
    # half of the answers are a label of one token, half a summary of five words and the end
    assert times.output_tokens is not None and 3 <= times.output_tokens < 10


def test_the_verdict_rests_on_the_measured_latency(home: Path) -> None:
    desk = scenario("support-desk")
    times = request_times("endpoint:llama")
    assert times is not None and times.e2e_p95_s.high is not None and times.e2e_p95_s.low is not None
    load = replace(desk.workload, prompt_tokens=40, output_tokens=4)  # about as long as what was measured
    for limit, status in ((2 * times.e2e_p95_s.high, "meets"), (times.e2e_p95_s.low / 2, "misses")):
        asked = replace(desk, sla=Sla(e2e_p95_s=limit), workload=load)
        found = decide(asked, scenario_measurements(asked), load_price_book(as_of=desk.as_of), item_scorer(asked))
        [option] = [o for o in found.options if o.model == "endpoint:llama"]
        [latency] = [c for c in option.checks if c.name == "p95 latency"]
        assert latency.status == status and latency.origin == "measured"
        assert latency.seen == times.e2e_p95_s.value and "measured on 80 requests, 2 at once" in latency.reason
    # $1 and $2 a million: (40 × 1 + 4 × 2) / 1e6 a request
    assert option.quote.usd_per_query is not None
    assert option.quote.usd_per_query.value == pytest.approx(0.000048)


def test_longer_requests_than_the_measured_ones_are_not_spoken_for(home: Path) -> None:
    desk = scenario("support-desk")
    asked = replace(desk, sla=Sla(e2e_p95_s=100), workload=replace(desk.workload, prompt_tokens=4000))
    found = decide(asked, scenario_measurements(asked), load_price_book(as_of=desk.as_of), item_scorer(asked))
    [option] = [o for o in found.options if o.model == "endpoint:llama"]
    [latency] = [c for c in option.checks if c.name == "p95 latency"]
    assert latency.status == "unproven" and "the workload asks for 4,000 → 40" in latency.reason


def test_the_key_is_in_no_file(home: Path) -> None:
    """Store, logs, settings and the count of tokens: everything under the home of the run that used it."""
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {"endpoints.yaml", "bitbudget.sqlite"} <= {path.name for path in files}
    assert any(path.suffix == ".log" for path in files)
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path.name
    exported = subprocess.run(
        [sys.executable, "-m", "evals", "export", runs.runs()[0].run], capture_output=True, text=True, check=True
    )
    assert SECRET not in exported.stdout + exported.stderr
