"""Every write that a page can make stands under ``writing`` or is handed to ``write_button``: read from the source."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
WRITES = {
    "evals.runs": ("start", "start_race", "begin", "resume", "reopen", "cancel", "ensure_demo"),
    "evals.usertasks.adding": ("save", "remove"),
    "evals.usertasks.from_lm_eval": ("add_from_lm_eval",),
    "evals.pictures": ("write_task",),
    "evals.importing.taking": ("take",),
    "evals.importing.keeping": ("keep", "forget"),
    "evals.importing.lm_eval_export": ("export_lm_eval",),
    "evals.endpoints.book": ("save", "remove"),
    "evals.shelf": ("remember",),
    "evals.hub": ("allow_code",),
    "evals.divergences": ("keep",),
    "evals.backups": ("back_up",),
    "evals.sandbox.settings": ("confirm", "withdraw"),
    "decisions.history.shelf": ("keep", "drop"),
    "decisions.report.files": ("write_all",),
    "pricing.overrides": ("write",),
    "pricing.feeds": ("refresh", "import_file", "keep", "forget"),
    "data.files": ("write_atomically", "whole_folder"),
}
SAMPLE = ("endpoints", "run_plan", "race_view", "data_preview", "data_lm_eval", "evidence_imports", "live")
WRITERS = {f"{room}.{name}" for room, names in WRITES.items() for name in names}


def page_files() -> list[Path]:
    return [HOUSE / "app.py", *sorted((HOUSE / "pages").rglob("*.py"))]


def unguarded(source: str) -> list[str]:
    """``line name`` of every reference to a writer outside of a guard; a helper counts where it is called."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    known = dict(_imported(tree))
    found = []
    pending = [(node, name) for node in ast.walk(tree) if (name := _dotted(node, known)) in WRITERS]
    seen: set[str] = set()
    while pending:
        node, name = pending.pop()
        around = list(_ancestors(node, parents))
        if any(_guards(each) for each in around):
            continue
        helper = next((each.name for each in around if isinstance(each, ast.FunctionDef)), "")
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == helper]
        if not helper.startswith("_") or not calls:
            found.append(f"{getattr(node, 'lineno', 0)} {name}")
        elif helper not in seen:
            seen.add(helper)
            pending += [(call, name) for call in calls]
    return sorted(found)


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _dotted(node: ast.AST, known: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{known.get(node.value.id, '')}.{node.attr}"
    return ""


def _ancestors(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    while node in parents:
        node = parents[node]
        yield node


def _guards(node: ast.AST) -> bool:
    called = [node] if isinstance(node, ast.Call) else []
    opened = [item.context_expr for item in node.items] if isinstance(node, ast.With) else []
    names = {ast.unparse(each.func) for each in [*called, *opened] if isinstance(each, ast.Call)}
    return bool(names & {"writing", "write_button"})


def test_every_writer_is_there() -> None:
    for room, names in WRITES.items():
        assert all(callable(getattr(importlib.import_module(room), name)) for name in names), room


def test_every_write_of_a_page_is_guarded() -> None:
    found = {str(path.relative_to(HOUSE)): unguarded(path.read_text(encoding="utf-8")) for path in page_files()}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_the_walk_sees_the_writes() -> None:
    for name in SAMPLE:
        source = (HOUSE / "pages" / "ui" / f"{name}.py").read_text(encoding="utf-8")
        assert unguarded(source.replace("with writing(", "with other(")), name


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("runs.start(plan)", ["2 evals.runs.start"]),
        ("with writing('x'):\n    runs.start(plan)", []),
        ("write_button('Stop', 'stop', 'x', lambda: runs.cancel('r'))", []),
        ("def _go():\n    runs.start(plan)\nwith writing('x'):\n    _go()", []),
        ("def _go():\n    runs.start(plan)\n_go()", ["4 evals.runs.start"]),
        ("def go():\n    runs.start(plan)", ["3 evals.runs.start"]),
    ],
)
def test_what_counts_as_guarded(body: str, found: list[str]) -> None:
    assert unguarded(f"from evals import runs\n{body}") == found
