"""A config as text with reasons."""

import doctest

import yaml

from clv_ml.pipeline import commented
from clv_ml.pipeline.commented import Reasoned, commented_yaml, plain_value

TREE: commented.Tree = {
    "name": Reasoned("shop", "short"),
    "transactions": {
        "sources": [
            {"path": Reasoned("a: b.csv", "long " * 40), "columns": {"customer_id": Reasoned("Käufer #1")}},
            {"path": Reasoned("no"), "decimal": Reasoned(","), "thousands": Reasoned(".")},
        ]
    },
    "churn": {"horizons_days": Reasoned([30, 60], "two\nlines: # and more")},
    "capacity": Reasoned(None),
}


def test_the_examples_hold() -> None:
    assert doctest.testmod(commented).failed == 0


def test_what_is_read_back_is_what_was_said_whatever_the_reasons() -> None:
    text = commented_yaml(TREE, "A head\nof two lines.")
    assert yaml.safe_load(text) == plain_value(TREE)


def test_no_line_is_longer_than_a_screen_and_reasons_stand_beside_or_above() -> None:
    lines = commented_yaml(TREE, "Head.").splitlines()
    assert all(len(line) <= 120 for line in lines)
    assert "name: shop  # short" in lines
    assert lines[lines.index("  horizons_days: [30, 60]") - 1] == "  # lines: # and more"
