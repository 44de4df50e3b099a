"""What the README says is so: its example runs, its figures are those of CDNOW."""

import datetime as dt
import re
from pathlib import Path

import pandas as pd
import pytest

from clv_ml.config import load_config
from clv_ml.evaluation.backtest import Backtest, backtest
from clv_ml.pipeline import prepare, silent
from clv_ml.reports.accuracy_words import GROUPS, SCORES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GROUP_OF = {words: name for name, words in GROUPS.items()}
SCORE_OF = {words: name for name, words in SCORES.items()}


@pytest.fixture(scope="module")
def judged() -> Backtest:
    """The main horizon of the demo's backtest; the classifiers of the other horizons do not touch it."""
    config = load_config(ROOT / "configs" / "demo.yaml", overrides=["churn.horizons_days=[90]"], environment={})
    with prepare(config, progress=silent) as prepared:
        return backtest(prepared.engine, prepared.tables, dt.date(1997, 12, 31), config, progress=silent)


def _table(text: str) -> list[list[str]]:
    lines = re.findall(r"^\| (?:all|eligible|repeat|top).*$", text, flags=re.MULTILINE)
    cells = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if len(row) == 12]  # the card has a table of gains too


@pytest.mark.parametrize("document", ["README.md", "models/cdnow.card.md"])
def test_the_accuracy_table_is_what_the_demo_measures(document: str, judged: Backtest) -> None:
    rows = _table((ROOT / document).read_text(encoding="utf-8"))
    assert len(rows) == 16
    measured = {(row["group"], row["score"]): row for row in judged.accuracy.to_dict("records")}
    for group, score, n, churned, auc, span, pr_auc, brier, ece, lift, value, empc in rows:
        row = measured[GROUP_OF[group], SCORE_OF[score]]
        assert int(n.replace(",", "")) == row["n"]
        assert float(churned.rstrip("%")) / 100 == pytest.approx(row["prevalence"], abs=0.0006)
        low, high = span.split("-")
        figures = [(auc, "auc", 3), (low, "auc_low", 3), (high, "auc_high", 3), (pr_auc, "pr_auc", 3)]
        figures += [(brier, "brier", 4), (ece, "ece", 3), (lift, "lift_at_10", 2), (empc, "empc", 2)]
        for told, name, digits in figures:
            # other processors may grow slightly different trees
            assert float(told) == pytest.approx(row[name], abs=5 * 10.0**-digits), (group, score, name)
        assert float(value) == pytest.approx(row["value_at_10"], abs=0.02)


def test_lightgbm_ranks_all_customers_of_cdnow_at_80_or_better(judged: Backtest) -> None:
    measured = {(row["group"], row["score"]): row["auc"] for row in judged.accuracy.to_dict("records")}
    assert measured["all", "lightgbm"] >= 0.80
    assert measured["all", "lightgbm"] > measured["all", "bgnbd"]


def test_the_list_holds_more_of_the_leavers_money_than_any_score_alone(judged: Backtest) -> None:
    by = judged.rankings.set_index("ranked_by")["value_at_10"]
    assert by["risk_list"] > by["expected_clv"] > by["value_at_risk"] > by["p_churn"]


def test_the_python_example_runs_and_says_what_it_says() -> None:
    [code] = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, object] = {}
    for line in code.splitlines():
        told = re.search(r"# (\d+\.\d)", line)
        if told:
            expression = line.split("#")[0]
            assert eval(expression, names) == pytest.approx(float(told.group(1)), abs=0.05)
        else:
            exec(line, names)
    assert isinstance(names["rfm"], pd.DataFrame)
