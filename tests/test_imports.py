"""Imports point one way, and each foreign library is known to one room only."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "clv_ml"

# the order in which the data walks; a room may import from itself and from those before it
ORDER = (
    "errors",
    "redaction",
    "stages",
    "config",
    "language",
    "engine",
    "publishing",
    "data",
    "snapshot",
    "models",
    "decisions",
    "evaluation",
    "economics",
    "reports",
    "plots",
    "tracking",
    "pipeline",
    "cli",
)
# decisions and evaluation stand side by side: a backtest judges the list
ROOM_OF = {
    "lifetimes": {"models/_lifetimes.py"},
    "lightgbm": {"models/_lightgbm.py"},
    "mlflow": {"tracking"},
    "optuna": {"models/tuning.py"},
    "sklearn": {"models/churn_classifier.py", "evaluation/logistic.py"},
    "sqlframe": {"engine"},
    "duckdb": {"engine"},
    "pyspark": {"engine"},
    "matplotlib": {"reports", "plots"},
    "jinja2": {"reports"},
    "babel": {"language"},
    "xlsxwriter": {"reports"},
    "openpyxl": {"data/contact_files.py"},
    "phonenumbers": {"data/identifiers.py"},
    "sqlalchemy": {"data/database.py", "tracking/store.py"},
    "typer": {"cli"},
}
SOURCES = sorted(PACKAGE.rglob("*.py"))


def _imported(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.append(node.module)
            if node.module == "clv_ml":
                names += [f"clv_ml.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
            names += [str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)]
    return names


def _room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_the_rooms_before_it(path: Path) -> None:
    room = _room(path)
    if room in {"__init__", "__main__"} or path.name == "served.py":  # served.py is run by MLflow, not imported
        return
    allowed = set(ORDER[: ORDER.index(room) + 1])
    used = {name.split(".")[1] for name in _imported(path) if name.startswith("clv_ml.")}
    assert used & set(ORDER) <= allowed, f"{path.name} reaches forward: {sorted(used - allowed)}"


@pytest.mark.parametrize("library", sorted(ROOM_OF))
def test_a_foreign_library_is_imported_in_its_own_room_only(library: str) -> None:
    homes = ROOM_OF[library]
    users = {
        path.relative_to(PACKAGE) for path in SOURCES if any(name.split(".")[0] == library for name in _imported(path))
    }
    strangers = {user for user in users if not homes & {str(user), user.parts[0]}}
    assert not strangers


def test_mlflow_and_optuna_are_imported_inside_functions_only() -> None:
    for path in SOURCES:
        if path.name == "served.py":  # MLflow itself runs this file
            continue
        top = [
            node
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        names = [alias.name for node in top for alias in node.names] + [
            getattr(node, "module", "") or "" for node in top
        ]
        assert not any(name.split(".")[0] in {"mlflow", "optuna"} for name in names), path
