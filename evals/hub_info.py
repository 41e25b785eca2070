"""What the Hugging Face Hub says of a model, before anything of it is downloaded; and the download itself."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.hub import SMALL, HubId, Snapshot, cached

TIMEOUT_S = 15.0
SITE = "https://huggingface.co"
log = logging.getLogger("evals.hub")


class NotReadable(ValueError):
    """The Hub does not say, or does not let us; the message says why and what to do."""

    def __init__(self, message: str, gated: bool = False) -> None:
        super().__init__(message)
        self.gated = gated


@dataclass(frozen=True, kw_only=True)
class HubModel:
    """One commit of a model: bytes by file at its top level, and what its card and configuration say."""

    commit: str
    sizes: Mapping[str, int]
    config: Mapping[str, Any]
    tags: tuple[str, ...]
    parameters: int | None
    gated: bool

    @property
    def wanted_files(self) -> list[str]:
        """Weights in safetensors, configuration, tokenizer and code; no second copies in other formats."""
        return sorted(
            name
            for name in self.sizes
            if name.endswith((*SMALL, ".py"))
            or (name.endswith(".safetensors") and not name.startswith("consolidated"))
        )


def looked_up(wanted: HubId) -> HubModel:
    """Ask the Hub; NotReadable if it cannot be reached, does not know the model, or asks for a licence first."""
    from huggingface_hub import HfApi

    try:
        api = HfApi()
        info = api.model_info(wanted.repo, revision=wanted.revision, files_metadata=True, timeout=TIMEOUT_S)
        if info.gated:
            api.auth_check(wanted.repo)
    except Exception as error:
        raise _named(error, wanted) from error
    files = {one.rfilename: int(one.size or 0) for one in info.siblings or [] if "/" not in one.rfilename}
    return HubModel(
        commit=str(info.sha),
        sizes=files,
        config=info.config or {},
        tags=tuple(info.tags or ()),
        parameters=int(info.safetensors.total) if info.safetensors else None,
        gated=bool(info.gated),
    )


def fetch(wanted: HubId, files: tuple[str, ...]) -> Snapshot:
    """Download these files into the Hub's cache; what is there already is not fetched again."""
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(wanted.repo, revision=wanted.revision, allow_patterns=list(files))
    except Exception as error:
        raise _named(error, wanted) from error
    return cached(wanted)


def cache_folder() -> Path:
    """Where the Hub's files are kept on this machine."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def _named(error: Exception, wanted: HubId) -> NotReadable:
    from huggingface_hub import errors

    page = f"{SITE}/{wanted.repo}"
    if isinstance(error, errors.GatedRepoError):
        return NotReadable(
            f"{wanted} is gated: accept its licence at {page} and set HF_TOKEN to a token of that account", gated=True
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return NotReadable(f"{wanted.repo} has no revision {wanted.revision!r}; see {page}/tree/main")
    if isinstance(error, errors.RepositoryNotFoundError):
        return NotReadable(f"{wanted} is not found on the Hub, or private; check the name, or set HF_TOKEN")
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return NotReadable(f"the Hub answered HTTP {status} for {wanted}; try again later")
    log.info("the Hub was not reached: %r", error)
    return NotReadable(
        f"{wanted} is not on this machine, and the Hub cannot be reached ({type(error).__name__}); models that are "
        "here run all the same"
    )
