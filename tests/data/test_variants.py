"""Trained variants: rounding that lets gradients through, zeros that stay, a teacher that is followed, equal runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from data.models.packed import load_packed, save_packed
from data.models.rounding import coded, pack, round_to_nearest, unpack
from data.models.training.batches import Batches
from data.models.training.distillation import TEACHER_SHARE, distillation_loss
from data.models.training.network import Llama, to_transformers
from data.models.training.pruning import Masked, largest_half, two_of_four
from data.models.training.qat import Rounded, linears
from data.models.training.recipe import MIX, SIZES, Mix, Size, Stage
from data.models.training.tokenizer import load
from data.models.training.train import loss_of
from data.models.training.variants import Recipe, train

SHIPPED = Path(__file__).parents[2] / "data" / "models"
TOY = Size(hidden=128, intermediate=128, layers=1, heads=2, kv_heads=1, parts=())
FEW = Mix(items={"classification": 2, "summarization": 1, "math": 1, "code": 1, "agent": 1}, drill_fraction=0.0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny untrained member ``toy`` beside its teacher."""
    monkeypatch.setitem(SIZES, "toy", TOY)
    monkeypatch.setitem(SIZES, "teacher", TOY)
    monkeypatch.setattr("data.models.training.batches.BUFFER", 16)
    tokenizer = load(SHIPPED / "tiny-1m")
    for seed, name in enumerate(("toy", "teacher")):
        torch.manual_seed(seed)
        to_transformers(Llama(TOY), TOY).to(torch.bfloat16).save_pretrained(tmp_path / name)
        tokenizer.save_pretrained(tmp_path / name)
    return tmp_path


def toy(result: str, **changed: object) -> Recipe:
    few = Stage(steps=3, mix=FEW, rate=0.1)
    return replace(Recipe(result=result, start="toy", member="toy", stage=few), **changed)  # type: ignore[arg-type]


def matrices(folder: Path) -> dict[str, torch.Tensor]:
    return {name: w.float() for name, w in load_file(folder / "model.safetensors").items() if "_proj" in name}


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_packed_codes_come_back(bits: int) -> None:
    torch.manual_seed(0)
    codes, _ = coded(torch.randn(3, 256), bits, 128)
    packed = pack(codes, bits)
    assert packed.numel() == 3 * 256 * bits // 8
    assert torch.equal(unpack(packed, bits, codes.numel()), codes.flatten())


def test_a_packed_file_is_the_rounded_weights_and_no_larger_than_its_bits(tmp_path: Path) -> None:
    torch.manual_seed(0)
    matrix, norm = torch.randn(64, 256), torch.ones(256)
    save_packed(tmp_path / "x.safetensors", {"m": matrix, "n": norm}, {"m"}, 3, 128)
    back = load_packed(tmp_path / "x.safetensors")
    rounded = round_to_nearest(matrix, 3, 128)
    # 16-bit scales keep 11 binary digits
    assert torch.allclose(back["m"], rounded, rtol=2**-11) and torch.equal(back["n"], norm)
    # 64 × 256 codes of 3 bits, 64 × 2 scales of 16 bits, 256 weights of 16 bits; the header takes less than 512 bytes
    assert (tmp_path / "x.safetensors").stat().st_size < (64 * 256 * 3 + 64 * 2 * 16 + 256 * 16) / 8 + 512


def test_another_file_is_not_taken_for_packed_weights(tmp_path: Path) -> None:
    save_file({"m": torch.ones(2, 2)}, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match=r"x\.safetensors does not name its bits and group size"):
        load_packed(tmp_path / "x.safetensors")


def test_the_gradient_passes_the_rounding() -> None:
    weight = nn.Parameter(torch.linspace(-1, 1, 128).view(1, 128))
    rounded = Rounded(2)(weight)
    assert torch.equal(rounded, round_to_nearest(weight.detach(), 2, 128))
    (rounded * torch.arange(128.0)).sum().backward()
    assert torch.equal(weight.grad, torch.arange(128.0).view(1, 128))


def test_two_of_every_four_are_kept_and_they_are_the_largest() -> None:
    weight = torch.tensor([[0.1, -3.0, 2.0, 0.5, 1.0, 1.0, 1.0, 1.0]])
    kept = two_of_four(weight)
    assert kept[0, :4].tolist() == [0, 1, 1, 0]
    assert kept.view(-1, 4).sum(-1).tolist() == [2, 2]  # ties too


