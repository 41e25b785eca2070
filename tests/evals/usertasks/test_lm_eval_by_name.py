"""lm-eval's own tasks: listed from their YAML, added with a local data set in the Hub's place, or refused."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lm_eval.tasks import TaskManager

from evals.engines import harness_tasks
from evals.engines.harness import Harness, ItemResult
from evals.engines.lm_eval_items import Refused, read_task
from evals.engines.variants import load_variant
from evals.models import model
from evals.quantizations import quantization
from evals.tasks import items, task
from evals.usertasks import from_lm_eval, lm_eval_index
from evals.usertasks.from_lm_eval import add_from_lm_eval, group_of
from evals.usertasks.lm_eval_index import LmEvalTask, read_tasks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three tasks as lm-eval writes them, one on a local file, one that runs code, one whose data is on the Hub."""
    place = tmp_path / "yaml"
    place.mkdir()
    (place / "base.yaml").write_text(
        "output_type: generate_until\ntest_split: test\ndoc_to_text: \"Problem: {{q}}\\nAnswer:\"\n"
        "doc_to_target: '{{a}}'\n"
        "generation_kwargs: {until: [\"\\n\"], max_gen_toks: 40}\nnum_fewshot: 0\n"
        "metric_list:\n- {metric: exact_match, aggregation: mean, higher_is_better: true}\nmetadata: {version: 1.0}\n"
    )
    rows = [{"q": f"Rosa has {n} mugs, gets 2 more. What is left?", "a": str(n + 2)} for n in range(6)]
    (place / "local.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (place / "sums.yaml").write_text(
        f"include: base.yaml\ntask: local_gsm8k\ntag: math\ndataset_path: json\n"
        f"dataset_kwargs: {{data_files: {{test: {place / 'local.jsonl'}}}}}\n"
    )
    (place / "code.yaml").write_text("include: base.yaml\ntask: risky\nunsafe_code: true\ndataset_path: a/b\n")
    (place / "hub.yaml").write_text("include: base.yaml\ntask: faraway\ndataset_path: bitbudget-nobody/nothing\n")
    return place


@pytest.fixture
def known_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder's tasks stand in for those of the installed lm-eval."""

    def own_task(name: str) -> Any:
        return TaskManager(include_path=str(folder), include_defaults=False).load([name])["tasks"][name]

    def asked(found: LmEvalTask, limit: int) -> dict[str, Any]:
        try:
            return read_task(found.name, limit)
        except Refused as refused:
            raise ValueError(from_lm_eval._refusal(found, str(refused))) from refused

    monkeypatch.setattr(from_lm_eval, "lm_eval_tasks", lambda: read_tasks(folder))
    monkeypatch.setattr(from_lm_eval, "_asked", asked)
    monkeypatch.setattr(harness_tasks, "own_task", own_task)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def test_tasks_are_read_from_yaml_with_what_it_includes(folder: Path) -> None:
    (folder / "README.md").write_text("# Sums\n\nTitle: `Sums by the dozen`\n")
    found = {t.name: t for t in read_tasks(folder.parent)}
    assert set(found) == {"local_gsm8k", "risky", "faraway"}
    assert found["local_gsm8k"].description == "Sums by the dozen"
    assert (found["local_gsm8k"].output_type, found["local_gsm8k"].tags) == ("generate_until", ("math",))
    assert found["risky"].unsafe_code
    assert group_of(found["local_gsm8k"]) == "math"


def test_a_search_finds_all_words_and_puts_the_name_itself_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def one(name: str) -> LmEvalTask:
        return LmEvalTask(
            name=name, group="g", description="Grade school math", dataset="openai/gsm8k main",
            output_type="generate_until", tags=(), unsafe_code=False,
        )  # fmt: skip

    monkeypatch.setattr(lm_eval_index, "_index_file", lambda: Path("none"))
    every = tuple(map(one, ("bigbench_gsm8k", "gsm8k_cot", "gsm8k", "x")))
    monkeypatch.setattr(lm_eval_index, "_every", lambda _: every)
    assert [t.name for t in lm_eval_index.lm_eval_tasks("gsm8k")] == ["gsm8k", "gsm8k_cot", "bigbench_gsm8k", "x"]
    assert lm_eval_index.lm_eval_tasks("school nothing") == []


def test_the_installed_package_has_the_well_known_tasks() -> None:
    names = {path.parent.name for path in lm_eval_index.package_folder().glob("*/*.yaml")}
    assert {"gsm8k", "humaneval", "mbpp", "ifeval"} <= names


@pytest.mark.usefixtures("known_here")
def test_a_task_that_runs_code_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="risky hands model-written code to a judge of its own, which is no sandbox"):
        add_from_lm_eval("risky")


@pytest.mark.usefixtures("known_here")
def test_a_data_set_out_of_reach_is_named() -> None:
    expected = "faraway needs the data set bitbudget-nobody/nothing from the Hub; this machine cannot reach it"
    with pytest.raises(ValueError, match=re.escape(expected)):
        add_from_lm_eval("faraway")


@pytest.mark.usefixtures("known_here")
def test_a_task_on_a_local_file_is_added_and_scored(home: Path) -> None:
    where, count = add_from_lm_eval("local_gsm8k", limit=5)
    assert (where, count) == (home / "lm-eval-tasks" / "local_gsm8k", 5)
    added = task("local_gsm8k")
    assert (added.metric, added.group, added.n_items) == ("exact_match", "math", 5)
    scored: list[ItemResult] = []
    Harness(load_variant(model("tiny-1m"), quantization("bf16"), "by-name")).run(added, range(5), scored.append)
    assert sorted(result.index for result in scored) == [0, 1, 2, 3, 4]
    assert all(result.metrics["exact_match"] in (0.0, 1.0) for result in scored)
    assert items(added.config["metadata"]["items"])[1]["answer"].strip() == "3"


def test_the_command_lists_by_name(home: Path) -> None:
    index = [vars(LmEvalTask(name="gsm8k", group="gsm8k", description="GSM8k", dataset="openai/gsm8k main",
                             output_type="generate_until", tags=(), unsafe_code=False))]  # fmt: skip
    from importlib.metadata import version

    (home / f"lm-eval-{version('lm_eval')}.json").write_text(json.dumps(index))
    command = [sys.executable, "-m", "evals", "list", "tasks", "--lm-eval", "gsm", "--json"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [t["name"] for t in json.loads(said.stdout)["lm_eval_tasks"]] == ["gsm8k"]
