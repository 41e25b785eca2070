"""Can this model be evaluated here? Asked before anything is downloaded or loaded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evals import hub, hub_info
from evals.availability import Device, arithmetic, why_not
from evals.endpoints.entry import endpoint_name
from evals.machine import device_here, disk_bytes, memory_bytes
from evals.models import file_parts, named_models
from evals.names import UnknownName, known
from evals.quantizations import Quantization, quantization

WIDTH_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}
PROGRAM_BYTES = 1 << 30  # Python, torch and the harness
WORKING = 1.1  # activations and buffers of short prompts beside the weights
CONVERTER = "https://huggingface.co/spaces/safetensors/convert"


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """``refusals`` say why it cannot run, each with the next step. Bytes are None where nobody can tell.

    ``disk_needed_bytes`` is what is still to be downloaded.
    """

    model: str
    source: str  # "shipped", "folder", "GGUF file", "ONNX file", "Hub"
    quantization: str
    device: Device
    dtype: str
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    cached: bool = True
    commit: str = ""
    gated: bool = False
    parameters: int | None = None
    memory_needed_bytes: int | None = None
    memory_free_bytes: int | None = None
    disk_needed_bytes: int | None = None
    disk_free_bytes: int | None = None
    files: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.refusals

    def as_json(self) -> dict[str, Any]:
        return {"ok": self.ok, **asdict(self)}


def preflight(name: str, label: str = "bf16") -> Preflight:
    """Judge a shipped model, a folder, a GGUF file or a Hub id. ValueError for what is no name of a model at all."""
    if endpoint_name(name) is not None:
        raise ValueError(f"{name} is behind an endpoint; ask it with: python -m evals endpoint check")
    how = quantization(label)
    path = Path(name).expanduser()
    if path.suffix in (".gguf", ".onnx"):
        return _room(_file(name, path, how), how)
    if name in named_models():
        return _room(_folder(name, "shipped", named_models()[name].folder, how), how)
    if path.is_dir():
        return _room(_folder(name, "folder", path, how), how)
    if hub.looks_like_id(name):
        return _room(_hub(hub.parse(name), how), how)
    if "/" not in name and "\\" not in name:
        known("model", name, named_models())
    raise UnknownName(f"model {name!r} is no folder here; give one with config.json, a .gguf file or org/name")


def _blank(name: str, source: str, how: Quantization) -> Preflight:
    device = device_here()
    missing = why_not(how)
    return Preflight(
        model=name,
        source=source,
        quantization=how.label,
        device=device,
        dtype=arithmetic(how.label, device),
        refusals=(missing,) if missing else (),
    )


def _file(name: str, path: Path, how: Quantization) -> Preflight:
    kind = path.suffix[1:].upper()
    found = replace(_blank(name, f"{kind} file", how), dtype=how.label)
    missing = [part.name for part in file_parts(path) if not part.is_file()]
    if missing:
        return _refused(found, f"{path.name!r} is not there (missing: {', '.join(missing)}); check the path")
    if kind == "GGUF" and path.open("rb").read(4) != b"GGUF":
        return _refused(found, f"{path.name} does not begin as a GGUF file: damaged, or another kind of file")
    size = sum(part.stat().st_size for part in file_parts(path))
    return replace(found, memory_needed_bytes=int(size * WORKING) + PROGRAM_BYTES)


def _folder(name: str, source: str, folder: Path, how: Quantization, allowed: bool = False) -> Preflight:
    """A folder on this machine, a snapshot of the Hub among them."""
    found = _blank(name, source, how)
    names = tuple(path.name for path in folder.iterdir() if path.is_file())
    config = _config(folder)
    for why in _troubles(names, config, folder.name, lambda: "only a commit of the Hub can be allowed", allowed):
        found = _refused(found, why)
    if any(n.endswith(".safetensors") for n in names):
        if why := hub.incomplete(folder):
            return _refused(found, f"the weights in {folder.name} are not whole: {why}; copy them again")
        found = replace(found, parameters=hub.parameters(folder))
    return replace(found, files=names, memory_needed_bytes=_needed_bytes(found, how))


def _hub(wanted: hub.HubId, how: Quantization) -> Preflight:
    there = hub.found_in_cache(wanted)
    if there is not None and not hub.incomplete(there.folder):
        allowed = hub.code_allowed(there.repo, there.commit)
        found = _folder(str(wanted), "Hub", there.folder, how, allowed)
        return replace(found, commit=there.commit)
    found = replace(_blank(str(wanted), "Hub", how), cached=False)
    try:
        info = hub_info.looked_up(wanted)
    except hub_info.NotReadable as error:
        return replace(_refused(found, str(error)), gated=error.gated)
    found = replace(
        found,
        commit=info.commit,
        gated=info.gated,
        parameters=info.parameters,
        files=tuple(info.wanted_files),
        disk_needed_bytes=sum(info.sizes[name] for name in info.wanted_files),
        disk_free_bytes=disk_bytes(hub_info.cache_folder()),
    )
    page = f"https://huggingface.co/{wanted.repo}/tree/{info.commit}"

    def opt_in() -> str:
        allow = f"python -m evals preflight {wanted} --allow-code {info.commit}"
        return f"read it at {page}, then allow that commit: {allow}"

    config = {**info.config, "custom_code": "custom_code" in info.tags}
    for why in _troubles(tuple(info.sizes), config, wanted.repo, opt_in, hub.code_allowed(wanted.repo, info.commit)):
        found = _refused(found, why)
    return replace(found, memory_needed_bytes=_needed_bytes(found, how))


def _troubles(
    names: tuple[str, ...], config: dict[str, Any], whose: str, opt_in: Callable[[], str], allowed: bool
) -> list[str]:
    """What the files of a model show that keeps it from being loaded."""
    found = []
    weights = [name for name in names if name.endswith(".safetensors")]
    if not weights:
        if any(name.endswith(hub.PICKLED) for name in names):
            found.append(
                f"{whose} has its weights as pickle files only, which can run code when they are read; convert it to "
                f"safetensors ({CONVERTER}, or save_pretrained on a machine that may be lost) and give that"
            )
        elif any(name.endswith(".gguf") for name in names):
            found.append(f"{whose} holds GGUF files only; give the path of one of them")
        else:
            found.append(f"{whose} holds no weights; give a model with *.safetensors")
    if "config.json" not in names:
        found.append(f"{whose} has no config.json, so its architecture is not known; save the model again with it")
    if not any(name in names for name in hub.TOKENIZERS):
        found.append(f"{whose} has no tokenizer ({', '.join(hub.TOKENIZERS[:2])} …); save it beside the model")
    if (config.get("auto_map") or config.get("custom_code")) and not _built_in(config) and not allowed:
        found.append(f"{whose} needs code of its own, which would run here with your rights; {opt_in()}")
    return found


def _built_in(config: dict[str, Any]) -> bool:
    """Whether transformers knows the architecture by itself; looked up on disk, nothing is imported."""
    kind = re.sub(r"\W", "_", str(config.get("model_type") or ""))
    spec = find_spec("transformers")
    return bool(kind and spec and spec.origin and (Path(spec.origin).parent / "models" / kind).is_dir())


def _needed_bytes(found: Preflight, how: Quantization) -> int | None:
    """The full model in the arithmetic it is loaded with, and beside it what it is quantized into."""
    if found.parameters is None:
        return None
    full = found.parameters * WIDTH_BYTES.get(found.dtype, 4)
    if how.method == "none":
        made = 0.0
    else:
        made = full if how.execution == "dequantized" else found.parameters * how.effective_bits / 8
    return int((full + made) * WORKING) + PROGRAM_BYTES


def _room(found: Preflight, how: Quantization) -> Preflight:
    """What it needs against what is free."""
    free = memory_bytes(found.device)
    found = replace(found, memory_free_bytes=free)
    needed = found.memory_needed_bytes
    if needed is not None and needed > free:
        where = "GPU memory" if found.device == "cuda" else "memory"
        found = _refused(found, f"{found.model} @ {how.label} needs about {gb(needed)} of {where}, you have {gb(free)}")
    disk, there = found.disk_needed_bytes, found.disk_free_bytes
    if disk is not None and there is not None and disk + PROGRAM_BYTES > there:
        found = _refused(found, f"{found.model} needs {gb(disk)} of disk for its files, you have {gb(there)}")
    return found


def _refused(found: Preflight, why: str) -> Preflight:
    return replace(found, refusals=(*found.refusals, why))


def _config(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def gb(size: int | None) -> str:
    """Bytes in decimal gigabytes, as shops and cloud consoles count them."""
    return "an unknown amount" if size is None else f"{size / 1e9:.1f} GB"
