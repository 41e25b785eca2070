"""Models that can be evaluated: the shipped family by name, a local folder or file, a Hub id, or an endpoint."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evals import hub
from evals.endpoints.book import endpoint
from evals.endpoints.entry import Endpoint, endpoint_name
from evals.home import ROOT
from evals.names import UnknownName, known

FAMILY = ROOT / "data" / "models"
FAMILY_NAMES = ("tiny-1m", "tiny-3m", "tiny-13m")
VARIANT_NAMES = ("tiny-1m-longer", "tiny-1m-distilled", "tiny-1m-2of4", "tiny-1m-distilled-2of4")


@dataclass(frozen=True, kw_only=True)
class LocalModel:
    """A folder with ``config.json`` and safetensors, or one ``file``: GGUF, which holds everything, or ONNX.

    ``name`` is what finds it again: a shipped name, the path or the Hub id. ``trusted``: code that lies in the folder
    was allowed for this very commit.
    """

    name: str
    folder: Path
    file: Path | None = None
    trusted: bool = False

    @property
    def size_bytes(self) -> int:
        """Of the weights on disk."""
        files = file_parts(self.file) if self.file else self.folder.glob("*.safetensors")
        return sum(path.stat().st_size for path in files)

    @property
    def weights_hash(self) -> str:
        """SHA-256 over configuration, tokenizer and weights."""
        if self.file:
            around = [self.folder / name for name in CONTENT] if self.file.suffix == ".onnx" else []
            files = [*file_parts(self.file), *(path for path in around if path.exists())]
            return _hash_files(tuple((p, p.stat().st_mtime_ns, p.stat().st_size) for p in files))
        files = sorted(p for p in self.folder.iterdir() if p.suffix == ".safetensors" or p.name in CONTENT)
        return _hash_files(tuple((p, p.stat().st_mtime_ns, p.stat().st_size) for p in files))

    def trained_file(self, label: str) -> Path:
        """Where weights trained for one quantization lie: apart from the model's own, and no part of their hash."""
        return self.folder / "trained" / f"{label}.safetensors"

    def trained_hash(self, label: str) -> str:
        """SHA-256 of that file, "" where there is none."""
        path = self.trained_file(label)
        return _hash_files(((path, path.stat().st_mtime_ns, path.stat().st_size),)) if path.exists() else ""


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A model behind an endpoint, whose weights nobody here sees."""

    endpoint: Endpoint

    @property
    def name(self) -> str:
        return self.endpoint.model_name

    @property
    def size_bytes(self) -> None:
        """Unknown."""
        return None

    @property
    def weights_hash(self) -> str:
        """SHA-256 over what decides the answers, as far as anyone can tell: address, model and how it is asked."""
        one = self.endpoint
        said = (one.base_url, one.model, one.kind, one.multiple_choice, *one.omits)
        return hashlib.sha256("\0".join(said).encode()).hexdigest()


CONTENT = ("config.json", "tokenizer.json")


def shipped_models() -> dict[str, LocalModel]:
    """The members of the tiny family whose weights are present, small to large."""
    return _present(FAMILY_NAMES)


def named_models() -> dict[str, LocalModel]:
    """The family and the pruned and distilled variants of its members that are present."""
    return _present((*FAMILY_NAMES, *VARIANT_NAMES))


def _present(names: tuple[str, ...]) -> dict[str, LocalModel]:
    folders = {name: FAMILY / name for name in names}
    return {n: LocalModel(name=n, folder=f) for n, f in folders.items() if (f / "model.safetensors").exists()}


def evaluable(name: str) -> LocalModel | ServedModel:
    """Whatever a plan may name: a model that is here, or ``endpoint:NAME``."""
    served = endpoint_name(name)
    return model(name) if served is None else ServedModel(endpoint=endpoint(served))


def model(name: str) -> LocalModel:
    """A shipped model by name, a folder, GGUF or ONNX file by path, or a cached Hub model by id."""
    if endpoint_name(name) is not None:
        raise UnknownName(f"model {name!r} is behind an endpoint; this needs its weights on this machine")
    folder = Path(name).expanduser()
    if folder.suffix == ".gguf":
        if missing := [part.name for part in gguf_parts(folder) if not part.is_file()]:
            raise UnknownName(f"GGUF file {name!r} is not there (missing: {', '.join(missing)}); check the path")
        return LocalModel(name=str(folder.resolve()), folder=folder.resolve().parent, file=folder.resolve())
    if found := onnx_file(folder):
        return LocalModel(name=str(folder.resolve()), folder=_around(found), file=found)
    if folder.is_dir():
        if not (folder / "config.json").exists() or not list(folder.glob("*.safetensors")):
            raise UnknownName(
                f"model folder {name!r} lacks config.json or *.safetensors; save the model with safetensors"
                + (" (.bin and .pt files can run code and are not loaded)" if pickled(folder) else "")
            )
        if brings_code(folder):
            raise UnknownName(f"model folder {name!r} brings code (auto_map), which is never run")
        return LocalModel(name=str(folder.resolve()), folder=folder.resolve())
    shipped = named_models()
    if hub.looks_like_id(name) and name not in shipped:
        snapshot = hub.cached(hub.parse(name))
        return LocalModel(name=name, folder=snapshot.folder, trusted=hub.code_allowed(snapshot.repo, snapshot.commit))
    if "/" in name or "\\" in name:
        raise UnknownName(f"model {name!r} is no folder here; give one with config.json, a .gguf file or org/name")
    return shipped[known("model", name, shipped)]


def pickled(folder: Path) -> bool:
    """Whether a folder holds weights in a format that can run code when it is read."""
    return any(path.suffix in (".bin", ".pt", ".pth", ".ckpt", ".pkl") for path in folder.iterdir())


def brings_code(folder: Path) -> bool:
    """Whether model or tokenizer of a folder ask for Python that lies in it or elsewhere."""
    for name in ("config.json", "tokenizer_config.json"):
        try:
            told = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(told, dict) and told.get("auto_map"):
            return True
    return False


def onnx_file(path: Path) -> Path | None:
    """The ONNX file that is meant by itself or by its folder; None where safetensors or nothing of it is there."""
    if path.suffix == ".onnx":
        if not path.is_file():
            raise UnknownName(f"ONNX file {str(path)!r} is not there; check the path")
        return path.resolve()
    if not path.is_dir() or list(path.glob("*.safetensors")):
        return None
    found = sorted([*path.glob("*.onnx"), *path.glob("onnx/*.onnx")])
    if len(found) > 1:
        raise UnknownName(
            f"model folder {str(path)!r} holds {len(found)} ONNX files; name one: "
            + " or ".join(str(each.relative_to(path)) for each in found)
        )
    return found[0].resolve() if found else None


def _around(file: Path) -> Path:
    """The folder with the configuration and tokenizer of an ONNX file: its own, or the one above."""
    near = [folder for folder in (file.parent, file.parent.parent) if (folder / "config.json").exists()]
    if not near:
        raise UnknownName(f"ONNX file {file.name!r} has no config.json beside it; put the model's own there")
    return near[0]


def file_parts(path: Path) -> tuple[Path, ...]:
    """All files of a model that is given as one: parts of a GGUF file, or weights beside an ONNX file."""
    if path.suffix == ".onnx":
        return (path, *sorted(path.parent.glob(f"{path.name}[._]data*")))
    return gguf_parts(path)


def gguf_parts(path: Path) -> tuple[Path, ...]:
    """All files of a GGUF model whose first part is ``path``: several where its name ends in ``-00001-of-00003``."""
    named = re.fullmatch(r"(.*)-00001-of-(\d{5})", path.stem)
    if not named:
        return (path,)
    stem, count = named.groups()
    return tuple(path.with_name(f"{stem}-{part:05d}-of-{count}.gguf") for part in range(1, int(count) + 1))


@lru_cache(maxsize=64)
def _hash_files(stamps: tuple[tuple[Path, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _, size in stamps:
        digest.update(f"{path.name}:{size}:".encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
