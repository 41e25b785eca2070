"""Models counted from a ``config.json``, against the counts their publishers state."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pricing import architectures, models
from pricing.names import UnknownName

LLAMA_8B = {
    "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 131072,
    "tie_word_embeddings": False, "rope_scaling": {"factor": 8.0},
}
GEMMA_4B = {  # as google/gemma-3-4b-it has it: what is not here is the default of its class
    "model_type": "gemma3", "mm_tokens_per_image": 256,
    "text_config": {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240,
                    "num_hidden_layers": 34, "sliding_window": 1024, "vocab_size": 262208},
    "vision_config": {"model_type": "siglip_vision_model", "hidden_size": 1152, "intermediate_size": 4304,
                      "num_hidden_layers": 27, "patch_size": 14, "image_size": 896, "vision_use_head": False},
}
LLAVA_34B = {
    "model_type": "llava_next",
    "text_config": {"model_type": "llama", "hidden_size": 7168, "intermediate_size": 20480, "num_hidden_layers": 60,
                    "num_attention_heads": 56, "num_key_value_heads": 8, "vocab_size": 64064,
                    "max_position_embeddings": 4096},
    "vision_config": {"model_type": "clip_vision_model", "hidden_size": 1024, "intermediate_size": 4096,
                      "num_hidden_layers": 24, "patch_size": 14, "image_size": 336},
}
QWEN_57B = {
    "model_type": "qwen2_moe", "hidden_size": 3584, "intermediate_size": 18944, "moe_intermediate_size": 2560,
    "shared_expert_intermediate_size": 20480, "num_experts": 64, "num_experts_per_tok": 8, "num_hidden_layers": 28,
    "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 151936, "max_position_embeddings": 32768,
    "tie_word_embeddings": False, "use_sliding_window": False, "sliding_window": 131072,
}
DEEPSEEK_LITE = {
    "model_type": "deepseek_v2", "hidden_size": 2048, "intermediate_size": 10944, "moe_intermediate_size": 1408,
    "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6, "first_k_dense_replace": 1,
    "kv_lora_rank": 512, "q_lora_rank": None, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "num_hidden_layers": 27, "num_attention_heads": 16, "num_key_value_heads": 16, "vocab_size": 102400,
    "max_position_embeddings": 163840,
}
SST2 = {"model_type": "distilbert", "architectures": ["DistilBertForSequenceClassification"], "dim": 768,
        "hidden_dim": 3072, "n_layers": 6, "n_heads": 12, "vocab_size": 30522, "max_position_embeddings": 512}


def counted(config: dict[str, Any]) -> models.Model:
    return architectures.from_config(config, name="mine", dated=date(2026, 11, 21))


@pytest.mark.parametrize(
    ("config", "published"),
    [
        (LLAMA_8B, 8_030_261_248),
        (GEMMA_4B, 4_300_079_472),
        (LLAVA_34B, 34_752_083_968),
        (QWEN_57B, 57_408_658_944),
        (DEEPSEEK_LITE, 15_706_484_224),
        (SST2, 66_955_010),
        ({"model_type": "deepseek_v3"}, 671_026_404_352),
        ({"model_type": "mllama", "text_config": {}, "vision_config": {"image_size": 560}}, 10_670_220_835),
        ({"model_type": "gpt2"}, 124_439_808),
    ],
)
def test_counts_equal_the_published_ones(config: dict[str, Any], published: int) -> None:
    assert counted(config).parameters == published


@pytest.mark.parametrize("name", ["tiny-1m", "tiny-3m", "tiny-13m"])
def test_the_shipped_models_are_counted_from_their_own_files(name: str) -> None:
    file = Path("data/models") / name / "config.json"
    assert models.find(str(file)).parameters == models.load()[name].parameters


def test_a_file_a_folder_and_a_cached_id_give_the_same_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = tmp_path / "hub" / "models--acme--Llama-Tuned" / "snapshots" / "abc123"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text(json.dumps(LLAMA_8B), encoding="utf-8")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    found = [models.find(name) for name in (str(snapshot / "config.json"), str(snapshot), "acme/Llama-Tuned")]
    assert {(model.name, model.parameters, model.context_tokens) for model in found} == {
        ("Llama-Tuned", 8_030_261_248, 131_072)
    }


def test_windows_are_read_as_the_file_lists_them() -> None:
    gemma = counted(GEMMA_4B)  # one layer in six sees everything: 5 of 34
    assert (gemma.sliding_layers, gemma.sliding_window) == (29, 1024)
    listed = counted(LLAMA_8B | {"sliding_window": 512, "layer_types": ["sliding_attention", "full_attention"] * 16})
    assert (listed.sliding_layers, listed.sliding_window) == (16, 512)
    assert counted(QWEN_57B).sliding_layers == 0  # use_sliding_window is false


def test_dense_layers_of_a_mixture_and_its_shared_expert() -> None:
    lite = counted(DEEPSEEK_LITE)
    # 26 mixed layers of 64 experts, 3 × 2,048 × 1,408 each; one dense layer; two shared experts as one of 2,816
    assert lite.expert_parameters == 26 * 3 * 2048 * 1408
    assert lite.always_on_parameters == 3 * 2048 * (10944 + 26 * 2816)


def test_an_unknown_type_of_llama_form_is_counted_and_says_so() -> None:
    model = counted(LLAMA_8B | {"model_type": "acme"})
    assert model.parameters == 8_030_261_248
    assert "'acme' is not in our table" in model.source


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "mamba2", "hidden_size": 8, "num_hidden_layers": 2, "ssm_state_size": 16}, "ssm_state_size"),
        ({"model_type": "lama"}, "model_type 'lama' of mine cannot be counted: .*nearest: llama"),
        (LLAMA_8B | {"hidden_size": -5}, "hidden_size of mine is -5"),
        (LLAMA_8B | {"vocab_size": "many"}, "vocab_size of mine is 'many'"),
        (LLAMA_8B | {"num_key_value_heads": 5}, "kv_heads of model mine is 5; it must divide its 32 heads"),
        (LLAMA_8B | {"num_hidden_layers": 0}, "layers of model mine is 0; expected at least 1"),
        (LLAMA_8B | {"num_attention_heads": float("nan")}, "num_attention_heads of mine is nan"),
        ({**LLAMA_8B, "model_type": "acme", "max_position_embeddings": None}, "add the context length"),
        (LLAMA_8B | {"num_local_experts": 4, "num_experts_per_tok": 9}, "experts_per_token of model mine is 9"),
    ],
)
def test_bad_configurations_are_named(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        counted(config)


def test_a_file_that_is_not_json_or_not_there_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "config.json"
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"config\.json is not a JSON file"):
        models.find(str(broken))
    with pytest.raises(UnknownName, match=r"no config\.json at"):
        models.find(str(tmp_path / "nowhere" / "config.json"))
