"""A variant as a folder that plain transformers loads, checked by loading it."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from evals.availability import require
from evals.engines.families import family
from evals.engines.finishing import difference
from evals.engines.loading import Job, load_folder
from evals.models import LocalModel
from evals.quantizations import Quantization

LEAST_DRIFT = 1e-5


def export_variant(local: LocalModel, how: Quantization, artefact_key: str, folder: Path) -> None:
    """Write ``folder``, which must not exist; on any error nothing is left of it.

    Saved before any forward pass, since bitsandbytes may repack 4-bit weights in the first one and then saves them
    wrong without saying so; then loaded again and compared.
    """
    require(how)
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"folder {str(folder)!r} is not empty; name a new one")
    module = family(how.method)
    if not hasattr(module, "quantized"):
        raise ValueError(f"{how.label} is not a folder of transformers; it runs on {how.engine}")
    job = Job(local, how, artefact_key)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _require_space(local, folder.parent)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".exporting-") as temporary:
        made = Path(temporary) / folder.name
        try:
            if hasattr(module, "folder"):
                shutil.copytree(module.folder(job), made)
                model = module.quantized(job)
            else:
                model = getattr(module, "exportable", module.quantized)(job)
                model.save_pretrained(made)
                job.tokenizer.save_pretrained(made)
        except OSError as error:
            raise OSError(f"{how.label} could not be written: {_told(error)}") from error
        _require_same(job, model, made)
        if folder.exists():
            folder.rmdir()
        os.replace(made, folder)


def _require_same(job: Job, model: Any, made: Path) -> None:
    """The folder must answer as the variant does: far closer to it than the variant is to the original."""
    again = load_folder(made, device_map=job.device, dtype=job.arithmetic).eval()
    model.eval()
    drift = difference(model, again, job.tokenizer)
    allowed = max(LEAST_DRIFT, difference(job.original, model, job.tokenizer) / 2)
    if not drift <= allowed:
        raise RuntimeError(
            f"the saved folder of {job.how.label} answers differently from the variant (logits differ by {drift:.2g}); "
            "it was not kept"
        )


def _require_space(local: LocalModel, where: Path) -> None:
    needed = 2 * sum(path.stat().st_size for path in local.folder.glob("*.safetensors"))  # 16 bits written as 32
    free = shutil.disk_usage(where).free
    if free < needed:
        raise OSError(
            errno.ENOSPC, f"{needed / 1e6:,.0f} MB are needed in {where.name} and {free / 1e6:,.0f} MB are free"
        )


def _told(error: OSError) -> str:
    return "the disk is full; free some space and export again" if error.errno == errno.ENOSPC else str(error)
