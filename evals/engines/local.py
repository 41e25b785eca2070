"""Load one variant of a model in this process: the folder's weights, really quantized."""

from __future__ import annotations

import evals.engines.answering  # noqa: F401  # what the harness asks a model of torch through: imported with the rest
from evals.availability import require
from evals.engines.classifier_lm import is_classifier
from evals.engines.families import family
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job
from evals.models import LocalModel
from evals.quantizations import Quantization

CLASSIFIERS = ("none", "round-to-nearest", "bitsandbytes", "torchao", "hqq", "onnx")


def load_local(local: LocalModel, how: Quantization, artefact_key: str) -> LoadedVariant:
    """Quantize and load. Raises Unavailable for what cannot run here, ValueError for what cannot be loaded so."""
    require(how)
    if local.file and how.method != local.file.suffix[1:]:
        raise ValueError(
            f"{local.file.name} is a finished {local.file.suffix[1:].upper()} file; {how.label} is made from a folder "
            "of the full model"
        )
    if local.folder.joinpath("config.json").exists() and is_classifier(local.folder) and how.method not in CLASSIFIERS:
        raise ValueError(f"{local.name} is a classifier, and {how.label} is for models that write text")
    loaded: LoadedVariant = family(how.method).load(Job(local, how, artefact_key))
    return loaded
