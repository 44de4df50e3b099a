"""Where a customer stands among all, as a few numbers that say it of anybody: nobody has to see everybody again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv_ml.decisions.ordering import Ordered, in_order
from clv_ml.engine import DataFrame, Engine, functions

_TIERS = ("high", "medium", "low")
_VALUE, _RISK = 0, 1


@dataclass(frozen=True)
class Standing:
    """The whole population, as far as a decision on one customer needs it.

    Attributes
    ----------
    customers
        How many there are.
    high_value, medium_value
        Smallest expected_clv of these tiers: ``high`` is the top share of those with a value, ``medium`` as many
        again, twice, and everybody else is ``low``. Equals of the last customer of a tier are in it too; minus
        infinity where the tier takes everybody.
    highest_risks, percentiles
        For each risk percentile that somebody has, ascending, the highest probability with it: 1,001 at most. The
        percentile is the share of customers with a lower or equal risk, in percent; equals share the middle of their
        places.
    """

    customers: int
    high_value: float
    medium_value: float
    highest_risks: Sequence[float]
    percentiles: Sequence[float]

    def of(self, scores: pd.DataFrame, main_score: str) -> pd.DataFrame:
        """Return value_tier and risk_percentile of customers who belong to the population, indexed like `scores`.

        The value is expected_clv: a big spender who left long ago is worth little now, and no call brings that back.
        """
        value = scores["expected_clv"].to_numpy(dtype=np.float64)
        tiers = np.select([value >= self.high_value, value >= self.medium_value], [0, 1], default=2)
        # everybody's probability lies within one of the steps, so that no row needs to be looked up
        step = np.searchsorted(np.asarray(self.highest_risks), scores[main_score].to_numpy(dtype=np.float64))
        return pd.DataFrame(
            {
                "value_tier": pd.Categorical.from_codes(tiers, list(_TIERS)),  # type: ignore[call-overload]
                "risk_percentile": np.append(self.percentiles, np.nan)[step],  # NaN is placed behind the last step
            },
            index=scores.index,
        )


def standing_of(scores: pd.DataFrame, *, main_score: str, high_value_share: float) -> Standing:
    """Measure a population in memory; see :func:`standing_among`."""
    value = scores["expected_clv"].to_numpy(dtype=np.float64)
    value = value[~np.isnan(value)]
    high, medium = (_value_at(value, place) for place in _last_places(len(value), high_value_share))
    risk = np.sort(scores[main_score].to_numpy(dtype=np.float64))
    risk = risk[: np.count_nonzero(~np.isnan(risk))]
    last = np.flatnonzero(np.append(risk[1:] != risk[:-1], True)[: len(risk)])  # of each run of equals
    first = np.concatenate([[0], last[:-1] + 1])[: len(last)]
    percentile = np.round(100.0 * (((first + last) / 2 + 1) / max(len(risk), 1)), 1)
    steps = np.flatnonzero(np.append(percentile[1:] != percentile[:-1], True)[: len(percentile)])
    return Standing(len(scores), high, medium, risk[last[steps]].tolist(), percentile[steps].tolist())


def _last_places(valued: int, share: float) -> tuple[float, float]:
    """Return the last place of the tiers high and medium, counted from the top."""
    high = max(1.0, float(np.ceil(share * valued)))
    return high, 3 * high


def _value_at(value: NDArray[np.float64], place: float) -> float:
    """Return the value at a place counted from the top; minus infinity where there are fewer."""
    if place > len(value):
        return -np.inf
    below = len(value) - int(place)
    return float(np.partition(value, below)[below])


def standing_among(engine: Engine, scores: DataFrame, *, main_score: str, high_value_share: float) -> Standing:
    """Measure a population on a cluster: what is collected is the numbers of :class:`Standing`.

    Parameters
    ----------
    scores
        A row a customer: `main_score` and expected_clv (null: not bought yet).
    high_value_share
        Share of those with a value in the tier `high`; twice as many are `medium`.
    """
    f = functions()
    values = _ranked(engine, scores, {_VALUE: "expected_clv", _RISK: main_score})
    valued = int(values.totals["valued"])
    everybody = int(values.totals["rows"]) - valued
    risks = values.rows.filter(f.col("kind") == _RISK)
    below = f.col("run_rows") - valued - f.col("rows")
    rank = below + (f.col("rows") + 1) / 2  # equals share the middle of their places
    percentile = f.rint(f.lit(100.0) * (rank / f.lit(float(everybody))) * 10) / 10
    steps = risks.withColumn("percentile", percentile).groupBy("percentile").agg(f.max("value").alias("highest"))
    found = engine.to_pandas(steps).sort_values("percentile")
    high, medium = _thresholds(engine, values, valued, high_value_share)
    return Standing(everybody, high, medium, tuple(found["highest"].tolist()), tuple(found["percentile"].tolist()))


def _thresholds(engine: Engine, values: Ordered, valued: int, share: float) -> tuple[float, float]:
    """Return the value of the last place of the tiers high and medium, counted from the top."""
    f = functions()
    places = _last_places(valued, share)
    at_least = f.lit(valued) - f.col("run_rows") + f.col("rows")  # customers with this value or a larger one
    wanted = [f.max(f.when(at_least >= place, f.col("value"))).alias(f"tier_{place:.0f}") for place in places]
    known = values.rows.filter(f.col("kind") == _VALUE).agg(*wanted)
    (found,) = engine.to_pandas(known).to_numpy(dtype=np.float64, na_value=-np.inf)
    return float(found[0]), float(found[1])


def _ranked(engine: Engine, scores: DataFrame, columns: Mapping[int, str]) -> Ordered:
    """Put the different values of columns in order, one column after the other, with how many customers have each."""
    f = functions()
    pairs = [f.struct(f.lit(kind).alias("kind"), f.col(name).alias("value")) for kind, name in columns.items()]
    each = scores.select(f.explode(f.array(*pairs)).alias("pair")).select("pair.kind", "pair.value")
    counted = each.filter("value is not null").groupBy("kind", "value").agg(f.count(f.lit(1)).alias("rows"))
    valued = f.when(f.col("kind") == _VALUE, f.col("rows")).otherwise(f.lit(0)).cast("bigint").alias("valued")
    rows = counted.select("kind", "value", f.col("rows").cast("bigint").alias("rows"), valued)
    return in_order(engine, rows, ["kind", "value"], sums=["rows", "valued"])
