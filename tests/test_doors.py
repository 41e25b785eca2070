"""Nothing that a file, a model or a visitor says is run, and no key is written down."""

from __future__ import annotations

import ast
import json
import logging
import os
import shutil
import subprocess
import sys
import time
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml

from data.files import write_atomically
from evals import runs
from evals.models import model
from evals.names import UnknownName
from evals.plan import Plan
from evals.redaction import HIDDEN, Redacting, redacted
from evals.tasks import TASKS_FOLDER
from evals.tasks.task import TaskLoader
from evals.usertasks import lm_eval_index

HOUSE = Path(__file__).parent.parent
PRODUCT = ("app.py", "pages", "decisions", "evals", "pricing", "data")
UNPICKLERS = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle", "sqlitedict"}
# files that stay inside one process or one try, and are never read as results
OWN_WRITES = (
    "data/files.py",
    "data/items/make.py",  # our own, run by hand, checked in
    "data/models/training/variants.py",
    "data/models/training/train.py",
    "evals/sandbox/scene.py",
    "evals/engines/speed.py",
    "evals/engines/gpu_check.py",
    "evals/pictures.py",  # these three fill the draft of ``data.files.whole_folder``
    "evals/usertasks/writing.py",
    "evals/usertasks/from_lm_eval.py",
    "pages/ui/evidence_imports.py",
)
# weights whose commit the user allowed by its 40 digits (``evals.hub.code_allowed``)
BY_NAME = "evals/engines/loading.py"
SAFE_LOADERS = ("TaskLoader", "_Loader")  # both below yaml.SafeLoader, as is tested
# within the walls; and our own reference answers, when the items are made
RUN_CODE = ("evals/sandbox/inside/", "data/items/make.py")
KINDS = (ast.Call, ast.Import, ast.ImportFrom)
ASKED = {"trust_remote_code", "use_safetensors", "weights_only", "Loader", "include_path", "include_defaults"}
KEYS = {
    "OPENAI_API_KEY": "sk-planted0123456789abcdef",
    "HF_TOKEN": "hf_planted0123456789",
    "MY_SECRET": "pass-planted-0123",
}


@cache
def imported() -> list[tuple[str, str]]:
    """Path and module of every import."""
    found = []
    for path, node in _nodes():
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        found += [(path, name) for name in names]
    return found


@cache
def calls() -> list[tuple[str, str, dict[str, str], ast.Call]]:
    """Place, name, keywords and node of every call; the value of a keyword that no test asks for is left empty."""
    return [
        (
            f"{path}:{node.lineno}",
            _name(node.func),
            {word.arg: ast.unparse(word.value) if word.arg in ASKED else "" for word in node.keywords if word.arg},
            node,
        )
        for path, node in _nodes()
        if isinstance(node, ast.Call)
    ]


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ast.unparse(node)


@cache
def _nodes() -> list[tuple[str, ast.AST]]:
    found = []
    for top in PRODUCT:
        for path in [HOUSE / top] if top.endswith(".py") else sorted((HOUSE / top).rglob("*.py")):
            name, tree = str(path.relative_to(HOUSE)), ast.parse(path.read_text(encoding="utf-8"))
            found += [(name, node) for node in ast.walk(tree) if isinstance(node, KINDS)]
    return found


def test_no_code_or_pickle_of_a_model_is_ever_loaded() -> None:
    broken = [f"{path}: imports {name}" for path, name in imported() if name.split(".")[0] in UNPICKLERS]
    for place, called, told, _ in calls():
        trusted = told.get("trust_remote_code", "False")
        by_name = place.startswith(BY_NAME) and trusted in ("trusted", "self.local.trusted")
        if not (trusted == "False" or by_name) or told.get("use_safetensors", "True") != "True":
            broken.append(f"{place}: {called} trusts a model")
        if called.endswith("torch.load") and told.get("weights_only") != "True":
            broken.append(f"{place}: torch.load without weights_only")
        if called.endswith(".from_pretrained") and "trust_remote_code" not in told:
            broken.append(f"{place}: {called} leaves trust_remote_code open")
        if called in ("eval", "exec") and not place.startswith(RUN_CODE):
            broken.append(f"{place}: {called}")
        unsafe = called == "yaml.load" and told.get("Loader") not in SAFE_LOADERS
        if unsafe or called in ("yaml.unsafe_load", "yaml.full_load"):
            broken.append(f"{place}: {called} is no safe loader")
    assert broken == []


