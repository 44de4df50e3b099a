"""Whom to contact of customers on a cluster: :func:`clv_ml.decisions.targeting.choose` as two borders in one order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.config import RiskConfig
from clv_ml.decisions.ordering import PLACE, in_order
from clv_ml.decisions.targeting import curve_points
from clv_ml.engine import Column, DataFrame, Engine, functions

_SUMS = ("candidates", "paying", "cost", "saves", "profit")


@dataclass(frozen=True)
class Border:
    """The last customer inside, in the order of expected profit (most first, equals by customer_id)."""

    profit: float
    customer_id: str

    def holds(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Tell of each customer with a profit whether they come up to here."""
        profit = table["expected_net_profit"].to_numpy(dtype=np.float64)
        ids = table.index.to_numpy(dtype=object)
        same = profit == self.profit
        first = np.array([name <= self.customer_id for name in ids[same]], dtype=bool)
        inside: NDArray[np.bool_] = profit > self.profit
        inside[same] = first
        return inside


@dataclass(frozen=True)
class ClusterChoice:
    """Who is contacted and who is listed, told of one customer at a time.

    Attributes
    ----------
    room
        The last customer that the capacity reaches; None where it reaches everybody who pays.
    told
        The last customer that the list tells of though there is nothing to do; None where it tells of none.
    has_room
        Whether the capacity is above 0.
    curve, best_n, chosen_n
        See :class:`clv_ml.decisions.targeting.Chosen`.
    """

    room: Border | None
    told: Border | None
    has_room: bool
    curve: pd.DataFrame
    best_n: int
    chosen_n: int

    def status(self, table: pd.DataFrame) -> pd.Series[str]:
        """Name what becomes of customers, from what :func:`clv_ml.decisions.deciding.assess` says of them."""
        profit = table["expected_net_profit"].to_numpy(dtype=np.float64)
        free = table["exclusion_reason"].eq("").to_numpy(dtype=bool) & ~np.isnan(profit)
        reached = np.full(len(table), self.has_room) if self.room is None else self.room.holds(table)
        cases = [~free, ~(profit > 0), ~reached, table["is_control"].to_numpy(dtype=bool)]
        names = ["excluded", "not_profitable", "over_capacity", "control"]
        told = np.select(cases, names, default="contact")
        return pd.Series(told, index=table.index, name="action_status", dtype="str")

    def listed(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Tell who is on the list, from the same table with action_status."""
        worked = table["action_status"].isin(("contact", "control")).to_numpy(dtype=bool)
        return worked if self.told is None else worked | self.told.holds(table)


def choose_on_cluster(engine: Engine, assessed: DataFrame, *, config: RiskConfig) -> ClusterChoice:
    """Choose the contacts that earn most, as many as there is room for.

    Parameters
    ----------
    assessed
        A row a customer: customer_id, expected_net_profit (null: unknown), expected_saves, expected_cost,
        exclusion_reason (empty where there is none), is_control.
    """
    f = functions()
    profit = f.col("expected_net_profit")
    candidate = (f.col("exclusion_reason") == "") & ~f.col("is_control")

    def of_candidates(amount: Column) -> Column:
        return f.when(candidate, amount).otherwise(f.lit(0).cast("double"))

    whole = {"candidates": candidate, "paying": candidate & (profit > 0)}
    amounts = {"cost": f.col("expected_cost"), "saves": f.col("expected_saves"), "profit": profit}
    ordered = in_order(
        engine,
        assessed.filter(profit.isNotNull()).select(
            (-profit).alias("order_key"),
            "customer_id",
            *(condition.cast("int").cast("bigint").alias(name) for name, condition in whole.items()),
            *(of_candidates(amount).alias(name) for name, amount in amounts.items()),
        ),
        ["order_key", "customer_id"],
        sums=_SUMS,
    )
    best = int(ordered.totals["paying"])
    chosen = best if config.capacity is None else min(best, config.capacity)
    points = curve_points(int(ordered.totals["candidates"]), best=best, chosen=chosen)
    told = min(int(np.ceil(config.list_share * ordered.totals[PLACE])), config.list_rows)
    running = ordered.rows
    reached = running.filter("candidates = 1").join(
        f.broadcast(engine.from_pandas(pd.DataFrame({"run_candidates": points}))), on="run_candidates", how="leftsemi"
    )
    on_curve = engine.to_pandas(reached).set_index("run_candidates").sort_index()
    last_told = engine.to_pandas(running.filter(f.col(PLACE) == told)) if told else None
    full = config.capacity is not None and best >= config.capacity
    return ClusterChoice(
        room=_border(on_curve.loc[[chosen]]) if full and chosen else None,
        told=None if last_told is None else _border(last_told),
        has_room=config.capacity != 0,
        curve=_curve(on_curve, best=best, chosen=chosen),
        best_n=best,
        chosen_n=chosen,
    )


def _border(row: pd.DataFrame) -> Border:
    return Border(-float(row["order_key"].iloc[0]), str(row["customer_id"].iloc[0]))


def _curve(reached: pd.DataFrame, *, best: int, chosen: int) -> pd.DataFrame:
    """Lay out the curve from the sums over the candidates up to each of its points; nobody contacted comes first."""
    names = {"cost": "run_cost", "expected_saves": "run_saves", "expected_profit": "run_profit"}
    names["marginal_profit"] = "profit"
    sums = reached[list(names.values())].set_axis(list(names), axis="columns")
    nobody = pd.DataFrame(0.0, index=[0], columns=list(names))
    curve = pd.concat([nobody, sums]).rename_axis("n").reset_index()
    return curve.assign(is_best=curve["n"] == best, is_chosen=curve["n"] == chosen)
