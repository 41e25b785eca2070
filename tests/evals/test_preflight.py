"""What is said of a model before anything of it is downloaded or loaded; the Hub is mocked at the level of HTTP."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import huggingface_hub
import pytest
from typer.testing import CliRunner

from evals import hub, preflight
from evals.__main__ import app
from evals.availability import Device
from evals.models import LocalModel, model
from evals.names import UnknownName
from evals.preflight import Preflight

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GOOD = {"config.json": 700, "tokenizer.json": 9000, "model.safetensors": 16_000_000_000, "README.md": 10}
Hub = Callable[..., Preflight]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.file_download.HF_HUB_CACHE", str(tmp_path / "cache"), raising=False)
    return tmp_path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """``asked("org/name", files=…, …)``: the preflight against a Hub that says so; ``status`` is that of every page."""

    def ask(name: str, status: int = 200, headers: Any = (), files: Any = None, **said: Any) -> Preflight:
        listed = [{"rfilename": file, "size": size} for file, size in (GOOD if files is None else files).items()]
        body = {
            "id": name,
            "modelId": name,
            "sha": COMMIT,
            "siblings": listed,
            "tags": [],
            "gated": False,
            "safetensors": {"parameters": {"BF16": 8_000_000_000}, "total": 8_000_000_000},
            "config": {"model_type": "llama"},
            **said,
        }

        def answer(request: httpx2.Request) -> httpx2.Response:
            if request.url.path.endswith("/auth-check"):
                gone = {"X-Error-Code": "GatedRepo", "X-Error-Message": "restricted"}
                return httpx2.Response(403, headers=gone, json={}, request=request)
            return httpx2.Response(status, headers=dict(headers), json=body, request=request)

        huggingface_hub.set_client_factory(lambda: httpx2.Client(transport=httpx2.MockTransport(answer)))
        return preflight.preflight(name)

    monkeypatch.setattr("evals.preflight.memory_bytes", lambda device: 64 * 10**9)
    monkeypatch.setattr("evals.preflight.disk_bytes", lambda folder: 500 * 10**9)
    monkeypatch.setattr("evals.preflight.device_here", lambda: "cpu")
    monkeypatch.setattr("evals.availability.processor_flags", lambda: frozenset({"avx512_bf16"}))
    yield ask
    huggingface_hub.close_session()
    huggingface_hub.set_client_factory(huggingface_hub.utils._http.default_client_factory)


def test_a_model_of_the_hub_is_judged_by_what_it_says(asked: Hub) -> None:
    """8e9 weights of 2 bytes, a tenth more for work, and 1 GiB: 17.6e9 + 1.07e9 bytes."""
    found = asked("org/name")
    assert found.ok and not found.cached and found.commit == COMMIT
    assert (found.dtype, found.device, found.parameters) == ("bfloat16", "cpu", 8_000_000_000)
    assert found.memory_needed_bytes == 17_600_000_000 + (1 << 30)
    assert found.disk_needed_bytes == 700 + 9000 + 16_000_000_000
    assert set(found.files) == {"config.json", "tokenizer.json", "model.safetensors"}


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\..\\windows"])
def test_row_46_a_path_that_is_no_model_is_refused(name: str) -> None:
    for ask in (preflight.preflight, model):
        with pytest.raises(UnknownName, match="is no folder here"):
            ask(name)


@pytest.mark.parametrize("name", ["org/name/extra", "org//name", "org/na--me", "a/b.git", "a/" + "x" * 97, "o g/n"])
def test_row_47_a_malformed_id_is_refused(name: str) -> None:
    for ask in (preflight.preflight, model):
        with pytest.raises(UnknownName, match=r"write org/name or org/name@revision"):
            ask(name)
    with pytest.raises(UnknownName, match="give a branch, a tag or a commit"):
        model("org/name@../../main")


def test_row_48_a_model_that_is_not_found(asked: Hub) -> None:
    found = asked("org/name", status=404, headers={"X-Error-Code": "RepoNotFound"})
    assert found.refusals == ("org/name is not found on the Hub, or private; check the name, or set HF_TOKEN",)
    found = asked("org/name@v9", status=404, headers={"X-Error-Code": "RevisionNotFound"})
    assert found.refusals[0].startswith("org/name has no revision 'v9'")


def test_row_49_a_gated_model_names_the_page_of_its_licence(asked: Hub) -> None:
    found = asked("org/name", gated="manual")
    assert found.gated and "accept its licence at https://huggingface.co/org/name and set HF_TOKEN" in found.refusals[0]


def test_row_50_pickled_weights_are_refused(asked: Hub, tmp_path: Path) -> None:
    files = {"config.json": 1, "tokenizer.json": 1, "pytorch_model.bin": 10**9}
    [why] = asked("org/name", files=files).refusals
    assert "as pickle files only, which can run code" in why and "https://huggingface.co/spaces/safetensors" in why
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in files:
        (folder / name).write_text("{}")
    assert "pickle files only" in preflight.preflight(str(folder)).refusals[0]


def test_row_51_code_of_its_own_is_refused_until_that_commit_is_allowed(asked: Hub) -> None:
    own = {"config": {"model_type": "brand_new", "auto_map": {"AutoModel": "x.Y"}}, "tags": ["custom_code"]}
    [why] = asked("org/name", **own).refusals
    assert "needs code of its own" in why and f"preflight org/name --allow-code {COMMIT}" in why
    hub.allow_code("org/name", COMMIT)
    assert asked("org/name", **own).ok
    assert not asked("org/name", **own, sha="f" * 40).ok  # the next commit is asked for again
    with pytest.raises(ValueError, match="all 40 digits"):
        hub.allow_code("org/name", "main")


def test_code_that_transformers_has_itself_needs_no_permission(asked: Hub) -> None:
    assert asked("org/name", config={"model_type": "llama", "auto_map": {"AutoModel": "x.Y"}}).ok


def test_row_52_weights_cut_short_are_refused_with_the_expected_length(tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    shutil.copytree(model("tiny-1m").folder, folder)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:-100])
    [why] = preflight.preflight(str(folder)).refusals
    assert f"expected {len(whole):,} bytes, found {len(whole) - 100:,}" in why


def test_row_53_a_file_that_is_no_gguf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"PK\x03\x04 something else")
    [why] = preflight.preflight(str(tmp_path / "x.gguf"), "Q4_K_M").refusals
    assert why == "x.gguf does not begin as a GGUF file: damaged, or another kind of file"


def test_row_54_too_big_is_said_in_gigabytes_before_any_download(asked: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.preflight.memory_bytes", lambda device: 8 * 10**9)
    monkeypatch.setattr("evals.preflight.disk_bytes", lambda folder: 2 * 10**9)
    assert asked("org/name").refusals == (
        "org/name @ bf16 needs about 18.7 GB of memory, you have 8.0 GB",
        "org/name needs 16.0 GB of disk for its files, you have 2.0 GB",
    )


def test_row_55_a_model_without_tokenizer_is_refused(asked: Hub) -> None:
    [why] = asked("org/name", files={"config.json": 1, "model.safetensors": 10}).refusals
    assert why.startswith("org/name has no tokenizer (tokenizer.json")


def test_row_56_an_unknown_quantization_is_answered_with_known_ones() -> None:
    with pytest.raises(UnknownName, match="unknown quantization 'Q4_K_X': did you mean"):
        preflight.preflight("tiny-1m", "Q4_K_X")


def test_the_hub_out_of_reach_is_said_plainly(asked: Hub) -> None:
    asked("org/name")

    def unreachable(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route", request=request)

    huggingface_hub.close_session()
    huggingface_hub.set_client_factory(lambda: httpx2.Client(transport=httpx2.MockTransport(unreachable)))
    [why] = preflight.preflight("org/name").refusals
    assert "is not on this machine, and the Hub cannot be reached (ConnectError); models that are here run" in why
    with pytest.raises(UnknownName, match="python -m evals preflight org/name --fetch"):
        model("org/name")


@pytest.fixture
def in_cache(tmp_path: Path) -> Path:
    """``org/tiny`` as the Hub's own client keeps it."""
    root = tmp_path / "cache" / "models--org--tiny"
    snapshot = root / "snapshots" / COMMIT
    shutil.copytree(model("tiny-1m").folder, snapshot)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text(COMMIT)
    return snapshot


