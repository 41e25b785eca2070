"""ONNX variants as the worker meets them: exported folders, files of the user's own, damaged files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from evals.engines import onnx as family
from evals.engines.harness import Harness, ItemResult
from evals.engines.loaded import LoadedVariant
from evals.engines.onnx_export import quantize
from evals.engines.onnx_files import DamagedOnnx, facts
from evals.engines.onnx_model import Graph, UnsupportedGraph
from evals.engines.variants import load_variant
from evals.home import home
from evals.models import LocalModel, model
from evals.names import UnknownName
from evals.plan import variant_key
from evals.quantizations import quantization
from evals.tasks import task

LAYER_WEIGHTS = 2 * 256 * 256 + 2 * 128 * 256 + 3 * 256 * 256  # of the one layer


def load(local: LocalModel, label: str) -> LoadedVariant:
    return load_variant(local, quantization(label), variant_key(local, quantization(label)))


def kept(local: LocalModel, label: str) -> Path:
    """The file the variant is read from."""
    load(local, label)
    return home() / "quantized" / variant_key(local, quantization(label)) / family.FILE


def answers(variant: LoadedVariant, indices: Sequence[int] = (0, 1, 2)) -> tuple[list[float], list[str]]:
    """Log-likelihoods of choices, and texts, as lm-eval got them."""
    found: list[ItemResult] = []
    harness = Harness(variant)
    for name in ("classification", "math"):
        harness.run(task(name), indices, found.append)
    found.sort(key=lambda item: item.index)
    rows = [json.loads(item.output) for item in found if "loglikelihoods" in item.output]
    texts = [item.output for item in found if "loglikelihoods" not in item.output]
    return [value for row in rows for value in row["loglikelihoods"].values()], texts


@pytest.fixture(scope="module")
def given(small: LocalModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a user has: one ONNX file with configuration and tokenizer, no safetensors."""
    folder = tmp_path_factory.mktemp("given")
    shutil.copy(kept(small, "onnx-int8"), folder / "model.onnx")
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(small.folder / name, folder)
    return folder


def test_the_unquantized_export_answers_as_transformers_does(small: LocalModel) -> None:
    full = load(small, "onnx-fp32")
    assert full.facts["logits_changed"] < family.ROUNDING_ONLY and full.bits_per_weight == pytest.approx(32, abs=0.01)
    (ours, texts), (theirs, their_texts) = answers(full), answers(load(small, "fp32"))
    assert np.allclose(ours, theirs, atol=1e-3) and texts == their_texts and any(texts)


def test_eight_bits_are_eight_and_a_scale_and_a_zero_point_a_column(small: LocalModel) -> None:
    variant, how = load(small, "onnx-int8"), quantization("onnx-int8")
    assert variant.facts["quantized_weights"] == LAYER_WEIGHTS
    # all matrices have 256 inputs: 8 bits, and 32 + 8 bits for every 256
    assert variant.facts["quantized_bits"] == how.expected_bits(256) == 8 + 40 / 256
    rest = variant.facts["parameters"] - LAYER_WEIGHTS
    assert variant.weight_bytes == pytest.approx(LAYER_WEIGHTS * (8 + 40 / 256) / 8 + rest * 4, rel=1e-3)
    assert variant.facts["file_bytes"] == kept(small, "onnx-int8").stat().st_size > variant.weight_bytes
    assert 0 < variant.facts["logits_changed"] < 0.1
    likelihoods, texts = answers(variant)
    assert answers(variant) == (likelihoods, texts), "the same items, the same answers"
    # activations of a pass share one scale: in a batch the other items would move these
    assert answers(variant, (1,)) == (likelihoods[8:16], texts[1:2])


def test_lm_eval_is_answered_by_the_quantized_weights(small: LocalModel, given: Path, tmp_path: Path) -> None:
    before = answers(load(model(str(given)), "onnx-int8"))
    assert before == answers(load(small, "onnx-int8")), "the user's file is the variant it was copied from"
    emptied = tmp_path / "emptied"
    shutil.copytree(given, emptied)
    whole = onnx.load(emptied / "model.onnx")
    for tensor in whole.graph.initializer:  # without their scales the layers are nothing; whoever asked must notice
        if tensor.name.endswith("_scale"):
            tensor.CopyFrom(numpy_helper.from_array(np.zeros(tensor.dims, np.float32), tensor.name))
    onnx.save(whole, emptied / "model.onnx")
    after = answers(load(model(str(emptied)), "onnx-int8"))
    assert max(abs(a - b) for a, b in zip(before[0], after[0], strict=True)) > 0.5


