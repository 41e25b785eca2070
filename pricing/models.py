"""Models: the shipped table of architectures, and any model whose ``config.json`` is on this machine."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from pathlib import Path

from pricing import architectures, names, tables
from pricing.names import UnknownName
from pricing.shapes import Model

__all__ = ["Model", "find", "load"]


def _from_row(row: dict[str, str]) -> Model:
    values: dict[str, object] = {}
    for field in fields(Model):
        text = row.get(field.name) or ""
        kind = str(field.type)
        if kind == "str":
            values[field.name] = text
        elif kind == "bool":
            values[field.name] = text == "1"
        elif kind == "int" and text:
            values[field.name] = int(text)
    published = row["published_parameters"]
    values |= {"published_parameters": int(published) if published else None, "aliases": tables.names(row["aliases"])}
    return Model(**values)  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def load() -> dict[str, Model]:
    """The models table by name."""
    return {row["name"]: _from_row(row) for row in tables.rows("models")}


@lru_cache(maxsize=1)
def _index() -> dict[str, str]:
    return names.index((model.name, model.aliases) for model in load().values())


@lru_cache(maxsize=64)
def _configured(path: Path, modified: float) -> Model:
    return architectures.read(path)


def find(name: str) -> Model:
    """The model called ``name`` or one of its aliases, or the one a ``config.json`` describes.

    ``name`` may also be a ``config.json``, a folder holding one, or an id in the local Hugging Face cache.
    Raises UnknownName, and ValueError for a file that describes no known architecture.
    """
    if isinstance(name, str) and ("/" in name or "\\" in name or name.endswith(".json")):
        path = Path(name).expanduser()
        config = path / "config.json" if path.is_dir() else path
        if config.is_file():
            return _configured(config, config.stat().st_mtime)
        if name.endswith(".json") or name.startswith((".", "/", "~")):
            raise UnknownName(f"no config.json at {name!r}; give a file, a folder holding one, or a model's name")
    try:
        return load()[names.resolve(name, _index(), what="model", hint="; or give the path of a config.json")]
    except UnknownName:
        cached = architectures.cached(name) if isinstance(name, str) else None
        if cached is None:
            raise
        return _configured(cached, cached.stat().st_mtime)