def test_a_cached_model_is_found_by_its_id_without_the_network(in_cache: Path) -> None:
    found = model("org/tiny")
    assert isinstance(found, LocalModel) and found.folder == in_cache and found.name == "org/tiny"
    assert found.weights_hash == model("tiny-1m").weights_hash
    judged = preflight.preflight("org/tiny")
    assert judged.ok and judged.cached and judged.commit == COMMIT
    assert judged.parameters == sum(_sizes(in_cache))


def _sizes(folder: Path) -> list[int]:
    from safetensors import safe_open

    with safe_open(folder / "model.safetensors", "pt") as file:
        return [file.get_tensor(name).numel() for name in file.keys()]  # noqa: SIM118 - it is no dict


def test_a_half_downloaded_model_says_what_is_missing(in_cache: Path) -> None:
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (in_cache / "model.safetensors.index.json").write_text(json.dumps(index))
    (in_cache / "model.safetensors").rename(in_cache / "model-00001-of-00002.safetensors")
    with pytest.raises(UnknownName, match="1 of 2 weight files are missing, model-00002-of-00002"):
        model("org/tiny")


@pytest.mark.parametrize("label", ["fp32", "bf16", "fp16", "nf4"])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_type_that_is_shown_is_the_one_that_is_loaded(
    label: str, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evals.engines.loading import Job
    from evals.quantizations import quantization

    monkeypatch.setattr("evals.engines.loading.torch.cuda.is_available", lambda: device == "cuda")
    monkeypatch.setattr("evals.preflight.device_here", lambda: device)
    shown = preflight.preflight("tiny-1m", label)
    assert f"torch.{shown.dtype}" == str(Job(model("tiny-1m"), quantization(label), "").arithmetic)


def test_the_command_prints_one_object_and_says_no_with_its_exit_code(tmp_path: Path) -> None:
    good = CliRunner().invoke(app, ["preflight", "tiny-1m", "--quantization", "nf4", "--json"])
    assert good.exit_code == 0 and json.loads(good.stdout)["ok"] is True
    (tmp_path / "x.gguf").write_bytes(b"nothing")
    bad = CliRunner().invoke(app, ["preflight", str(tmp_path / "x.gguf"), "--quantization", "Q4_K_M", "--json"])
    assert bad.exit_code == 1 and json.loads(bad.stdout)["refusals"]