def test_a_query_bias_and_other_architectures_are_exported(tmp_path: Path) -> None:
    torch.manual_seed(0)
    sizes = {"vocab_size": 768, "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256}
    config = AutoConfig.for_model("qwen2", **sizes, **heads, tie_word_embeddings=False)
    made = AutoModelForCausalLM.from_config(config)
    torch.nn.init.uniform_(made.model.layers[0].self_attn.q_proj.bias, 0.5, 1.5)
    made.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(model("tiny-1m").folder).save_pretrained(tmp_path)
    assert load(model(str(tmp_path)), "onnx-int8").facts["logits_changed"] < 0.1


def test_eight_bit_products_do_not_saturate(tmp_path: Path) -> None:
    # Pairs of 255 × 127 leave 16 bits; the sum of 64 products of 1 × 1 must be 64 on every processor.
    ones, passed_on = np.ones((64, 8), np.float32), np.eye(8, dtype=np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["input_ids", "w"], ["h"], "one"),
            helper.make_node("MatMul", ["h", "e"], ["logits"], "two"),
        ],
        "sums",
        [helper.make_tensor_value_info("input_ids", TensorProto.FLOAT, [1, 64])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 8])],
        [numpy_helper.from_array(ones, "w"), numpy_helper.from_array(passed_on, "e")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save(made, tmp_path / "sums.onnx")
    quantize(tmp_path / "sums.onnx", tmp_path / "int8.onnx")
    assert facts(tmp_path / "int8.onnx").quantized_weights == 64 * 8, "the last matrix is left alone"
    [sums] = Graph(tmp_path / "int8.onnx").run({"input_ids": np.ones((1, 64), np.float32)}, ["logits"])
    assert np.allclose(sums, 64, rtol=0.01)


def test_a_wrong_export_is_found_and_not_kept(
    small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, other = onnx.load(kept(small, "onnx-fp32")), tmp_path / "other.onnx"
    square = next(tensor for tensor in whole.graph.initializer if list(tensor.dims) == [256, 256])
    square.CopyFrom(numpy_helper.from_array(np.zeros((256, 256), np.float32), square.name))
    onnx.save(whole, other)
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    monkeypatch.setattr(family, "export_decoder", lambda made, path: shutil.copy(other, path))
    with pytest.raises(RuntimeError, match=r"as an ONNX file changes its logits by .* the export is wrong"):
        load(small, "onnx-fp32")
    assert not list((tmp_path / "quantized").iterdir())


def test_a_model_that_cannot_be_exported_is_named_with_what_to_do(
    small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise NotImplementedError("no such operator")

    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    monkeypatch.setattr(family, "export_decoder", refuse)
    with pytest.raises(ValueError, match=r"LlamaForCausalLM\) cannot be exported to ONNX here: no such operator"):
        load(small, "onnx-int8")


def test_a_quantizer_that_did_nothing_is_no_perfect_score(
    small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = kept(small, "onnx-fp32")
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    monkeypatch.setattr(family, "_make", lambda job, folder: shutil.copy(exported, folder / family.FILE))
    with pytest.raises(RuntimeError, match="holds no quantized tensor: nothing was quantized"):
        load(small, "onnx-int8")


def test_a_file_is_asked_for_by_what_it_holds(given: Path, small: LocalModel) -> None:
    with pytest.raises(ValueError, match=r"holds 8-bit integers, not onnx-fp32; ask for quantization onnx-int8"):
        load(model(str(given)), "onnx-fp32")
    with pytest.raises(ValueError, match=r"model\.onnx is a finished ONNX file; nf4 is made from a folder"):
        load(model(str(given)), "nf4")
    by_file, by_folder = model(str(given / "model.onnx")), model(str(given))
    assert by_file.weights_hash == by_folder.weights_hash and by_folder.size_bytes == by_file.file.stat().st_size


def test_a_folder_of_several_files_asks_which(given: Path, tmp_path: Path) -> None:
    several = tmp_path / "several"
    shutil.copytree(given, several)
    (several / "onnx").mkdir()
    shutil.move(several / "model.onnx", several / "onnx" / "model_quantized.onnx")
    assert model(str(several)).folder == several.resolve(), "the configuration lies one folder above"
    shutil.copy(several / "onnx" / "model_quantized.onnx", several / "onnx" / "model.onnx")
    with pytest.raises(UnknownName, match=r"holds 2 ONNX files; name one: onnx/model\.onnx or onnx/model_quantized"):
        model(str(several))
    (several / "config.json").unlink()
    with pytest.raises(UnknownName, match=r"has no config\.json beside it"):
        model(str(several / "onnx" / "model.onnx"))


@pytest.mark.parametrize("kept_fraction", [0.0, 0.3, 0.99])
def test_a_file_cut_short_is_damaged_wherever_it_was_cut(given: Path, tmp_path: Path, kept_fraction: float) -> None:
    content = (given / "model.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(content[: int(len(content) * kept_fraction)])
    with pytest.raises(DamagedOnnx, match=r"cut\.onnx (is damaged or cut short|holds no model)"):
        facts(tmp_path / "cut.onnx")


def test_weights_beside_the_file_are_there_in_full(given: Path, tmp_path: Path) -> None:
    whole = onnx.load(given / "model.onnx")
    onnx.save(whole, tmp_path / "big.onnx", save_as_external_data=True, location="big.onnx.data", size_threshold=0)
    assert facts(tmp_path / "big.onnx") == facts(given / "model.onnx")
    beside = tmp_path / "big.onnx.data"
    beside.write_bytes(beside.read_bytes()[:-100])
    with pytest.raises(DamagedOnnx, match=r"big\.onnx\.data is cut short: .* lies beyond its end"):
        facts(tmp_path / "big.onnx")
    beside.unlink()
    with pytest.raises(DamagedOnnx, match=r"keeps its weights in big\.onnx\.data, which is not beside it"):
        facts(tmp_path / "big.onnx")


def test_inputs_of_an_unknown_kind_are_named(tmp_path: Path) -> None:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("pixel_values", "logits")]
    graph = helper.make_graph([helper.make_node("Identity", ["pixel_values"], ["logits"])], "g", *[[v] for v in values])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), tmp_path / "eye.onnx"
    )
    with pytest.raises(UnsupportedGraph, match=r"eye\.onnx takes pixel_values and gives logits"):
        Graph(tmp_path / "eye.onnx")
