"""Endpoints in their file and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.__main__ import app
from evals.endpoints.book import endpoint, endpoints, save
from evals.endpoints.entry import Endpoint
from evals.endpoints.estimate import estimates, sentences
from evals.endpoints.keys import redacted
from evals.endpoints.spend import Spend
from evals.models import ServedModel, evaluable, model
from evals.names import UnknownName
from evals.plan import Plan
from tests.evals.endpoints.stub import Stub, served, text_answer


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    return tmp_path


def test_what_is_saved_is_read_again(home: Path) -> None:
    one = Endpoint(name="a", base_url="http://h/v1", model="m", omits=("stop",), max_tokens_per_run=10)
    save(one)
    save(Endpoint(name="b", base_url="http://h/v1", model="m"))
    assert endpoints()["a"] == one and list(endpoints()) == ["a", "b"]
    assert not list(home.glob("*.tmp"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: {base_url: http://h, model: m, key: sk-1}", "has a field 'key'; expected some of"),
        ("a: {base_url: http://h}", "endpoint 'a' in endpoints.yaml lacks model"),
        ("a: {base_url: http://h, model: m, concurrency: many}", "concurrency of endpoint 'a' is 'many'"),
        ("a: {base_url: http://h, model: m, kind: talk}", "kind of endpoint 'a' is 'talk'; expected completions or"),
        ("a: {base_url: http://h, model: m, key_env: sk-abc-def}", "must be the name of an environment variable"),
        ("a: &x {base_url: http://h, model: m}\nb: *x", "uses a YAML alias"),
        ("a: [unclosed", "cannot be read"),
        ("just text", "must hold one block of fields"),
        ("a: {base_url: http://h, model: m, max_usd_per_run: 5}", "needs usd_per_mtok_prompt and"),
    ],
)
def test_a_wrong_line_in_the_file_is_named(home: Path, text: str, why: str) -> None:
    (home / "endpoints.yaml").write_text(text)
    with pytest.raises(ValueError, match=why):
        endpoints()


def test_an_unknown_endpoint_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="none is defined yet; python -m evals endpoint add vllm"):
        evaluable("endpoint:vllm")
    save(Endpoint(name="our-vllm", base_url="http://h/v1", model="m"))
    with pytest.raises(UnknownName, match="did you mean our-vllm"):
        endpoint("our-vlm")
    with pytest.raises(UnknownName, match="needs its weights on this machine"):
        model("endpoint:our-vllm")


def test_a_plan_takes_an_endpoint_as_it_is_served() -> None:
    save(Endpoint(name="x", base_url="http://h/v1", model="m"))
    plan = Plan(models=("endpoint:x", "tiny-1m"), quantizations=("bf16", "nf4"), tasks=("math",), limit=3).checked()
    assert [(c.model, c.quantization) for c in plan.cells()] == [
        ("endpoint:x", "as-served"),
        ("tiny-1m", "bf16"),
        ("tiny-1m", "nf4"),
    ]
    one = evaluable("endpoint:x")
    assert isinstance(one, ServedModel) and one.size_bytes is None
    save(Endpoint(name="x", base_url="http://h/v1", model="m", kind="completions"))
    assert evaluable("endpoint:x").weights_hash != one.weights_hash  # asked otherwise: other results
    save(Endpoint(name="x", base_url="http://h/v1", model="m", concurrency=9))
    assert evaluable("endpoint:x").weights_hash == one.weights_hash


def test_what_a_plan_will_cost_is_said_before_it_starts() -> None:
    """Three word problems, at most 110 tokens of answer each; a dollar a million prompt tokens, ten for output."""
    price = {"usd_per_mtok_prompt": 1.0, "usd_per_mtok_output": 10.0}
    save(Endpoint(name="x", base_url="http://h/v1", model="m", max_requests_per_run=2, **price))
    plan = Plan(models=("endpoint:x", "tiny-1m"), quantizations=("bf16",), tasks=("math",), limit=3)
    found = estimates(plan)["endpoint:x"]
    assert (found.requests, found.output_tokens) == (3, 330) and 60 < found.prompt_tokens < 200
    assert found.usd(endpoint("x")) == pytest.approx((found.prompt_tokens + 3300) / 1e6)
    [said] = sentences(plan)
    assert said.startswith("endpoint:x: 3 requests, about ")
    assert said.endswith("would stop at max_requests_per_run of 2")
    assert Spend(requests=1, prompt_tokens=5).usd(Endpoint(name="y", base_url="http://h", model="m")) is None


def test_the_command_adds_checks_lists_and_removes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_KEY", "sk-averysecretkey1234")

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["endpoint", *words])
        assert "averysecretkey" not in done.output
        return done.exit_code, done.stdout

    with served(Stub(text_answer(lambda prompt: "Paris"))) as stub:
        code, said = run("add", "our", "--url", stub.url, "--model", "tiny", "--key-env", "STUB_KEY", "--json")
        found = json.loads(said)
        assert code == 0 and found["works"] and found["task_kinds"]["multiple choice"] == "generative form over chat"
        code, said = run("check", "our", "--json")
        assert code == 0 and json.loads(said)["endpoint"]["kind"] == "chat"
        code, said = run("add", "wrong", "--url", stub.url, "--model", "tyni", "--json")
        assert code == 1 and json.loads(said)["nearest"] == "tiny"
    code, said = run("list", "--json")
    assert [one["name"] for one in json.loads(said)["endpoints"]] == ["our"]  # the wrong one was not kept
    assert run("remove", "our")[0] == 0 and endpoints() == {}


def test_row_60_on_the_command_line_a_key_in_the_url_is_refused_unseen() -> None:
    words = ["endpoint", "add", "x", "--url", "https://me:sk-secretsecret@host/v1", "--model", "m"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2 and "environment variable" in done.output and "secretsecret" not in done.output


@pytest.mark.parametrize(
    "text",
    ["sk-proj-abcdefgh1234", "hf_abcdefghij", "AKIAABCDEFGHIJKL", "Bearer abcdefgh.ijk", "http://me:pass@host"],
)
def test_what_looks_like_a_key_is_taken_out(text: str) -> None:
    hidden = redacted(f"before {text} after")
    assert "[key removed]" in hidden and hidden.startswith("before ") and hidden.endswith(" after")
    assert not any(part in hidden for part in ("abcdefgh", "AKIA", "pass"))
