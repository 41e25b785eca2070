"""A vision-language model on pictures, with the code a real one takes: a tiny Llava with random weights, made here."""

from __future__ import annotations

import json
from pathlib import Path

import lm_eval
import pytest
import torch
from lm_eval.tasks import TaskManager
from PIL import Image
from transformers import (
    AutoModelForImageTextToText,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from typer.testing import CliRunner

from evals.__main__ import app
from evals.engines.harness import Harness, ItemResult
from evals.engines.variants import load_variant
from evals.engines.vision import is_vision
from evals.models import model
from evals.pictures import Picture, from_csv, from_folder, write_task
from evals.quantizations import quantization
from evals.tasks import task

COLOURS = {"red": (220, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 220)}


@pytest.fixture(scope="module")
def llava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("llava")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(model("tiny-1m").folder)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    vision = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8
    )
    text = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=256,
    )
    torch.manual_seed(5)
    image_token = tokenizer.convert_tokens_to_ids("<image>")
    config = LlavaConfig(vision_config=vision, text_config=text, image_token_index=image_token, image_seq_length=16)
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    LlavaProcessor(
        image_processor=CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        tokenizer=tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    ).save_pretrained(folder)
    return folder


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two shades of each colour, in a folder of that name."""
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path / "home"))
    for label, colour in COLOURS.items():
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for number in range(2):
            shade = tuple(min(255, part + 20 * number) for part in colour)
            Image.new("RGB", (40, 48), shade).save(tmp_path / "pictures" / label / f"{number}.png")
    return tmp_path / "pictures"


@pytest.mark.parametrize("label", ["fp32", "rtn-int8-g32"])
def test_a_llava_is_evaluated_on_a_folder_of_pictures(llava: Path, pictures: Path, label: str) -> None:
    folder = write_task("colours", from_folder(pictures))
    local = model(str(llava))
    assert is_vision(local.folder)
    variant = load_variant(local, quantization(label), "key")
    done = lm_eval.simple_evaluate(
        model=variant.lm,
        tasks=["colours"],
        task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        bootstrap_iters=0,
        log_samples=True,
    )
    samples = done["samples"]["colours"]
    assert len(samples) == 6 and done["results"]["colours"]["acc,none"] * 6 == sum(s["acc"] for s in samples)
    likelihoods = {s["doc_id"]: [float(r[0][0]) for r in s["resps"]] for s in samples}
    assert all(value < 0 for values in likelihoods.values() for value in values)
    assert likelihoods[0] != likelihoods[2]  # another picture, the same words: the picture counts


def test_likelihoods_are_those_of_the_model_itself(llava: Path, pictures: Path) -> None:
    """One label at a time, without batches or padding."""
    folder = write_task("colours", from_folder(pictures))
    variant = load_variant(model(str(llava)), quantization("fp32"), "key")
    done = lm_eval.simple_evaluate(
        model=variant.lm,
        tasks=["colours"],
        task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        bootstrap_iters=0,
        limit=1,
    )
    [sample] = done["samples"]["colours"]
    plain = AutoModelForImageTextToText.from_pretrained(llava, dtype=torch.float32).eval()
    processor = LlavaProcessor.from_pretrained(llava)
    item = json.loads((folder / "items.jsonl").read_text().splitlines()[0])
    picture = Image.open(folder / "pictures" / item["picture"]).convert("RGB")
    for choice, answer in zip(item["labels"], sample["resps"], strict=True):
        whole = processor(images=picture, text=f"{item['prompt']} {choice}", return_tensors="pt")
        prompt = processor(images=picture, text=item["prompt"], return_tensors="pt").input_ids.shape[1]
        with torch.no_grad():
            table = plain(**whole).logits.log_softmax(-1)[0]
        ids = whole.input_ids[0]
        expected = sum(float(table[at - 1, ids[at]]) for at in range(prompt, len(ids)))
        assert float(answer[0][0]) == pytest.approx(expected, abs=1e-3)


def test_a_task_of_pictures_is_among_the_tasks_and_scored_item_by_item(llava: Path, pictures: Path) -> None:
    write_task("colours", from_folder(pictures))
    variant = load_variant(model(str(llava)), quantization("fp32"), "key")
    found: list[ItemResult] = []
    Harness(variant).run(task("colours"), range(6), found.append)
    assert sorted(one.index for one in found) == list(range(6))
    assert {json.loads(one.output)["choice"] for one in found} <= set(COLOURS)


def test_a_csv_of_paths_and_labels_is_the_same_task(pictures: Path) -> None:
    rows = [f"{one.file.relative_to(pictures)},{one.label}" for one in from_folder(pictures)]
    (pictures / "list.csv").write_text("image,label\n" + "\n".join(rows) + "\n")
    assert from_csv(pictures / "list.csv") == [
        Picture(file=one.file.resolve(), label=one.label) for one in from_folder(pictures)
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file,label\na.png,x\n", "has no column 'image'; its columns: file, label"),
        ("image,label\nred/9.png,red\n", "line 2: picture 'red/9.png' is not there"),
        ("image,label\n../../etc/passwd,red\n", "line 2: '../../etc/passwd' lies outside the folder"),
        ("image,label\nred/0.png,\n", "line 2: 'red/0.png' has no label"),
        ("image,label\n", "has no rows"),
    ],
)
def test_a_csv_that_cannot_be_used_names_line_and_cell(pictures: Path, text: str, why: str) -> None:
    (pictures / "list.csv").write_text(text)
    with pytest.raises(ValueError, match=why.replace("(", r"\(")):
        from_csv(pictures / "list.csv")


def test_the_command_makes_the_task(pictures: Path) -> None:
    done = CliRunner().invoke(app, ["pictures", "colours", str(pictures), "--json"])
    said = json.loads(done.stdout)
    assert (said["n"], said["labels"]) == (6, ["blue", "green", "red"])
    assert len((Path(said["folder"]) / "items.jsonl").read_text().splitlines()) == 6
    again = CliRunner().invoke(app, ["pictures", "colours", str(pictures)])
    assert again.exit_code == 2 and "is there already" in again.output


def test_a_task_is_written_whole_or_not_at_all(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has 1 labels; it takes 2 to 200"):
        write_task("one", [one for one in from_folder(pictures) if one.label == "red"])
    gone = [*from_folder(pictures), Picture(file=tmp_path / "gone.png", label="red")]
    with pytest.raises(FileNotFoundError):
        write_task("gone", gone)
    assert list((tmp_path / "home" / "tasks").iterdir()) == []