def test_half_of_a_matrix_is_kept_wherever_it_lies() -> None:
    assert largest_half(torch.tensor([[5.0, -6.0], [0.1, 0.2]])).tolist() == [[1, 1], [0, 0]]


def test_zeros_get_no_gradient() -> None:
    weight = nn.Parameter(torch.ones(1, 4))
    Masked(torch.tensor([[1.0, 0.0, 0.0, 1.0]]))(weight).sum().backward()
    assert weight.grad.tolist() == [[1, 0, 0, 1]]


@pytest.mark.parametrize("pattern", ["2:4", "half"])
def test_pruned_weights_stay_zero_in_training_and_at_four_bits(pattern: str, folder: Path) -> None:
    train(toy("pruned", pattern=pattern), 1, folder)
    train(toy("cut", pattern=pattern, stage=None), 1, folder)
    recovered, cut = matrices(folder / "pruned"), matrices(folder / "cut")
    assert recovered
    for name, weight in recovered.items():
        assert not torch.equal(weight, cut[name])
        assert torch.equal(weight == 0, cut[name] == 0)
        assert not round_to_nearest(weight, 4, 128)[weight == 0].any()
        if pattern == "2:4":
            assert ((weight.view(-1, 4) == 0).sum(-1) == 2).all()
        else:
            assert (weight == 0).sum() == weight.numel() // 2


def test_equal_seeds_give_equal_weights(folder: Path) -> None:
    for result, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(toy(f"{result}.safetensors", bits=2), seed, folder)
        train(toy(result, teacher="teacher", pattern="2:4"), seed, folder)
    assert (folder / "a.safetensors").read_bytes() == (folder / "b.safetensors").read_bytes()
    assert (folder / "a.safetensors").read_bytes() != (folder / "c.safetensors").read_bytes()
    assert all(torch.equal(w, matrices(folder / "b")[name]) for name, w in matrices(folder / "a").items())


def test_training_with_rounded_weights_lowers_the_loss_of_the_rounded_model(folder: Path) -> None:
    """The same 20 steps without rounding, rounded afterwards, are the comparison: both losses on the training mix."""
    long = Stage(steps=20, mix=FEW, rate=1e-2)
    train(toy("aware.safetensors", bits=2, stage=long), 1, folder)
    train(toy("plain", stage=long), 1, folder)
    aware, plain = Llama(TOY), Llama(TOY)
    aware.load_state_dict(load_packed(folder / "aware.safetensors"))
    plain.load_state_dict({k: w.float() for k, w in load_file(folder / "plain" / "model.safetensors").items()})
    with torch.no_grad():
        for layer in linears(plain).values():
            layer.weight.copy_(round_to_nearest(layer.weight, 2, 128))
        batches = Batches(load(folder / "toy"), 77, MIX)
        held_out = [batches.mixed() for _ in range(2)]
        assert sum(loss_of(aware, b) for b in held_out) < sum(loss_of(plain, b) for b in held_out)


def test_a_student_equal_to_its_teacher_has_only_the_loss_of_the_answers(folder: Path) -> None:
    torch.manual_seed(0)
    network, other = Llama(TOY), Llama(TOY)
    batch = Batches(load(folder / "toy"), 1, FEW).mixed()
    own = loss_of(network, batch)
    assert distillation_loss(network, network, batch).item() == pytest.approx((1 - TEACHER_SHARE) * own.item())
    assert distillation_loss(network, other, batch) > (1 - TEACHER_SHARE) * own


def test_a_member_that_is_not_trained_yet_is_named(tmp_path: Path) -> None:
    load(SHIPPED / "tiny-1m").save_pretrained(tmp_path / "toy")
    with pytest.raises(FileNotFoundError, match=r"holds no model\.safetensors; train toy first"):
        train(Recipe(result="x", start="toy"), 1, tmp_path)


@pytest.mark.parametrize("name", ["tiny-1m-2of4", "tiny-1m-distilled-2of4"])
def test_shipped_pruned_members_keep_two_of_every_four(name: str) -> None:
    pruned = matrices(SHIPPED / name)
    assert len(pruned) == 14  # seven matrices in each of two layers
    assert all(((weight.view(-1, 4) == 0).sum(-1) == 2).all() for weight in pruned.values())
