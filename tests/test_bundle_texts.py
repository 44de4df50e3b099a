"""Texts of trees that LightGBM would trust: each of these would read foreign memory, loop, or end the process."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from bundle_data import FEATURES, small_text

from clv_ml.models import _tree_text
from clv_ml.models._tree_text import check_tree_text


@pytest.fixture(scope="module")
def text() -> str:
    return small_text()


def _resized(text: str) -> str:
    """Bring the sizes of the trees up to date, so that what was edited inside them is what is found."""
    sizes = [len(tree.encode()) for tree in re.findall(r"(?s)Tree=\d+\n.*?\n\n\n", text)]
    return re.sub(r"tree_sizes=.*", f"tree_sizes={' '.join(map(str, sizes))}", text, count=1)


def _line(key: str, change: Callable[[list[str]], list[str]]) -> Callable[[str], str]:
    """Edit the first line of a key, value by value."""

    def edit(text: str) -> str:
        [(before, values)] = re.findall(rf"(?m)^({key}=)(.*)$", text)[:1]
        return text.replace(before + values, before + " ".join(change(values.split(" "))), 1)

    return edit


def _first(value: str) -> Callable[[list[str]], list[str]]:
    return lambda values: [value, *values[1:]]


def test_what_lightgbm_writes_passes(text: str) -> None:
    check_tree_text(text, features=FEATURES, categories=[1])
    # one leaf only, where nothing could be split
    check_tree_text(small_text(rounds=1, leaves=2), features=FEATURES, categories=[1])


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (_line("split_feature", _first("3")), "splits on feature 3 of 3"),
        (_line("split_feature", _first("-1")), "splits on feature -1 of 3"),
        (_line("split_feature", _first("2147483647")), "splits on feature 2147483647"),
        (_line("left_child", _first("99")), "do not form a tree"),
        (_line("left_child", _first("-99")), "do not form a tree"),
        (_line("left_child", _first("0")), "do not form a tree"),
        (_line("right_child", lambda values: [values[-1], *values[1:]]), "do not form a tree|never reached"),
        (_line("left_child", lambda values: values[:-1]), "left_child must hold"),
        (_line("leaf_value", lambda values: [*values, "1"]), "leaf_value must hold"),
        (_line("leaf_value", _first("nan")), "leaf_value is wanted"),
        (_line("leaf_value", _first("inf")), "leaf_value is wanted"),
        (_line("leaf_value", _first("1e999")), "leaf_value must hold"),
        (_line("threshold", _first("nan")), "threshold is wanted"),
        (_line("decision_type", _first("12")), "does not suit"),
        (_line("decision_type", lambda values: [str(int(value) ^ 1) for value in values]), "does not suit"),
        (_line("cat_boundaries", lambda values: [*values[:-1], "999999"]), "cat_threshold must hold"),
        (_line("cat_boundaries", lambda values: ["1", *values[1:]]), "do not ascend from 0"),
        (_line("cat_threshold", _first("-1")), "words of 32 bits"),
        (_line("cat_threshold", _first("4294967296")), "words of 32 bits"),
        (_line("num_cat", _first("0")), "is_linear is wanted"),
        (_line("num_cat", _first("7")), "cat_boundaries must hold"),
        (_line("num_leaves", _first("999999")), "999999 leaves; 1024 are allowed"),
        (_line("num_leaves", _first("0")), "num_leaves is wanted"),
        (_line("num_leaves", _first("3")), "must hold"),
        (_line("is_linear", _first("1")), "is_linear is wanted"),
        (_line("shrinkage", _first("x")), "shrinkage is wanted"),
    ],
)
def test_a_tree_that_is_none_is_refused(text: str, edit: Callable[[str], str], said: str) -> None:
    edited = _resized(edit(text))
    assert edited != text
    with pytest.raises(ValueError, match=said):
        check_tree_text(edited, features=FEATURES, categories=[1])


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (_line("tree_sizes", _first("5")), "is wanted"),
        (_line("tree_sizes", _first("999999")), "ends too early|nothing more is wanted|is wanted"),
        (_line("tree_sizes", lambda values: values[:-1]), "end of trees"),
        (_line("tree_sizes", lambda values: [*values, "100"]), "is wanted|ends too early"),
        (_line("version", _first("v3")), "version is wanted"),
        (_line("num_class", _first("2")), "num_class is wanted"),
        (_line("objective", lambda values: ["regression"]), "objective is wanted"),
        (_line("max_feature_idx", _first("7")), "max_feature_idx"),
        (_line("feature_infos", lambda values: values[:-1]), "feature_infos"),
        (_line("feature_infos", _first("[x:1]")), "ranges and categories"),
        (_line("monotone_constraints", lambda values: values[:-1]), "monotone_constraints"),
        (_line("feature_names", lambda values: [*values[:-1], "visits"]), "differ from those of the manifest"),
        (lambda text: text.replace("[linear_tree: 0]", "[linear_tree: 1]"), "a parameter is wanted"),
        (lambda text: text.replace("[boosting: gbdt]", "[boosting: dart]"), "a parameter is wanted"),
        (lambda text: text.replace("[seed: ", '[seed": '), "a parameter is wanted"),
        (lambda text: text.replace("pandas_categorical:null", "pandas_categorical:[[1]]"), "pandas_categorical"),
        (lambda text: text.replace("end of trees", ""), "end of trees"),
        (lambda text: text + "more\n", "is wanted"),
        (lambda text: text.replace("Tree=1", "Tree=2"), "Tree=1"),
        (lambda text: text.replace("tree\n", "", 1), "'tree' is wanted"),
        (lambda text: text.replace("\n", "\r\n"), "characters that no model text has"),
        (lambda text: text.replace("num_leaves", "num\0leaves"), "characters that no model text has"),
        (lambda text: text[:200], "holds no tree"),
        (lambda text: "", "holds no tree"),
    ],
)
def test_a_text_that_is_none_is_refused(text: str, edit: Callable[[str], str], said: str) -> None:
    assert edit(text) != text
    with pytest.raises(ValueError, match=said):
        check_tree_text(edit(text), features=FEATURES, categories=[1])


def test_a_category_that_the_manifest_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not suit feature 1"):
        check_tree_text(text, features=FEATURES, categories=[])


def test_a_tree_as_deep_as_a_list_and_trees_without_end_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tree_text, "MAX_DEPTH", 2)
    with pytest.raises(ValueError, match="do not form a tree"):
        check_tree_text(text, features=FEATURES, categories=[1])
    monkeypatch.setattr(_tree_text, "MAX_TREES", 1)
    with pytest.raises(ValueError, match="holds 2 trees; 1 are allowed"):
        check_tree_text(text, features=FEATURES, categories=[1])
