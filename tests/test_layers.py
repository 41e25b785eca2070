"""The house keeps its shape: imports go one way, heavy libraries stay in their rooms, modules stay short."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
# who may import whom, itself aside
MAY_IMPORT = {
    "data": set(),
    "evals": {"data"},
    "pricing": {"data"},
    "decisions": {"data", "evals", "pricing"},
    "pages": {"data", "evals", "pricing", "decisions"},
    "app": {"data", "evals", "pricing", "decisions", "pages"},
}
MODEL_STACK = {
    "accelerate", "auto_round", "bitsandbytes", "gguf", "gptqmodel", "hqq", "llama_cpp", "lm_eval", "onnx",
    "onnxruntime", "onnxscript", "optimum", "torch", "torchao", "transformers", "xllamacpp",
}  # fmt: skip
MODEL_ROOMS = ("evals/engines/", "data/models/")
CLUSTER_ROOM = "evals/executors/ray.py"
SCREEN_ROOMS = ("app.py", "pages/")
MOST_LINES = 300
# homes and scratch folders of one machine; put together here so that this file does not contain them
MACHINE_PATHS = re.compile("/ro" + r"ot/|/ho" + r"me/\w|/Us" + r"ers/\w|/wo" + r"rk/|/tm" + r"p/\w/")


def broken_rules(path: str, source: str) -> list[str]:
    """Each import of ``path`` that breaks a rule, as ``path:line: what``."""
    package = package_of(path)
    found = []
    for line, module in imports(source):
        root = module.split(".")[0]
        if root in MAY_IMPORT and root != package and root not in MAY_IMPORT[package]:
            found.append(f"{path}:{line}: {package} imports {module}")
        if root in MODEL_STACK and not path.startswith(MODEL_ROOMS):
            found.append(f"{path}:{line}: {root} outside {' and '.join(MODEL_ROOMS)}")
        if root == "ray" and path != CLUSTER_ROOM:
            found.append(f"{path}:{line}: ray outside {CLUSTER_ROOM}")
        if root == "streamlit" and not path.startswith(SCREEN_ROOMS):
            found.append(f"{path}:{line}: streamlit outside {' and '.join(SCREEN_ROOMS)}")
        if path.startswith("evals/sandbox/inside/") and root and root not in sys.stdlib_module_names:
            found.append(f"{path}:{line}: {module} cannot be seen within the sandbox")
    return found


def imports(source: str) -> Iterator[tuple[int, str]]:
    """Line and module of every import, those inside functions and those by name included; relative ones are ""."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, each.name) for each in names)
            case ast.ImportFrom(module=module, level=level):
                yield node.lineno, "" if level else str(module)
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def package_of(path: str) -> str:
    return Path(path).parts[0].removesuffix(".py")


@cache
def tracked() -> tuple[str, ...]:
    """Files of the repository, without what git ignores."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=True).stdout.splitlines()
    return tuple(path for path in listed if (HOUSE / path).is_file())


def modules() -> list[str]:
    return [path for path in tracked() if path.endswith(".py") and package_of(path) in MAY_IMPORT]


def test_imports_go_one_way_and_stay_in_their_rooms() -> None:
    found = [rule for path in modules() for rule in broken_rules(path, (HOUSE / path).read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("evals/x.py", "import pricing.bill", "evals/x.py:1: evals imports pricing.bill"),
        ("pricing/x.py", "\nfrom evals import store", "pricing/x.py:2: pricing imports evals"),
        ("decisions/x.py", "from pages.ui import frame", "decisions/x.py:1: decisions imports pages.ui"),
        ("pages/x.py", "import app", "pages/x.py:1: pages imports app"),
        ("evals/x.py", "def f():\n    import torch", "evals/x.py:2: torch outside evals/engines/ and data/models/"),
        ("evals/x.py", "import gguf", "evals/x.py:1: gguf outside evals/engines/ and data/models/"),
        ("pricing/x.py", "from onnx import helper", "pricing/x.py:1: onnx outside evals/engines/ and data/models/"),
        ("app.py", "import importlib\nimportlib.import_module('lm_eval.api')", "app.py:2: lm_eval outside"),
        ("evals/runs.py", "def f():\n    import ray", "evals/runs.py:2: ray outside evals/executors/ray.py"),
        ("decisions/x.py", "import streamlit as st", "decisions/x.py:1: streamlit outside app.py and pages/"),
        ("evals/sandbox/inside/x.py", "import evals.names", "evals/sandbox/inside/x.py:1: evals.names cannot be seen"),
    ],
)
def test_a_broken_rule_is_found(path: str, source: str, expected: str) -> None:
    [found] = broken_rules(path, source)
    assert found.startswith(expected)


def test_what_the_rules_allow_is_allowed() -> None:
    assert broken_rules("evals/engines/x.py", "import torch\nfrom lm_eval.api import model\nimport evals.names") == []
    assert broken_rules("pages/x.py", "import streamlit\nfrom decisions import sla\nfrom pricing import bill") == []


def test_modules_are_short() -> None:
    long = {path: lines for path in modules() if (lines := len((HOUSE / path).read_text().splitlines())) > MOST_LINES}
    assert not long, f"over {MOST_LINES} lines: {long}"


def test_no_path_of_one_machine_is_left_in_a_file() -> None:
    found = []
    for path in tracked():
        try:
            text = (HOUSE / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path}:{n}" for n, line in enumerate(text.splitlines(), 1) if MACHINE_PATHS.search(line)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("rooms", [("data", "evals", "pricing", "decisions"), ("pages",)])
def test_opening_the_app_loads_no_model_library(rooms: tuple[str, ...]) -> None:
    names = [
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in modules()
        if Path(path).parts[0] in rooms and not path.startswith((*MODEL_ROOMS, CLUSTER_ROOM))
        and not path.endswith("__main__.py")
        # a page is a script that needs a running server; what it imports lies in pages/ui
        and (not path.startswith("pages/") or path.startswith("pages/ui/"))
    ]
    assert names
    load = f"import importlib, json, sys\nfor name in {names!r}: importlib.import_module(name)"
    script = f"{load}\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    heavy = MODEL_STACK | {"datasets", "ray"} | (set() if "pages" in rooms else {"streamlit"})
    assert not heavy & loaded
