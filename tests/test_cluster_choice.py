"""Who is contacted and listed, told of one customer at a time: as when everybody is sorted at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import RiskConfig
from clv_ml.decisions.cluster_choice import Border, ClusterChoice
from clv_ml.decisions.deciding import Decisions
from clv_ml.decisions.risk import listed_rows
from clv_ml.decisions.targeting import choose, profit_order


def assessed(n: int = 400) -> pd.DataFrame:
    """Customers of whom many are worth the same, some are in control, excluded or unknown."""
    draws = np.random.default_rng(5)
    profit = draws.integers(-20, 20, n) / 4
    profit[::9] = np.nan
    table = {
        "expected_net_profit": profit,
        "expected_saves": draws.random(n),
        "expected_cost": draws.random(n),
        "exclusion_reason": np.where(draws.random(n) < 0.2, "refused", ""),
        "is_control": draws.random(n) < 0.25,
    }
    ids = draws.permutation(n)
    return pd.DataFrame(table, index=pd.Index([f"c{number}" for number in ids], name="customer_id", dtype="str"))


def choice_of(table: pd.DataFrame, config: RiskConfig) -> ClusterChoice:
    """Find the borders in memory, as Spark finds them."""
    chosen = choose(table, capacity=config.capacity)
    profit = table["expected_net_profit"].to_numpy()
    ordered = table.iloc[profit_order(table.index, profit)[: int(table["expected_net_profit"].notna().sum())]]
    candidates = ordered[ordered["exclusion_reason"].eq("") & ~ordered["is_control"]]
    told = min(int(np.ceil(config.list_share * len(ordered))), config.list_rows)
    full = config.capacity is not None and chosen.best_n >= config.capacity
    return ClusterChoice(
        room=border(candidates, chosen.chosen_n) if full and chosen.chosen_n else None,
        told=border(ordered, told) if told else None,
        has_room=config.capacity != 0,
        curve=chosen.curve,
        best_n=chosen.best_n,
        chosen_n=chosen.chosen_n,
    )


def border(rows: pd.DataFrame, place: int) -> Border:
    return Border(float(rows["expected_net_profit"].iloc[place - 1]), str(rows.index[place - 1]))


@pytest.mark.parametrize("capacity", [None, 0, 1, 50, 10_000])
@pytest.mark.parametrize(("share", "most"), [(0.3, 20_000), (1.0, 37), (0.5, 0)])
def test_status_and_list_are_those_of_one_sort(capacity: int | None, share: float, most: int) -> None:
    table = assessed()
    config = RiskConfig(capacity=capacity, list_share=share, list_rows=most)
    chosen = choose(table, capacity=capacity)
    listed = listed_rows(Decisions(table.assign(action_status=chosen.status), chosen), config)
    choice = choice_of(table, config)
    for part in (table, table.iloc[::7], table.iloc[:1], table.iloc[:0]):
        told = part.assign(action_status=choice.status(part))
        assert told["action_status"].tolist() == chosen.status[part.index].astype("str").tolist()
        assert set(part.index[choice.listed(told)]) == set(part.index) & set(listed.index)
