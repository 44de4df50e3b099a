"""The forecast by cohort of customers on a cluster: the workers sum, and what comes back are sums."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from clv_ml.config import Config
from clv_ml.decisions.cluster_columns import CUSTOMER, KNOWN, SCORED, columns_of, gathered, mapped
from clv_ml.decisions.cluster_work import Batches
from clv_ml.engine import DataFrame, Engine
from clv_ml.errors import DataError
from clv_ml.evaluation.bands import Floats
from clv_ml.evaluation.forecast import churn_sums, forecast_of_sums
from clv_ml.evaluation.forecast_error import ForecastError
from clv_ml.models.bundle import Bundle
from clv_ml.models.cohort_sums import CohortSum, CohortSums, expected_buyers, rarest_customer, sums_of_part
from clv_ml.models.customer_kinds import customer_kinds
from clv_ml.models.shipment import Shipment
from clv_ml.models.training_rows import buyers
from clv_ml.pipeline.forecasting import cohort_labels, forecast_columns

_SUMS = ("purchases", "spend", "active")


@dataclass(frozen=True)
class Summing:
    """What the workers need to know beside their rows.

    Attributes
    ----------
    cohorts
        Names, sorted; empty as long as they are not known.
    rarest
        See :func:`clv_ml.models.cohort_sums.rarest_customer`.
    """

    shipment: Shipment
    cohort_by: str
    horizons: tuple[int, ...]
    from_classifier: bool
    cohorts: tuple[str, ...] = ()
    rarest: float = 0.0


def forecast_on_cluster(
    engine: Engine, scored: DataFrame, bundle: Bundle, *, config: Config, error: ForecastError | None
) -> pd.DataFrame:
    """Forecast the cohorts of scored customers; see :func:`clv_ml.evaluation.forecast.cohort_forecast`.

    What is collected is a row for each cohort and partition, and of sums a row for each partition.

    Parameters
    ----------
    scored
        Features and scores of everybody, each under its role
        (:func:`clv_ml.pipeline.cluster_list.scored_frame`).

    Raises
    ------
    DataError
        If nobody has bought.
    """
    horizons = tuple(sorted(set(config.forecast.horizons_days)))
    chosen = {f"{KNOWN}{name}" for name in forecast_columns(config)} | {f"{SCORED}p_churn_{days}d" for days in horizons}
    rows = scored.select(CUSTOMER, *(name for name in scored.columns if name in chosen))
    told = config.forecast.churn_from == "classifier"
    summing = Summing(Shipment.of(bundle), config.forecast.cohort_by, horizons, told)
    count = functools.partial(counted_cohorts, summing=summing)
    counted = engine.to_pandas(mapped(rows, count, {"cohort": "string", "buyers": "double"}))
    if counted.empty:
        raise DataError("no customer has bought yet: there is nothing to forecast from")
    names = tuple(sorted(counted["cohort"].unique()))
    rarest = rarest_customer(math.fsum(counted["buyers"]), len(names))
    known = Summing(summing.shipment, summing.cohort_by, horizons, told, names, rarest)
    parts = engine.to_arrow(mapped(rows, functools.partial(summed_cohorts, summing=known), {"sums": "array<double>"}))
    # summed exactly, so that it does not matter which part comes first
    total = np.array([math.fsum(column) for column in zip(*parts["sums"].to_pylist(), strict=True)])
    sums, active = unpacked(total, len(names), horizons, told=_told(scored, horizons) if told else ())
    return forecast_of_sums(names, horizons, sums, active, value=config.value, error=error)


def counted_cohorts(batches: Batches, *, summing: Summing) -> Batches:
    """Name the cohorts of one part, and how many in each are expected to buy."""
    found: dict[str, float] = {}
    for customers, labels, _ in _bought(batches, summing):
        models = summing.shipment.bundle().models
        for cohort, rows in customers.groupby(labels.to_numpy()):
            kinds = customer_kinds(rows, np.zeros(len(rows), dtype=np.intp))
            expected = expected_buyers(models.purchases, kinds, horizon_days=summing.horizons[-1])
            found[str(cohort)] = found.get(str(cohort), 0.0) + expected
    yield pa.RecordBatch.from_arrays(
        [pa.array(list(found), pa.string()), pa.array(list(found.values()), pa.float64())], ["cohort", "buyers"]
    )


def summed_cohorts(batches: Batches, *, summing: Summing) -> Batches:
    """Sum the forecasts of one part by cohort, in one row of numbers."""
    total: Floats | None = None
    place = {name: number for number, name in enumerate(summing.cohorts)}
    for customers, labels, scores in _bought(batches, summing):
        models, n = summing.shipment.bundle().models, len(summing.cohorts)
        member = np.array([place[label] for label in labels], dtype=np.intp)
        sums = sums_of_part(
            models.purchases,
            models.spend,
            customer_kinds(customers, member),
            n_cohorts=n,
            horizons_days=summing.horizons,
            rarest=summing.rarest,
        )
        stays = churn_sums(scores, member, n, summing.horizons) if summing.from_classifier else {}
        row = packed(sums, stays)
        total = row if total is None else total + row
    rows = [] if total is None else [total.tolist()]
    yield pa.RecordBatch.from_arrays([pa.array(rows, pa.list_(pa.float64()))], ["sums"])


def packed(sums: CohortSums, stays: dict[int, tuple[Floats, Floats]]) -> Floats:
    """Put sums into one row of numbers."""
    parts = [sums.customers, sums.covariance, sums.log_nobody]
    for name in _SUMS:
        part: CohortSum = getattr(sums, name)
        parts += [part.mean, part.variance, part.shifts]
    parts += [values for days in sorted(stays) for values in stays[days]]
    return np.concatenate([np.ravel(part) for part in parts])


def unpacked(
    row: Floats, n_cohorts: int, horizons: Sequence[int], *, told: Sequence[int]
) -> tuple[CohortSums, dict[int, tuple[Floats, Floats]]]:
    """Take sums out of a row of numbers that :func:`packed` has made; `told`: the horizons a classifier knows."""
    cells = (n_cohorts + 1, len(horizons))
    known = len(told) * 2 * n_cohorts
    shifts = (len(row) - known - cells[0] - cells[0] * cells[1] * 8) // (3 * cells[0] * cells[1])
    position = 0

    def take(*shape: int) -> Floats:
        nonlocal position
        position += math.prod(shape)
        return row[position - math.prod(shape) : position].reshape(shape)

    customers, covariance, nobody = take(cells[0]), take(*cells), take(*cells)
    purchases, spend, active = (CohortSum(take(*cells), take(*cells), take(*cells, shifts)) for _ in _SUMS)
    stays = {days: (take(n_cohorts), take(n_cohorts)) for days in sorted(told)}
    return CohortSums(customers, purchases, spend, active, covariance, nobody), stays


def _told(scored: DataFrame, horizons: Sequence[int]) -> list[int]:
    return [days for days in horizons if f"{SCORED}p_churn_{days}d" in scored.columns]


def _bought(batches: Batches, summing: Summing) -> Iterator[tuple[pd.DataFrame, pd.Series[str], pd.DataFrame]]:
    """Yield features, cohorts and scores of those who have bought."""
    for table in gathered(batches):
        everybody = columns_of(table, KNOWN)
        bought = everybody["frequency"].notna().to_numpy()
        if bought.any():
            labels = cohort_labels(everybody, summing.cohort_by).astype(str)
            yield buyers(everybody), labels, columns_of(table, SCORED)[bought]
