"""Imports go one way: an app knows `telemetry`, never another app; `telemetry` knows no app."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("sessions_app", "stats_app", "devices_app")
# Composition roots may know everything, and nobody may know them.
ROOTS = {"telemetry/urls.py", "telemetry/asgi.py", "telemetry/views.py"}
MODULES = sorted(
    path
    for package in ("telemetry", *APPS)
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts
)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, "relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def of_other_apps(names: set[str], own: str) -> set[str]:
    return {name for name in names if name.split(".")[0] in APPS and name.split(".")[0] != own}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_it_may_know(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    names = set(imported(ast.parse(path.read_text())))
    if name not in ROOTS:
        assert not of_other_apps(names, path.relative_to(ROOT).parts[0])
    if name != "telemetry/urls.py":  # the root of roots
        forbidden = {"telemetry.urls", "telemetry.views", "telemetry.asgi"}
        assert not {root for root in forbidden for found in names if found.startswith(f"{root}.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_hides_in_a_function(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            hidden = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not hidden, f"{path.name}:{node.lineno} {node.name}"


def test_a_dialect_does_not_touch_the_orm_or_another_dialect() -> None:
    for app in APPS:
        folder = ROOT / app / "dialects"
        for path in folder.rglob("*.py"):
            own = path.relative_to(folder).parts[0].removesuffix(".py")
            names = set(imported(ast.parse(path.read_text())))
            touched = {n for n in names if n.startswith("django.db") or ".models" in n}
            others = {n for n in names if ".dialects." in n and f".dialects.{own}" not in n}
            assert not touched | others, path
