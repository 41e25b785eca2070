"""Models of the Hugging Face Hub: ids, what lies in its cache here, and which commits may run code of their own."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from data.files import write_atomically
from evals.home import home
from evals.names import UnknownName

COMMIT = re.compile(r"[0-9a-f]{40}")
REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,100}")
ALLOWED = "allowed_code.yaml"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")
SMALL = (".json", ".txt", ".model", ".jinja")
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


class BadId(UnknownName):
    """A name that is meant as a Hub id and is none."""


@dataclass(frozen=True, kw_only=True)
class HubId:
    """``org/name`` at a revision: a branch, a tag or a commit."""

    repo: str
    revision: str = "main"

    def __str__(self) -> str:
        return self.repo if self.revision == "main" else f"{self.repo}@{self.revision}"


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One commit of a model as it lies in the cache."""

    repo: str
    commit: str
    folder: Path


def looks_like_id(name: str) -> bool:
    """Whether a name is meant for the Hub and not for a folder here."""
    bare = name.split("@")[0]
    return "/" in bare and not bare.startswith(("/", ".", "~")) and "\\" not in bare and ".." not in bare


def parse(name: str) -> HubId:
    """``org/name`` or ``org/name@revision``; BadId says what is wrong."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    repo, _, revision = name.strip().partition("@")
    if repo.count("/") != 1:
        raise BadId(f"model {name!r} is no Hub id: write org/name or org/name@revision")
    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        reason = str(error).splitlines()[0].replace("repo_id", "a Hub id").rstrip(".")
        raise BadId(f"model {name!r} is no Hub id ({reason}): write org/name or org/name@revision") from error
    if revision and (not REVISION.fullmatch(revision) or ".." in revision):
        raise BadId(f"model {name!r} has a revision {revision!r}; give a branch, a tag or a commit")
    return HubId(repo=repo, revision=revision or "main")


def cached(wanted: HubId) -> Snapshot:
    """The model as it lies here, whole; otherwise UnknownName with what to do. Nothing is downloaded."""
    found = found_in_cache(wanted)
    how = f"python -m evals preflight {wanted} --fetch"
    if found is None:
        raise UnknownName(f"model {wanted} is not on this machine; look at it and fetch it with: {how}")
    if why := incomplete(found.folder):
        raise UnknownName(f"model {wanted} is not whole on this machine ({why}); fetch the rest with: {how}")
    return found


def found_in_cache(wanted: HubId) -> Snapshot | None:
    """What the cache holds of it, whole or not."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(wanted.repo, "config.json", revision=wanted.revision)
    if not isinstance(path, str):
        return None
    folder = Path(path).parent
    return Snapshot(repo=wanted.repo, commit=folder.name, folder=folder)


def incomplete(folder: Path) -> str:
    """Which weights a folder lacks or holds cut short; "" if none."""
    index = folder / "model.safetensors.index.json"
    names = set(json.loads(index.read_text())["weight_map"].values()) if index.exists() else set()
    if missing := sorted(name for name in names if not (folder / name).exists()):
        return f"{len(missing)} of {len(names)} weight files are missing, {missing[0]} among them"
    present = sorted(folder.glob("*.safetensors"))
    if not present:
        return "it has no safetensors"
    return next((why for path in present if (why := cut_short(path))), "")


def cut_short(path: Path) -> str:
    """What is wrong with the length of a safetensors file, by its own header; "" if nothing."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or not 2 <= length <= 100_000_000:
            return f"{path.name} does not begin as a safetensors file"
        header = file.read(length)
    if len(header) < length:
        return f"{path.name} is cut short: expected more than {8 + length:,} bytes, found {size:,}"
    try:
        tensors = json.loads(header)
        end = max((t["data_offsets"][1] for name, t in tensors.items() if name != "__metadata__"), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return f"{path.name} has a damaged header"
    expected = 8 + length + end
    return "" if size == expected else f"{path.name} is damaged: expected {expected:,} bytes, found {size:,}"


def parameters(folder: Path) -> int:
    """Weights of a folder, counted from the shapes in its safetensors headers."""
    total = 0
    for path in folder.glob("*.safetensors"):
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        total += sum(math.prod(one["shape"]) for name, one in header.items() if name != "__metadata__")
    return total


def code_allowed(repo: str, commit: str) -> bool:
    """Whether code that comes with the model may run: allowed by name for this commit, never for a branch."""
    return f"{repo}@{commit}" in _allowed()


def allow_code(repo: str, commit: str) -> None:
    """Let code of this very commit run on this machine."""
    if not COMMIT.fullmatch(commit):
        raise ValueError(f"commit {commit!r} must be all 40 digits of one commit, so that the code cannot change")
    write_atomically(home() / ALLOWED, yaml.safe_dump(sorted({*_allowed(), f"{repo}@{commit}"})))


def _allowed() -> list[str]:
    path = home() / ALLOWED
    found = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []
    return [str(entry) for entry in found] if isinstance(found, list) else []
