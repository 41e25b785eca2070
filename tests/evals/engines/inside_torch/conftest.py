"""Little calibration text, so that methods take seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from evals.engines.calibration import VARIABLE, calibration_texts


@pytest.fixture(scope="session")
def _little_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """17 texts of about 60 tokens; the widest layer has 256 inputs."""
    path = tmp_path_factory.mktemp("calibration") / "train.jsonl"
    path.write_text("\n".join(json.dumps({"text": text}) for text in calibration_texts()[::8]))
    return str(path)


@pytest.fixture(autouse=True)
def _calibrate_with_little_text(_little_text: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(VARIABLE, _little_text)
    yield
