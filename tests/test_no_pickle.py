"""Nothing in the package, notebooks or configs can load code in the guise of data: read from the syntax tree."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# libraries whose loading runs what it loads
MODULES = {
    *("pickle", "cPickle", "_pickle", "pickle5", "dill", "joblib", "cloudpickle", "marshal", "shelve", "jsonpickle"),
    *("torch", "skops", "hickle", "klepto", "sklearn.externals"),
}
# names that run text, or load such files, wherever they come from
NAMES = {
    *("eval", "exec", "compile", "__import__", "runpy"),
    *("read_pickle", "to_pickle", "Unpickler", "allow_pickle"),
    *("unsafe_load", "unsafe_load_all", "full_load", "full_load_all"),
    *("UnsafeLoader", "FullLoader", "CLoader", "CUnsafeLoader", "CFullLoader"),
}
SAFE_LOADERS = {"SafeLoader", "CSafeLoader"}
# what is no builtin but bears the name of one: of patterns, and of a column's type in SQL
HARMLESS = {"re.compile", "column.type.compile"}


def found_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Name every place that could load code, with its line."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for name in _names(node):
            if name in NAMES or name in MODULES or name.split(".")[0] in MODULES:
                yield line, name
        if isinstance(node, ast.Call) and _dotted(node.func) in {"yaml.load", "yaml.load_all"} and not _is_safe(node):
            yield line, "yaml.load without SafeLoader"


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(alias.name for alias in node.names)]
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [] if _dotted(node) in HARMLESS else [node.attr]
    if isinstance(node, ast.keyword):
        off = isinstance(node.value, ast.Constant) and node.value.value is False
        return [] if off or node.arg is None else [node.arg]
    if isinstance(node, ast.Call) and _dotted(node.func).split(".")[-1] in {"import_module", "getattr", "find_spec"}:
        return [str(given.value) for given in node.args if isinstance(given, ast.Constant)]
    return []


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _is_safe(call: ast.Call) -> bool:
    given = [*call.args[1:], *(keyword.value for keyword in call.keywords if keyword.arg == "Loader")]
    return any(_dotted(value).split(".")[-1] in SAFE_LOADERS for value in given)


def sources() -> dict[str, str]:
    """Every Python text of the package, the configs and the notebooks, by a name that says where it is."""
    files = [*(ROOT / "clv_ml").rglob("*.py"), *(ROOT / "configs").rglob("*.py")]
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        # lines for the shell or the notebook itself are no Python
        texts |= {f"{path.name}[{at}]": re.sub(r"(?m)^\s*[%!].*$", "pass", text) for at, text in enumerate(code)}
    return texts


def test_nothing_loads_code_in_the_guise_of_data() -> None:
    texts = sources()
    assert len(texts) > 100
    assert any(".ipynb[" in name for name in texts)
    found = [
        f"{name}:{line}: {what}"
        for name, text in sorted(texts.items())
        for line, what in found_in(ast.parse(text, filename=name))
    ]
    assert not found, "\n".join(found)


def test_no_config_asks_yaml_for_an_object() -> None:
    files = [path for path in (ROOT / "configs").rglob("*") if path.suffix in {".yaml", ".yml"}]
    assert len(files) >= 5
    for path in files:
        assert "!!" not in path.read_text(encoding="utf-8"), path


def test_no_file_of_the_repository_is_a_pickle() -> None:
    for folder in ("clv_ml", "configs", "notebooks", "tests"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert path.suffix not in {".pkl", ".pickle", ".joblib", ".dill", ".npy", ".npz", ".pt", ".pth"}, path
                with path.open("rb") as file:
                    assert file.read(2)[:1] != b"\x80", path


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "import pickle as p",
        "from pickle import loads",
        "from dill import load",
        "import joblib.numpy_pickle",
        "from sklearn.externals import joblib",
        "import cloudpickle, json",
        "import marshal",
        "import shelve",
        "import torch",
        "importlib.import_module('pickle')",
        "__import__('pickle')",
        "getattr(pandas, 'read_pickle')(path)",
        "pd.read_pickle('x')",
        "from pandas import read_pickle as read",
        "frame.to_pickle('x')",
        "np.load('x', allow_pickle=True)",
        "np.load('x', allow_pickle=chosen)",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.load(text, yaml.FullLoader)",
        "yaml.load_all(text, Loader=yaml.UnsafeLoader)",
        "yaml.unsafe_load(text)",
        "from yaml import full_load",
        "eval(text)",
        "exec(text)",
        "run = eval",
        "builtins.exec(text)",
        "compile(text, 'x', 'exec')",
    ],
)
def test_the_check_finds(text: str) -> None:
    assert list(found_in(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "import json\njson.loads(text)",
        "yaml.safe_load(text)",
        "yaml.load(text, Loader=yaml.SafeLoader)",
        "yaml.load(text, yaml.CSafeLoader)",
        "np.load('x', allow_pickle=False)",
        "re.compile('x')",
        "evaluate(text)",
        "'pickle'",
    ],
)
def test_the_check_leaves_alone(text: str) -> None:
    assert not list(found_in(ast.parse(text)))
