"""What went wrong without a word in other people's hands is an error here."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM

from evals.availability import Unavailable, pin, require, why_not
from evals.catalogue.entry import Quantization
from evals.engines import export, rounding
from evals.engines.finishing import finished
from evals.engines.harness import Harness
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job
from evals.engines.variants import load_variant
from evals.models import LocalModel, model
from evals.plan import variant_key
from evals.quantizations import quantization
from evals.tasks import task


def made(**changes: Any) -> Quantization:
    given = {"label": "made", "title": "made", "method": "round-to-nearest", "format": "", "nominal_bits": 4}
    return Quantization(**{**given, **changes})


def test_a_method_that_changes_nothing_is_not_a_perfect_score(
    small: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounding, "round_model", lambda *_: None)
    with pytest.raises(RuntimeError, match=r"left the logits of .* unchanged: nothing was quantized"):
        load_variant(small, quantization("rtn-int4"), "")


class Unpacking(nn.Linear):
    """Packed until its first forward pass, like compressed-tensors."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if "codes" in self._buffers:
            self.weight = nn.Parameter(self.codes.float() * 0.02)
            del self._buffers["codes"]
        return super().forward(x)


def test_weights_that_unpack_in_the_first_forward_are_not_called_packed(small: LocalModel) -> None:
    asked = Job(small, quantization("llm-int8"), "")
    unpacking = asked.plain(torch.float32)
    for name, layer in list(unpacking.named_modules()):
        if name.endswith("_proj"):
            layer.__class__ = Unpacking
            layer.register_buffer("codes", (layer.weight / 0.02).round().to(torch.int8))
            layer.weight = None
    with pytest.raises(RuntimeError, match=r"left 7 layers of .* at full width in memory"):
        finished(asked, unpacking)


def test_answers_of_one_variant_are_never_served_to_another(small: LocalModel) -> None:
    """The key of lm-eval's own cache leaves the model out."""
    answers: dict[str, list[str]] = {"bf16": [], "rtn-int2-g128": []}
    for label, said in answers.items():
        harness = Harness(load_variant(small, quantization(label), ""))
        harness.run(task("classification"), (0, 1, 2), lambda item, said=said: said.append(item.output))
    assert not set(answers["bf16"]) & set(answers["rtn-int2-g128"])


def test_awq_at_eight_bits_is_not_offered() -> None:
    with pytest.raises(ValueError, match="worse than at 4"):
        made(method="awq", nominal_bits=8)


@pytest.mark.parametrize("label", ["nf4", "nf4-dq", "fp4", "llm-int8", "rtn-int4", "hqq-int4-g64", "gptq-int4-g128"])
def test_an_exported_folder_is_the_variant_in_plain_transformers(small: LocalModel, tmp_path: Path, label: str) -> None:
    how = quantization(label)
    if why := why_not(how):
        pytest.skip(why)
    folder = tmp_path / "out"
    export.export_variant(small, how, variant_key(small, how), folder)
    again = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    variant = load_variant(small, how, variant_key(small, how))
    ids = torch.arange(5, 60)[None]
    with torch.inference_mode():
        ours, theirs = variant.model(input_ids=ids).logits, again(input_ids=ids).logits
    assert float((ours - theirs).norm() / ours.norm()) < 0.01
    assert (folder / "tokenizer.json").exists()


def test_a_save_that_stores_something_else_is_found_and_not_kept(
    small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved_right = rounding.quantized

    def quantized(asked: Any) -> Any:
        right, wrong = saved_right(asked), saved_right(asked)
        with torch.no_grad():
            wrong.model.layers[0].mlp.up_proj.weight.mul_(2)  # as when scales are lost
        right.save_pretrained = wrong.save_pretrained
        return right

    monkeypatch.setattr(rounding, "quantized", quantized)
    with pytest.raises(RuntimeError, match="answers differently"):
        export.export_variant(small, quantization("rtn-int4"), "", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named_with_the_line_that_installs_it() -> None:
    assert why_not(made(packages=("torch", "no-such-package"))) == (
        "made needs no-such-package: pip install no-such-package"
    )
    assert pin("gptqmodel") == "gptqmodel==7.6.0" and pin("lm-eval").startswith("lm-eval[hf]==")


def test_a_device_that_cannot_run_a_method_is_named() -> None:
    with pytest.raises(Unavailable, match="made runs on cuda only, and this machine has cpu"):
        require(made(devices=("cuda",)), ("cpu",))
    assert why_not(made(devices=("cuda",)), ("cpu", "cuda")) == ""


def test_groups_that_do_not_divide_a_layer_are_refused_with_those_that_do(small: LocalModel) -> None:
    with pytest.raises(
        ValueError, match=r"the 256 columns of model\.layers\.0\.self_attn\.q_proj .* groups of 128 or 64"
    ):
        load_variant(small, made(group_size=96, execution="dequantized"), "")


def test_damaged_weights_are_named(small: LocalModel, tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    shutil.copytree(small.folder, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100_000])
    with pytest.raises(ValueError, match="the weights in cut are damaged or cut short"):
        load_variant(model(str(folder)), quantization("bf16"), "")


def test_a_full_disk_leaves_nothing_behind(small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    how, full = quantization("rtn-int4"), OSError(errno.ENOSPC, "No space left on device")
    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
        with pytest.raises(OSError, match="MB are needed"):
            export.export_variant(small, how, "", tmp_path / "out")

    def no_space(*_: Any, **__: Any) -> None:
        raise full

    monkeypatch.setattr("transformers.PreTrainedModel.save_pretrained", no_space)
    with pytest.raises(OSError, match="the disk is full; free some space"):
        export.export_variant(small, how, "", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_in_it_is_not_written_over(small: LocalModel, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ValueError, match="is not empty"):
        export.export_variant(small, quantization("rtn-int4"), "", tmp_path)


def test_a_variant_has_a_model_or_an_lm() -> None:
    with pytest.raises(ValueError, match="not both or neither"):
        LoadedVariant(tokenizer=None, weight_bytes=1, bits_per_weight=1.0)
