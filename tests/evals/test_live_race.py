"""A race with a real worker on the smallest member: kill -9, resume, and the same end as its stored items say."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from evals import runs
from evals.__main__ import app
from evals.lines import lines_from, load_lines
from evals.race_check import Line
from evals.race_spec import RaceSpec, by_size, load_order
from evals.races import standing
from evals.store import Store

SPEC = RaceSpec(
    candidates=("tiny-1m@rtn-int2-g128", "tiny-1m@nf4"),
    lines=(
        Line(task="shop_classification", kind="minimum", value=0.98),
        Line(task="shop_classification", kind="max_drop_from_baseline", value=0.3),
    ),
    limit=100,
)
SLA = "quality: {classification: {minimum: 95 %}}\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    return tmp_path


def kill_workers(run: str) -> None:
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "evals.worker" in command and run in command:
            process.kill()


def wait(run: str, *states: str, seconds: float = 300) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        now = runs.state(run)
        if now in states:
            return str(now)
        time.sleep(0.1)
    raise AssertionError(f"race is {now} after {seconds} s, not {states}")


def test_a_killed_race_goes_on_where_it_stopped(home: Path) -> None:
    run = runs.start_race(SPEC)
    assert runs.start_race(SPEC) == run  # an equal race that is running is joined
    deadline = time.monotonic() + 300
    while (found := standing(run)) and found.result.calls == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    kill_workers(run)
    if wait(run, "interrupted", "done") == "interrupted":
        runs.resume(run)
    wait(run, "done")
    found = standing(run)
    assert found is not None and found.result.state in ("meets", "none_meets", "unproven")
    assert 0 < found.result.calls <= found.result.full_grid_calls == 3 * 100
    status = runs.status(run)
    assert status is not None
    states = {cell.state for cell in status.cells}
    assert states <= {"done", "settled", "not needed"}
    asked = {c.id: c.items for c in found.candidates} | dict(found.baselines)
    for cell in status.cells:  # at most the chunk that was open when the worker died was asked for nothing
        assert asked[f"{cell.model}@{cell.quantization}"] <= cell.items_done
        assert (cell.state == "done") == (cell.items_done == 100)


def test_an_order_is_read_from_json_or_lines(home: Path, tmp_path: Path) -> None:
    lines = tmp_path / "order.txt"
    lines.write_text("# cheapest first\ntiny-1m@NF4, 2.5\ntiny-1m@bf16\n")
    assert load_order(lines) == (("tiny-1m@nf4", "tiny-1m@bf16"), {"tiny-1m@nf4": 2.5})
    given = tmp_path / "order.json"
    given.write_text(json.dumps({"order": [{"id": "tiny-1m@bf16", "weight": 4}, "tiny-1m@nf4"]}))
    assert load_order(given) == (("tiny-1m@bf16", "tiny-1m@nf4"), {"tiny-1m@bf16": 4.0})


def test_without_an_order_the_smallest_weights_come_first() -> None:
    found = by_size(["tiny-3m", "tiny-1m"], ["bf16", "nf4"])
    assert found[0] == "tiny-1m@nf4" and found[-1] == "tiny-3m@bf16"


def test_lines_of_an_sla() -> None:
    found = lines_from({"math": "80 %", "shop_code": {"minimum": 0.5, "minimum_of_baseline": "95%"}}, "sla")
    assert [(line.task, line.kind, line.value) for line in found] == [
        ("shop_math", "minimum", 0.8),
        ("shop_code", "minimum", 0.5),
        ("shop_code", "minimum_of_baseline", 0.95),
    ]


@pytest.mark.parametrize(
    ("sla", "said"),
    [
        ("quality: {}\n", "no line on quality"),
        ("e2e_p95_s: 2\n", "no line on quality"),
        ("quality: {MMLU: 75 %}\n", "unknown task 'MMLU'"),
        ("quality: {math: 80}\n", 'did you mean "80 %"?'),
        ("quality: {math: {minimun: 0.8}}\n", "did you mean minimum"),
        ("quality: {math: {minimum: high}}\n", "minimum is 'high'"),
        ("qualities: {}\n", "did you mean quality?"),
        ("quality: [math]\n", "expected tasks with thresholds"),
        ("- 1\n", "expected fields with values"),
        ("quality: {math: 80 %\n", "is not valid YAML"),
    ],
)
def test_a_bad_sla_is_named(tmp_path: Path, sla: str, said: str) -> None:
    path = tmp_path / "sla.yaml"
    path.write_text(sla)
    with pytest.raises(ValueError, match=r".") as told:
        load_lines(path)
    assert said in str(told.value) and "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--models", "tiny-2m"], "did you mean"),
        (["--alpha", "0"], "alpha is 0"),
        (["--alpha", "1.5"], "alpha is 1.5"),
        (["--seed", "0"], "seed of the race is 0"),
        (["--limit", "1"], "limit of the race is 1"),
        (["--order", "nowhere.json"], "nowhere.json: cannot be read"),
    ],
)
def test_bad_options_are_one_line_and_start_nothing(home: Path, tmp_path: Path, options: list[str], said: str) -> None:
    path = tmp_path / "sla.yaml"
    path.write_text(SLA)
    told = CliRunner().invoke(app, ["race", "--sla", str(path), "--json", *options])
    assert told.exit_code == 2 and said in told.output and "Traceback" not in told.output
    assert Store().runs() == []


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("", "names no candidate"),
        ("tiny-1m\n", "is not written MODEL@QUANTIZATION"),
        ("tiny-1m@nf5\n", "did you mean nf4"),
        ("tiny-1m@nf4, dear\n", "weight of tiny-1m@nf4 is 'dear'"),
        ("[1]", "entry 1 is 1"),
        ("[", "is not valid JSON"),
        ("{}", "expected a list"),
    ],
)
def test_a_bad_order_is_named(tmp_path: Path, order: str, said: str) -> None:
    path = tmp_path / "order"
    path.write_text(order)
    with pytest.raises(ValueError, match=r".") as told:
        load_order(path)
    assert said in str(told.value)
