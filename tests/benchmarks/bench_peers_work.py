# ruff: noqa: T201  (the figures are printed, for the process that started this one)
"""One run from raw Parquet to a file of values, by one package: ``python bench_peers_work.py NAME ORDERS CUTOFF OUT``.

Run by bench_peers.py in the environment of the package; prints one line of JSON. Each peer is used as its own guide
shows, on the columns it needs, and asked for the same: purchases and value of the next year, discounted.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable

YEARLY = 0.10


class Clock:
    """Seconds by stage, by the clock and of the processor, from the start of the process's own work."""

    def __init__(self) -> None:
        self.stages: dict[str, tuple[float, float]] = {}
        self._since = time.perf_counter(), time.process_time()

    def __call__(self, stage: str) -> None:
        """End a stage."""
        now = time.perf_counter(), time.process_time()
        self.stages[stage] = now[0] - self._since[0], now[1] - self._since[1]
        self._since = now


def clv_ml(orders: str, cutoff: str, out: str, clock: Clock) -> dict[str, float]:
    """This package."""
    from clv_ml import write_values

    clock("import")
    names = iter(("read and summarise", "fit"))
    found = write_values(
        orders,
        out,
        cutoff=cutoff,
        annual_discount_rate=YEARLY,
        progress=lambda line: None if line.startswith("reading") else clock(next(names)),
    )
    clock("predict and write")
    return {**found.purchases.params_, **found.spend.params_}


def lifetimes(orders: str, cutoff: str, out: str, clock: Clock) -> dict[str, float]:
    """The lifetimes package, in days; its months are of 30 days."""
    import pandas as pd
    from lifetimes import BetaGeoFitter, GammaGammaFitter
    from lifetimes.utils import summary_data_from_transaction_data

    clock("import")
    rows = pd.read_parquet(orders, columns=["customer_id", "timestamp", "amount"])
    clock("read")
    table = summary_data_from_transaction_data(
        rows, "customer_id", "timestamp", "amount", observation_period_end=cutoff, freq="D"
    )
    del rows
    clock("summarise")
    x, t_x, age = table["frequency"], table["recency"], table["T"]
    purchases = BetaGeoFitter().fit(x, t_x, age)
    again = table[(x > 0) & (table["monetary_value"] > 0)]
    spend = GammaGammaFitter().fit(again["frequency"], again["monetary_value"])
    clock("fit")
    table["p_alive"] = purchases.conditional_probability_alive(x, t_x, age)
    table["expected_purchases"] = purchases.conditional_expected_number_of_purchases_up_to_time(365, x, t_x, age)
    table["expected_spend"] = spend.conditional_expected_average_profit(x, table["monetary_value"])
    table["expected_clv"] = spend.customer_lifetime_value(
        purchases, x, t_x, age, table["monetary_value"], time=12, discount_rate=(1 + YEARLY) ** (1 / 12) - 1, freq="D"
    )
    clock("predict")
    table.to_parquet(out)
    clock("write")
    return {**purchases.params_, **spend.params_}


def clvkit(orders: str, cutoff: str, out: str, clock: Clock) -> dict[str, float]:
    """The clvkit package, in weeks of whole days: in days its sum over a year takes seven times as long."""
    import pandas as pd
    from clvkit import CLV, CustomerBase  # type: ignore[import-not-found]

    clock("import")
    rows = pd.read_parquet(orders, columns=["customer_id", "timestamp", "amount"])
    clock("read")
    base = CustomerBase.from_transactions(
        rows,
        "customer_id",
        "timestamp",
        "amount",
        time_unit="W",
        collapse="D",
        observation_period_end=f"{cutoff} 23:59:59",
    )
    del rows
    clock("summarise")
    model = CLV(check_independence=False).fit(base)
    clock("fit")
    result = model.predict(horizon=52, discount_rate=(1 + YEARLY) ** (1 / 52) - 1)
    clock("predict")
    result.to_pandas().to_parquet(out)
    clock("write")
    return {}


WAYS: dict[str, Callable[[str, str, str, Clock], dict[str, float]]] = {
    "clv_ml": clv_ml,
    "lifetimes": lifetimes,
    "clvkit": clvkit,
}


def main(name: str, orders: str, cutoff: str, out: str) -> None:
    """Run one way and print its stages and parameters."""
    warnings.simplefilter("ignore")
    clock = Clock()
    params = WAYS[name](orders, cutoff, out, clock)
    print(json.dumps({"stages": clock.stages, "params": {key: float(value) for key, value in params.items()}}))


if __name__ == "__main__":
    main(*sys.argv[1:])
