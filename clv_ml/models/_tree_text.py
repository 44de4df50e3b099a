"""What LightGBM's text parser may be given: it trusts the text, and a wrong index there reads foreign memory.

The text is checked line by line against the one form that LightGBM 4 writes, before LightGBM sees it: the keys and
their order, the length of every list, every value finite, every feature and every child within bounds, and each tree
a tree (each node reached once, so that no prediction walks in a circle).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Collection, Sequence
from typing import Final

MAX_LEAVES: Final = 1024  # of a tree; training grows 63 at most
MAX_DEPTH: Final = 256
MAX_TREES: Final = 20_000

_NUMBER = r"-?\d{1,20}(?:\.\d{1,25})?(?:[eE][-+]?\d{1,3})?"
_INTEGER = r"-?\d{1,10}"
# a threshold is infinite where a split parts the missing values from all others; what nobody predicts with may be
# anything LightGBM writes
_ENDLESS = ("threshold", "split_gain", "leaf_weight", "internal_value", "internal_weight")
_HEAD = (
    ("version", r"v4"),
    ("num_class", r"1"),
    ("num_tree_per_iteration", r"1"),
    ("label_index", r"0"),
    ("max_feature_idx", r"\d{1,6}"),
    ("objective", r"binary sigmoid:1"),
    ("feature_names", r"[^=\0]+"),
    ("monotone_constraints", r"-?[01](?: -?[01])*"),  # only where there are any
    ("feature_infos", r"[^=\0]+"),
    ("tree_sizes", r"\d{1,9}(?: \d{1,9})*"),
)
_INFO = re.compile(rf"none|\[{_NUMBER}:{_NUMBER}\]|{_INTEGER}(?::{_INTEGER})*")
# each list of a tree: whether it holds whole numbers, and its length where the tree has L leaves
_SPLITS = (
    ("split_feature", True),
    ("split_gain", False),
    ("threshold", False),
    ("decision_type", True),
    ("left_child", True),
    ("right_child", True),
)
_LEAVES = (("leaf_value", False), ("leaf_weight", False), ("leaf_count", True))
_NODES = (("internal_value", False), ("internal_weight", False), ("internal_count", True))
_PARAMETER = re.compile(r"\[([a-z_0-9]{1,64}): ([\w.,:+ -]*)\]")
_FIXED = {"boosting": "gbdt", "objective": "binary", "linear_tree": "0"}  # of the parameters, what LightGBM acts on
_IMPORTANCE = re.compile(r".+=\d{1,9}")
_CATEGORICAL, _HIGHEST_DECISION = 1, 11


class _Lines:
    """Lines of a text, taken one by one."""

    def __init__(self, text: str, where: str) -> None:
        self._lines = text.split("\n")
        self._at = 0
        self._where = where

    def take(self) -> str:
        if self._at == len(self._lines):
            raise ValueError(f"{self._where} ends too early")
        self._at += 1
        return self._lines[self._at - 1]

    def peek(self) -> str:
        return self._lines[self._at] if self._at < len(self._lines) else ""

    def expect(self, *wanted: str) -> None:
        for line in wanted:
            found = self.take()
            if found != line:
                raise ValueError(f"{self._where}: {line!r} is wanted, found {found[:60]!r}")

    def value(self, key: str, pattern: str) -> str:
        line = self.take()
        name, _, value = line.partition("=")
        if name != key or not re.fullmatch(pattern, value):
            raise ValueError(f"{self._where}: {key} is wanted, found {line[:60]!r}")
        return value

    def numbers(self, key: str, count: int, *, whole: bool) -> list[float]:
        """Take a list of exactly so many numbers."""
        one = _INTEGER if whole else f"(?:{_NUMBER}|-?inf)" if key in _ENDLESS else _NUMBER
        text = self.value(key, rf"(?:{one}(?: {one})*)?")
        found = [int(part) if whole else float(part) for part in text.split()]
        if len(found) != count or (key not in _ENDLESS and not all(map(math.isfinite, found))):
            raise ValueError(f"{self._where}: {key} must hold {count} numbers, found {len(found)}")
        return found


def check_tree_text(text: str, *, features: Sequence[str], categories: Collection[int] = ()) -> None:
    """Check that a text is what LightGBM writes of one binary classifier, over these features.

    Parameters
    ----------
    features
        Names in the order of the columns, spelled as LightGBM keeps them.
    categories
        Positions of those that hold codes of categories.

    Raises
    ------
    ValueError
        The message names the place and what is wrong with it.
    """
    if "\0" in text or "\r" in text:
        raise ValueError("holds characters that no model text has")
    content = text.encode()
    head, mark, _ = content.partition(b"\n\nTree=0\n")
    if not mark:
        raise ValueError("holds no tree")
    sizes = _check_head(head.decode(), features)
    body, at = content[len(head) + 2 :], 0
    for number, size in enumerate(sizes):
        _check_tree(body[at : at + size], number, len(features), set(categories))
        at += size
    _check_tail(body[at:])


def _check_head(text: str, features: Sequence[str]) -> list[int]:
    """Check what stands before the trees; return how many bytes each tree has."""
    lines = _Lines(text, "the head")
    lines.expect("tree")
    found = {
        key: lines.value(key, pattern)
        for key, pattern in _HEAD
        if key != "monotone_constraints" or lines.peek().startswith(key)
    }
    if lines.peek():
        raise ValueError(f"the head: nothing more is wanted, found {lines.peek()[:60]!r}")
    names = found["feature_names"].split(" ")
    if names != list(features):
        differing = [name for name in names if name not in features] or names
        raise ValueError(f"its features differ from those of the manifest ({', '.join(differing[:5])[:200]})")
    infos = found["feature_infos"].split(" ")
    signs = found.get("monotone_constraints", " ".join("0" for _ in names)).split(" ")
    if int(found["max_feature_idx"]) + 1 != len(names) or len(infos) != len(names) or len(signs) != len(names):
        raise ValueError(f"the head: max_feature_idx, feature_infos or monotone_constraints is not of {len(names)}")
    if not all(_INFO.fullmatch(info) for info in infos):
        raise ValueError("the head: feature_infos holds something else than ranges and categories")
    sizes = [int(size) for size in found["tree_sizes"].split(" ")]
    if len(sizes) > MAX_TREES:
        raise ValueError(f"holds {len(sizes)} trees; {MAX_TREES} are allowed")
    return sizes


def _check_tree(block: bytes, number: int, features: int, categories: set[int]) -> None:
    lines = _Lines(block.decode(), f"tree {number}")
    lines.expect(f"Tree={number}")
    leaves = int(lines.value("num_leaves", r"[1-9]\d{0,5}"))
    if leaves > MAX_LEAVES:
        raise ValueError(f"tree {number} has {leaves} leaves; {MAX_LEAVES} are allowed")
    categorical = int(lines.value("num_cat", r"\d{1,5}"))
    split = {key: lines.numbers(key, leaves - 1, whole=whole) for key, whole in _SPLITS}
    for key, whole in _LEAVES:
        # a tree of one leaf tells no weight
        lines.numbers(key, 0 if leaves == 1 and key == "leaf_weight" else leaves, whole=whole)
    for key, whole in _NODES:
        lines.numbers(key, leaves - 1, whole=whole)
    if categorical:
        bounds = lines.numbers("cat_boundaries", categorical + 1, whole=True)
        if bounds[0] != 0 or any(after <= before for before, after in itertools.pairwise(bounds)):
            raise ValueError(f"tree {number}: cat_boundaries do not ascend from 0")
        words = lines.numbers("cat_threshold", int(bounds[-1]), whole=True)
        if not all(0 <= word < 2**32 for word in words):
            raise ValueError(f"tree {number}: cat_threshold holds something else than words of 32 bits")
    lines.value("is_linear", "0")
    lines.value("shrinkage", _NUMBER)
    lines.expect("", "", "")
    if lines.peek():
        raise ValueError(f"tree {number}: nothing more is wanted, found {lines.peek()[:60]!r}")
    _check_splits(split, number, features, categories, categorical)
    _check_shape(split["left_child"], split["right_child"], number)


def _check_splits(
    split: dict[str, list[float]], number: int, features: int, categories: set[int], categorical: int
) -> None:
    for feature, threshold, decision in zip(
        split["split_feature"], split["threshold"], split["decision_type"], strict=True
    ):
        if not 0 <= feature < features:
            raise ValueError(f"tree {number}: splits on feature {feature} of {features}")
        by_category = int(decision) & _CATEGORICAL
        if not 0 <= decision <= _HIGHEST_DECISION or bool(by_category) != (feature in categories):
            raise ValueError(f"tree {number}: decision_type {decision} does not suit feature {feature}")
        if by_category and threshold not in range(categorical):
            raise ValueError(f"tree {number}: threshold {threshold} is none of its {categorical} sets of categories")


def _check_shape(left: list[float], right: list[float], number: int) -> None:
    """Check that the children form one tree: every node and leaf reached once, from the first."""
    splits = len(left)
    seen: set[int] = set()
    waiting = [(0, 1)] if splits else []
    while waiting:
        node, depth = waiting.pop()
        if not -splits - 1 <= node < splits or node in seen or depth > MAX_DEPTH:
            raise ValueError(f"tree {number}: its nodes do not form a tree (node {node}, depth {depth})")
        seen.add(node)
        if node >= 0:
            waiting += [(int(left[node]), depth + 1), (int(right[node]), depth + 1)]
    # so many different ones within bounds are all of them
    if splits and len(seen) != 2 * splits + 1:
        raise ValueError(f"tree {number}: {2 * splits + 1 - len(seen)} nodes are never reached")


def _check_tail(content: bytes) -> None:
    """Check what follows the trees: importances, the parameters of the training, and no categories of pandas."""
    lines = _Lines(content.decode(), "the end")
    lines.expect("end of trees", "", "feature_importances:")
    while lines.peek():
        if not _IMPORTANCE.fullmatch(line := lines.take()):
            raise ValueError(f"the end: an importance is wanted, found {line[:60]!r}")
    lines.expect("", "parameters:")
    while lines.peek():
        known = _PARAMETER.fullmatch(line := lines.take())
        if not known or _FIXED.get(known[1], known[2]) != known[2]:
            raise ValueError(f"the end: a parameter is wanted, found {line[:60]!r}")
    lines.expect("", "end of parameters", "", "pandas_categorical:null", "")
    if lines.peek():
        raise ValueError(f"the end: nothing more is wanted, found {lines.peek()[:60]!r}")