def test_python_in_a_task_file_comes_from_our_own_tasks_only() -> None:
    tagged = {
        path
        for path in HOUSE.rglob("*.y*ml")
        if ".venv" not in path.parts and "!function" in path.read_text(encoding="utf-8", errors="replace")
    }
    assert tagged and all(path.is_relative_to(TASKS_FOLDER) for path in tagged)
    managers = [told for _, called, told, _ in calls() if called.endswith("TaskManager")]
    # Ours alone, or those that come with the lm-eval that is installed: no folder that somebody names.
    assert sorted(managers, key=len) == [{}, {"include_path": "str(TASKS_FOLDER)", "include_defaults": "False"}]
    safe = (yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert issubclass(TaskLoader, safe) and issubclass(lm_eval_index._Loader, safe)
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load("process_results: !function utils.process")


def test_a_folder_with_pickles_or_code_is_refused_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(UnknownName, match=r"\.bin and \.pt files can run code"):
        model(str(folder))
    coded = tmp_path / "coded"
    shutil.copytree(model("tiny-1m").folder, coded)
    config = json.loads((coded / "config.json").read_text())
    (coded / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "evil.Model"}}))
    with pytest.raises(UnknownName, match="brings code"):
        model(str(coded))


def test_no_screen_shows_html() -> None:
    unsafe = {"unsafe_allow_html", "unsafe_allow_javascript"}
    html = ("st.html", "components.html", "components.v1.html")
    shown = [place for place, called, told, _ in calls() if called in html or unsafe & told.keys()]
    assert shown == []


def test_every_file_we_make_is_written_whole() -> None:
    found = []
    for place, called, _, node in calls():
        if place.startswith((*OWN_WRITES, "evals/sandbox/inside")):
            continue
        name = called.split(".")[-1]
        modes = [a.value for a in [*node.args, *(w.value for w in node.keywords)] if isinstance(a, ast.Constant)]
        opened = name == "open" and any(mode in ("w", "wb", "wt", "x") for mode in modes)
        if name in ("write_text", "write_bytes", "to_csv", "to_excel") or opened:
            found.append(f"{place} {name}")
    assert found == [], "use data.files.write_atomically"


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "report.md"
    write_atomically(file, "old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        write_atomically(file, "new")
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]


def test_keys_are_hidden_by_shape_and_by_the_variable_that_holds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET", "an ordinary word")
    told = "sk-abcdefghijklmnopqrst and https://me:pw@host/x, Authorization: Bearer abcdef0123456789; an ordinary word"
    hidden = redacted(told)
    assert hidden == f"{HIDDEN} and https://{HIDDEN}@host/x, Authorization: Bearer {HIDDEN}; {HIDDEN}"
    assert redacted("the answer is 42, see task sk-1") == "the answer is 42, see task sk-1"
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed with %s", ("hf_abcdefghijklmnopqrst",), None)
    assert Redacting("%(message)s").format(record) == f"failed with {HIDDEN}"


def test_a_planted_key_is_in_no_file_that_a_run_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(runs, "WORKER", "tests.faults.leaky")
    run = runs.start(Plan(models=("tiny-1m",), quantizations=("bf16",), tasks=("math", "code"), limit=3))
    deadline = time.monotonic() + 120
    while runs.state(run) != "done":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    states = {cell.task: cell.state for cell in runs.status(run).cells}  # type: ignore[union-attr]
    assert states == {"shop_math": "done", "shop_code": "failed"}
    command = [sys.executable, "-m", "evals", "export", run]
    out = subprocess.run(command, cwd=HOUSE, env={**os.environ, "PYTHONPATH": "."}, capture_output=True, check=True)
    (tmp_path / "export.json").write_bytes(out.stdout + out.stderr)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 4
    for path in files:
        content = path.read_bytes()
        for value in KEYS.values():
            assert value.encode() not in content, f"{path.name} holds a key"
    assert any(HIDDEN.encode() in path.read_bytes() for path in files)


def test_the_shipped_configurations_close_what_streamlit_leaves_open() -> None:
    local = tomllib.loads((HOUSE / ".streamlit" / "config.toml").read_text())
    team = tomllib.loads((HOUSE / "docs" / "team" / "config.toml").read_text())
    for told in (local, team):
        assert told["client"]["showErrorDetails"] == "none"
        server = told["server"]
        assert server["maxUploadSize"] <= 50 and not server["enableStaticServing"] and not server["enableAgentApi"]
    assert team["server"]["allowedHosts"] and team["server"]["address"] == "127.0.0.1"
    assert team["server"]["enableXsrfProtection"] and team["server"]["enableCORS"]
    assert team["theme"] == local["theme"]


def test_streamlit_knows_every_option_of_the_configurations() -> None:
    code = "import streamlit.config as c; c.get_config_options(); print(' '.join(c._config_options_template))"
    known = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    for file in (".streamlit/config.toml", "docs/team/config.toml"):
        told = tomllib.loads((HOUSE / file).read_text())
        options = {f"{section}.{name}" for section in ("server", "client", "browser") for name in told[section]}
        assert options <= set(known), options - set(known)
