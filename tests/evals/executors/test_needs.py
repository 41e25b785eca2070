"""What a variant takes of a node, and what a node says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals import runs
from evals.executors.needs import Need, needs_of
from evals.executors.node import examined
from evals.plan import ENGINE_PACKAGES, Plan, versions
from evals.preflight import preflight
from evals.store import Store
from tests.postgres import Server

VARIANTS = [("tiny-1m", "bf16"), ("tiny-1m", "nf4")]


def test_a_line_of_the_file_counts_before_the_line_for_all_and_that_before_the_weights(tmp_path: Path) -> None:
    file = tmp_path / "needs.yaml"
    file.write_text("tiny-1m@nf4: {cpus: 4, gpus: 2, memory_bytes: 8000000000}")
    found = needs_of(VARIANTS, file)
    assert found[("tiny-1m", "nf4")] == Need(cpus=4, gpus=2, memory_bytes=8_000_000_000)
    assert found[("tiny-1m", "bf16")] == Need(memory_bytes=preflight("tiny-1m", "bf16").memory_needed_bytes)
    file.write_text("'*': {cpus: 2}")
    assert set(needs_of(VARIANTS, file).values()) == {Need(cpus=2)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tiny-1m@nf5: {cpus: 1}", "nf5.*tiny-1m@nf4"),
        ("tiny-1m@nf4: {cpu: 1}", "tiny-1m@nf4.*'cpu'.*cpus"),
        ("tiny-1m@nf4: {cpus: -1}", "tiny-1m@nf4: cpus is -1; give a number of 0 or more"),
        ("tiny-1m@nf4: {memory_bytes: 1.5}", "memory_bytes is 1.5; give a whole number"),
        ("tiny-1m@nf4: {cpus: 0, gpus: 0}", "cpus is 0 and so is gpus"),
        ("tiny-1m@nf4: 2", r"tiny-1m@nf4 is 2; write \{cpus"),
        ("[1, 2]", "holds no variants"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_bad_file_is_named_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "needs.yaml").write_text(text)
    with pytest.raises(ValueError, match=said):
        needs_of(VARIANTS, tmp_path / "needs.yaml")


def test_a_node_says_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    store = Store()
    packages = versions(ENGINE_PACKAGES)
    [cell] = Plan(models=("tiny-1m",), quantizations=("bf16",), tasks=("math",), limit=2).checked().cells()
    right = {("tiny-1m", "bf16"): cell.variant_key}
    assert examined(store.store_id, packages, right) == []
    assert examined("x", packages, right) == ["has another store: start Ray there with the same BITBUDGET_DB"]
    assert "torch" in packages
    other = examined(store.store_id, {**packages, "torch": "1.0"}, right)
    assert other == [f"has other packages (torch {packages['torch']}, not 1.0): install the same requirements.txt"]
    gone = str(tmp_path / "model")
    found = examined(store.store_id, packages, {("tiny-1m", "bf16"): "x", (gone, "bf16"): "y"})
    assert found[0] == "has other weights for tiny-1m @ bf16: copy the same files there"
    assert gone in found[1] and len(found) == 2


def test_a_node_that_cannot_open_the_store_says_why_and_never_the_password(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUDGET_DB", postgres.url(password="wrong-secret"))
    [said] = examined("x", {}, {})
    assert said.startswith("cannot open the store: ") and "password authentication failed" in said
    assert "correct BITBUDGET_DB" in said and "secret" not in said
    schema = postgres.fresh()
    monkeypatch.setenv("BITBUDGET_DB", postgres.url(schema))
    store_id = Store().store_id
    postgres.sql("UPDATE meta SET value = '99' WHERE name = 'schema'", schema)
    [said] = examined(store_id, {}, {})
    assert "cannot open the store: " in said and "schema 99, this version reads up to 3" in said
    monkeypatch.setenv("BITBUDGET_DB", postgres.url(port=1))
    [said] = examined(store_id, {}, {})
    assert "cannot open the store: " in said and "does not answer" in said


def test_a_run_of_a_cluster_is_not_taken_up_by_an_app_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    plan = Plan(models=("tiny-1m",), quantizations=("bf16",), tasks=("math",), limit=2)
    store = Store()
    run = runs.start(plan, store, "ray")
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a worker was started"))
    assert runs.ensure_demo(store) == run
    assert store.alive_workers(run) == []
