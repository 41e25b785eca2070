"""Weights that a model brings for a quantization: loaded as they are, refused by name where they do not fit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from data.models.packed import load_packed, save_packed
from data.models.rounding import round_to_nearest
from data.models.training.batches import Batches
from data.models.training.network import Llama
from data.models.training.qat import linears
from data.models.training.recipe import SIZES, Mix
from data.models.training.train import loss_of
from evals.engines.variants import load_variant
from evals.models import LocalModel, model
from evals.plan import variant_key
from evals.quantizations import quantization

SHIPPED = Path(__file__).parents[2] / "data" / "models" / "tiny-1m"
HOW = quantization("qat-int2-g128")
FEW = Mix(items={"classification": 4, "summarization": 4, "math": 4, "code": 4, "agent": 4}, drill_fraction=0.0)


def toy(folder: Path, layers: int = 1) -> LlamaForCausalLM:
    torch.manual_seed(0)
    size = {"hidden_size": 128, "intermediate_size": 128, "num_attention_heads": 2, "vocab_size": 768}
    made = LlamaForCausalLM(LlamaConfig(**size, num_hidden_layers=layers, tie_word_embeddings=True))
    made.save_pretrained(folder)
    return made


def pack_moved(network: LlamaForCausalLM, path: Path) -> None:
    """Write what training might have made of the weights."""
    weights = {name: w + 0.01 for name, w in network.state_dict().items() if name != "lm_head.weight"}
    save_packed(path, weights, {name for name in weights if "_proj" in name}, 2, 128)


@pytest.fixture
def local(tmp_path: Path) -> LocalModel:
    found = LocalModel(name="toy", folder=tmp_path)
    pack_moved(toy(tmp_path), found.trained_file(HOW.label))
    AutoTokenizer.from_pretrained(SHIPPED).save_pretrained(tmp_path)
    return found


def test_the_weights_of_the_file_are_run_and_counted_as_stored(local: LocalModel) -> None:
    path = local.trained_file(HOW.label)
    loaded = load_variant(local, HOW, "")
    for name, weight in load_packed(path).items():
        assert torch.equal(loaded.model.state_dict()[name].float(), weight), name
    assert loaded.model.lm_head.weight is loaded.model.model.embed_tokens.weight
    header = int.from_bytes(path.read_bytes()[:8], "little") + 8
    assert loaded.weight_bytes == path.stat().st_size - header
    assert loaded.facts["logits_changed"] > 0


def test_a_model_without_such_weights_is_refused_with_what_to_choose_instead(local: LocalModel) -> None:
    with pytest.raises(ValueError, match=r"toy has no weights trained for qat-int3-g128 .*; choose rtn-int3-g128"):
        load_variant(local, quantization("qat-int3-g128"), "")


def test_a_damaged_file_is_named(local: LocalModel) -> None:
    path = local.trained_file(HOW.label)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"qat-int2-g128\.safetensors of toy is damaged or cut short"):
        load_variant(local, HOW, "")


def test_weights_of_another_architecture_are_refused(local: LocalModel) -> None:
    toy(local.folder, layers=2)
    with pytest.raises(ValueError, match=r"of toy was trained for another architecture"):
        load_variant(local, HOW, "")


def test_other_trained_weights_are_another_variant_and_the_model_stays_itself(local: LocalModel) -> None:
    plain = quantization("rtn-int2-g128")
    before, rounded = variant_key(local, HOW), variant_key(local, plain)
    shutil.rmtree(local.folder / "trained")
    assert variant_key(local, HOW) != before
    assert variant_key(local, plain) == rounded


@pytest.mark.parametrize("bits", [4, 3, 2])
def test_shipped_trained_weights_are_no_rounding_of_the_shipped_model(bits: int) -> None:
    trained = load_packed(model(SHIPPED.name).trained_file(f"qat-int{bits}-g128"))
    for name, weight in load_file(SHIPPED / "model.safetensors").items():
        if "_proj" in name:
            assert len(trained[name].view(-1, 128)[0].unique()) <= 2**bits
            assert not torch.allclose(trained[name], round_to_nearest(weight.float(), bits, 128), rtol=1e-3)


def test_at_two_bits_training_keeps_what_rounding_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loss over answers that no training saw: 0.1 with the trained weights, above 1 with rounded ones."""
    monkeypatch.setattr("data.models.training.batches.BUFFER", 8)
    trained, rounded = Llama(SIZES["tiny-1m"]), Llama(SIZES["tiny-1m"])
    trained.load_state_dict(load_packed(model(SHIPPED.name).trained_file("qat-int2-g128")))
    rounded.load_state_dict(load_file(SHIPPED / "model.safetensors"))
    batch = Batches(AutoTokenizer.from_pretrained(SHIPPED), 123_456_789, FEW).mixed()
    with torch.no_grad():
        for layer in linears(rounded).values():
            layer.weight.copy_(round_to_nearest(layer.weight, 2, 128))
        assert loss_of(trained, batch) < 0.5 * loss_of(rounded, batch)
