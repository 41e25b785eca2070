"""GGUF variants as the worker meets them: converted folders, files of the user's own, damaged files."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest

from evals import runs
from evals.engines.gguf import load
from evals.engines.gguf_export import export
from evals.engines.gguf_files import DamagedFile, facts, probe
from evals.engines.llama_cpp import EngineError
from evals.engines.loading import Job
from evals.engines.variants import load_variant
from evals.models import LocalModel, model
from evals.names import UnknownName
from evals.plan import Plan, variant_key
from evals.quantizations import QUANTIZATIONS, quantization
from evals.store import Store
from evals.worker import Worker

GGUF = [entry.label for entry in QUANTIZATIONS.values() if entry.method == "gguf"]


@pytest.fixture(scope="module")
def q8(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "mine.gguf"
    export(llama, path, "Q8_0")
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BITBUDGET_THREADS", "1")
    return tmp_path


def job(local: LocalModel, label: str) -> Job:
    return Job(local, quantization(label), variant_key(local, quantization(label)))


def test_eight_bits_are_eight_and_a_half_with_their_scales(q8: Path) -> None:
    # 32 codes of 8 bits and a scale of 16: (32 × 8 + 16) / 32 = 8.5. Only the 5 norms of 256 stay at 32 bits.
    found = facts(q8)
    assert found.quantized_bits == 8.5
    assert found.parameters - found.quantized_weights == 5 * 256
    assert found.weight_bytes * 8 == found.quantized_weights * 8.5 + 5 * 256 * 32


@pytest.mark.parametrize("label", GGUF)
def test_every_gguf_quantization_loads_smaller_and_different(llama: Path, home: Path, label: str) -> None:
    how, local = quantization(label), LocalModel(name="random", folder=llama)
    variant = load(job(local, label))
    changed = variant.facts["logits_changed"]
    assert 0 < changed < {16: 0.02, 8: 0.1}.get(int(how.nominal_bits), 1.5)
    assert variant.bits_per_weight == pytest.approx(variant.weight_bytes * 8 / variant.facts["parameters"])
    if how.nominal_bits < 16:
        # a mixture takes at least its main format, and less than the next one up but for the 6 bits of embeddings
        assert how.expected_bits() - 0.01 <= variant.facts["quantized_bits"] < how.expected_bits() + 3
    assert load(job(local, label)).facts["logits_changed"] == changed, "kept and read again: the same weights"


def test_more_bits_change_less(llama: Path, home: Path) -> None:
    local = LocalModel(name="random", folder=llama)
    changed = [load(job(local, q)).facts["logits_changed"] for q in ("gguf-f16", "Q8_0", "Q6_K", "Q4_K_M", "Q2_K")]
    assert changed == sorted(changed)


def test_a_file_of_your_own_is_a_model(q8: Path, home: Path) -> None:
    variant = load(job(model(str(q8)), "Q8_0"))
    assert variant.facts["file"] == "mine.gguf" and variant.weight_bytes == facts(q8).weight_bytes
    with pytest.raises(ValueError, match=r"mine\.gguf holds Q8_0, not Q4_K_M; ask for quantization Q8_0"):
        load(job(model(str(q8)), "Q4_K_M"))


def test_a_file_takes_no_other_method(q8: Path) -> None:
    expected = "mine.gguf is a finished GGUF file; nf4 is made from a folder of the full model"
    with pytest.raises(ValueError, match=re.escape(expected)):
        load_variant(model(str(q8)), quantization("nf4"), "any")


def test_a_missing_file_is_named_and_so_is_a_missing_part(q8: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"missing: none\.gguf"):
        model(str(tmp_path / "none.gguf"))
    shutil.copy(q8, tmp_path / "big-00001-of-00002.gguf")
    with pytest.raises(UnknownName, match=r"missing: big-00002-of-00002\.gguf"):
        model(str(tmp_path / "big-00001-of-00002.gguf"))


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.999])
def test_a_file_cut_short_is_damaged_wherever_it_was_cut(q8: Path, tmp_path: Path, kept: float) -> None:
    content = q8.read_bytes()
    (tmp_path / "cut.gguf").write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(DamagedFile, match=r"cut\.gguf is (damaged or )?cut short"):
        facts(tmp_path / "cut.gguf")


def test_another_file_and_impossible_values_are_damaged(q8: Path, tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(DamagedFile, match="is not a GGUF file"):
        facts(tmp_path / "x.gguf")
    shutil.copy(q8, tmp_path / "nan.gguf")
    reader = gguf.GGUFReader(tmp_path / "nan.gguf", "r+")
    block = next(t for t in reader.tensors if t.name == "blk.1.ffn_up.weight").data
    block[0, :2] = np.array([np.nan], np.float16).view(np.uint8)
    reader.data.flush()
    with pytest.raises(DamagedFile, match=r"blk\.1\.ffn_up\.weight holds values that are not finite"):
        facts(tmp_path / "nan.gguf", validate=True)


def test_row_53_a_crash_of_the_loader_is_named(q8: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe(q8)
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(crashing))
    with pytest.raises(EngineError, match=r"crashed while loading mine\.gguf: file damaged or hostile \(signal 11\)"):
        probe(q8)


def test_a_header_that_llama_cpp_refuses_says_why(q8: Path, tmp_path: Path) -> None:
    shutil.copy(q8, tmp_path / "odd.gguf")
    reader = gguf.GGUFReader(tmp_path / "odd.gguf", "r+")
    field = reader.fields["llama.block_count"]
    field.parts[field.data[0]][0] = 7
    reader.data.flush()
    with pytest.raises(EngineError, match=r"cannot load odd\.gguf: .*blk\.2"):
        probe(tmp_path / "odd.gguf")


def test_a_damaged_file_fails_by_name_and_the_other_cells_go_on(
    q8: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = home / "cut.gguf"
    cut.write_bytes(q8.read_bytes()[:-5000])
    monkeypatch.setattr(runs, "resume", lambda *_: None)  # the worker runs here instead
    store = Store()
    plan = Plan(models=(str(cut), str(q8)), quantizations=("Q8_0",), tasks=("math", "classification"), limit=3)
    run = runs.start(plan, store)
    (home / "home" / "logs" / run).mkdir(parents=True)
    Worker(store, run, "here").work()
    assert runs.status(run, store).state == "done"  # type: ignore[union-attr]
    assert model(str(q8)).size_bytes == q8.stat().st_size
    states = {(Path(c["model"]).name, c["task"]): (c["state"], c["reason"]) for c in store.cells(run)}
    assert all(state == "done" for (name, _), (state, _) in states.items() if name == "mine.gguf")
    assert all(
        state == "failed" and "cut.gguf is damaged or cut short" in why
        for (name, _), (state, why) in states.items()
        if name == "cut.gguf"
    )
