# ruff: noqa: T201  (the figures are printed, for the process that started this one)
"""What one package makes of CDNOW: ``python bench_comparison_work.py NAME ORDERS ACTUAL``; run by bench_comparison.py.

Prints one line of JSON. Each package is used as its own guide shows, in the environment that has it, with nothing of
another package but pandas.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

CUTOFF, AHEAD = "1997-09-30", 273
MONTHLY = 1.10 ** (1 / 12) - 1
# bought 5,000 times in five years, the last time yesterday
BUSY = {"customer_id": ["busy"], "frequency": [5000], "recency": [1819.0], "T": [1820.0], "monetary_value": [30.0]}
DIRTY = pd.DataFrame(
    {
        "customer_id": ["a", "a", "a", "a", "b", "b"],
        "timestamp": pd.to_datetime(
            ["1997-01-01", "1997-02-01", "1997-02-01", "1997-02-03", "1997-01-05", "1997-03-01"]
        ),
        "amount": [10.0, 20.0, 20.0, -20.0, 5.0, 5.0],  # an order twice over, and its refund two days later
    }
)
Figures = dict[str, Any]


class Facts:
    """What a package has said, each question by itself, so that one failure costs one answer."""

    def __init__(self) -> None:
        self.found: Figures = {}
        self._since = _processor()

    def passed(self) -> float:
        """Return the seconds of the processor since the package began, its imports and its other processes included."""
        return _processor() - self._since

    @contextmanager
    def asked(self, name: str) -> Iterator[None]:
        """Note what went wrong, in one line."""
        try:
            yield
        except Exception as error:  # a peer may fail in any way: that is what is asked
            self.found[name] = f"{type(error).__name__}: {str(error).splitlines()[0][:90] if str(error) else ''}"


def ours(orders: pd.DataFrame, actual: pd.Series, facts: Facts) -> None:
    """This package."""
    import clv_ml

    rfm = clv_ml.rfm_summary(orders, cutoff=CUTOFF)
    purchases, spend = clv_ml.PurchaseModel().fit(rfm), clv_ml.SpendModel().fit(rfm)
    clv_ml.customer_lifetime_value(purchases, spend, rfm, horizon_days=365, annual_discount_rate=0.10)
    facts.found["seconds"] = facts.passed()
    expected = purchases.expected_purchases(rfm, horizon_days=AHEAD)
    facts.found |= {"purchases": expected.sum(), "spend": (expected * spend.expected_spend(rfm)).sum()}
    quantiles = purchases.purchase_quantiles(rfm, horizon_days=AHEAD, levels=(0.1, 0.9))
    happened = actual.reindex(rfm.index)
    facts.found["inside80"] = float(((happened >= quantiles[0.1]) & (happened <= quantiles[0.9])).mean())
    _, total = clv_ml.predictive_intervals(purchases, spend, rfm, horizon_days=AHEAD, levels=(0.025, 0.975))
    facts.found["total95"] = [float(total[name].iloc[0]) for name in total if str(name).startswith("purchases_q")]
    facts.found["once"] = float(purchases.probability_alive(rfm)[rfm["frequency"] == 0].min())
    busy = pd.DataFrame(BUSY).set_index("customer_id")
    with facts.asked("busy"):
        facts.found["busy"] = float(purchases.expected_purchases(busy, horizon_days=90).iloc[0])
    with facts.asked("one"):
        facts.found["one"] = type(purchases.expected_purchases(rfm.head(1), horizon_days=90)).__name__
    with facts.asked("dirty"):
        facts.found["dirty"] = _told(clv_ml.rfm_summary(DIRTY, cutoff=CUTOFF))


def lifetimes(orders: pd.DataFrame, actual: pd.Series, facts: Facts) -> None:
    """The lifetimes package, in days; its months are of 30 days."""
    from lifetimes import BetaGeoFitter, GammaGammaFitter
    from lifetimes.utils import summary_data_from_transaction_data

    def summary(rows: pd.DataFrame) -> Any:
        return summary_data_from_transaction_data(
            rows, "customer_id", "timestamp", "amount", observation_period_end=CUTOFF, freq="D"
        )

    rfm = summary(orders)
    x, t_x, age, money = (rfm[name] for name in ("frequency", "recency", "T", "monetary_value"))
    purchases = BetaGeoFitter().fit(x, t_x, age)
    again = rfm[(x > 0) & (money > 0)]
    spend = GammaGammaFitter().fit(again["frequency"], again["monetary_value"])
    spend.customer_lifetime_value(purchases, x, t_x, age, money, time=12, discount_rate=MONTHLY, freq="D")
    facts.found["seconds"] = facts.passed()
    expected = purchases.conditional_expected_number_of_purchases_up_to_time(AHEAD, x, t_x, age)
    facts.found |= {
        "purchases": expected.sum(),
        "spend": (expected * spend.conditional_expected_average_profit(x, money)).sum(),
    }
    alive = purchases.conditional_probability_alive(x, t_x, age)
    facts.found["once"] = float(pd.Series(alive)[(x == 0).to_numpy()].min())
    with facts.asked("busy"):
        said = purchases.conditional_expected_number_of_purchases_up_to_time(90, 5000, 1819, 1820)
        facts.found["busy"] = float(np.ravel(said)[0])
    with facts.asked("one"):
        row = rfm.head(1)
        said = purchases.conditional_expected_number_of_purchases_up_to_time(
            90, row["frequency"], row["recency"], row["T"]
        )
        facts.found["one"] = type(said).__name__
    with facts.asked("dirty"):
        facts.found["dirty"] = _told(summary(DIRTY))


def clvkit(orders: pd.DataFrame, actual: pd.Series, facts: Facts) -> None:
    """The clvkit package, in weeks of whole days: in days its sum over a year takes seven times as long."""
    from clvkit import CLV, CustomerBase  # type: ignore[import-not-found]

    def summary(rows: pd.DataFrame) -> Any:
        end = f"{CUTOFF} 23:59:59"
        return CustomerBase.from_transactions(
            rows, "customer_id", "timestamp", "amount", time_unit="W", collapse="D", observation_period_end=end
        )

    base = summary(orders)
    model = CLV(check_independence=False).fit(base)
    model.predict(horizon=52, discount_rate=1.10 ** (1 / 52) - 1)
    facts.found["seconds"] = facts.passed()
    told = model.predict(horizon=AHEAD // 7).to_pandas()
    facts.found |= {
        "purchases": told["expected_purchases"].sum(),
        "spend": (told["expected_purchases"] * told["expected_spend"]).sum(),
    }
    rfm = base.to_pandas()
    alive = model.transaction_model.probability_alive().to_pandas().iloc[:, -1]
    facts.found["once"] = float(alive.to_numpy()[(rfm["frequency"] == 0).to_numpy()].min())
    with facts.asked("one"):
        first = summary(orders[orders["customer_id"] == orders["customer_id"].iloc[0]])
        facts.found["one"] = type(model.predict(horizon=13, cb=first).to_pandas()).__name__
    with facts.asked("dirty"):
        facts.found["dirty"] = _told(summary(DIRTY).to_pandas())
    with facts.asked("busy"):
        # it takes a log only, and one purchase a day: 5,000 days
        at = pd.date_range("1984-01-22", periods=5001, freq="D")
        many = pd.DataFrame({"customer_id": "busy", "timestamp": at, "amount": 30.0})
        said = model.transaction_model.predict(90 / 7, cb=summary(many)).to_pandas()
        facts.found["busy"] = float(said.iloc[0, -1])


def pymc(orders: pd.DataFrame, actual: pd.Series, facts: Facts, *, method: str) -> None:
    """The pymc-marketing package, in weeks; the whole posterior with `mcmc`, its highest point with `map`."""
    from pymc_marketing import clv  # type: ignore[import-not-found]

    def summary(rows: pd.DataFrame) -> Any:
        return clv.utils.rfm_summary(
            rows, "customer_id", "timestamp", "amount", observation_period_end=CUTOFF, time_unit="W"
        )

    rfm = summary(orders)
    how: Figures = {"chains": 4, "random_seed": 1, "progressbar": False} if method == "mcmc" else {"progressbar": False}
    purchases = clv.BetaGeoModel()
    purchases.fit(data=rfm, method=method, **how)
    spend = clv.GammaGammaModel()
    spend.fit(data=rfm[(rfm["frequency"] > 0) & (rfm["monetary_value"] > 0)], method=method, **how)
    thin = purchases.thin_fit_result(keep_every=10) if method == "mcmc" else purchases
    spend_thin = spend.thin_fit_result(keep_every=10) if method == "mcmc" else spend
    spend_thin.expected_customer_lifetime_value(
        transaction_model=thin, data=rfm, future_t=12, discount_rate=MONTHLY, time_unit="W"
    )
    facts.found["seconds"] = facts.passed()
    draws = thin.expected_purchases(rfm, future_t=AHEAD / 7)
    money = spend_thin.expected_customer_spend(rfm)
    mean = draws.mean(("chain", "draw"))
    facts.found |= {"purchases": float(mean.sum()), "spend": float((mean * money.mean(("chain", "draw"))).sum())}
    if method == "mcmc":
        # of what is expected: chance is not in it, so that it is none for the purchases of one customer
        sums = draws.sum("customer_id").quantile([0.025, 0.975], ("chain", "draw"))
        facts.found["total95"] = [float(end) for end in sums]
    alive = thin.expected_probability_alive(rfm).mean(("chain", "draw")).to_numpy()
    facts.found["once"] = float(alive[(rfm["frequency"] == 0).to_numpy()].min())
    with facts.asked("busy"):
        busy = pd.DataFrame(BUSY).assign(recency=1819 / 7, T=1820 / 7)
        facts.found["busy"] = float(thin.expected_purchases(busy, future_t=90 / 7).mean())
    with facts.asked("one"):
        facts.found["one"] = type(thin.expected_purchases(rfm.head(1), future_t=13)).__name__
    with facts.asked("dirty"):
        facts.found["dirty"] = _told(summary(DIRTY).set_index("customer_id"))


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _told(rfm: pd.DataFrame) -> list[Figures]:
    shown = rfm[["frequency", "monetary_value"]].round(2)
    return [{"frequency": int(x), "monetary_value": float(m)} for x, m in shown.itertuples(index=False)]


WAYS: dict[str, Callable[[pd.DataFrame, pd.Series, Facts], None]] = {
    "clv_ml": ours,
    "lifetimes": lifetimes,
    "clvkit": clvkit,
    "pymc-marketing map": lambda orders, actual, facts: pymc(orders, actual, facts, method="map"),
    "pymc-marketing mcmc": lambda orders, actual, facts: pymc(orders, actual, facts, method="mcmc"),
}


def main(name: str, orders: str, actual: str) -> None:
    """Ask one package, and print what it said."""
    warnings.simplefilter("ignore")
    rows = pd.read_csv(orders, dtype={"customer_id": str}, parse_dates=["timestamp"])
    happened = pd.read_csv(actual, dtype={"customer_id": str}).set_index("customer_id")["purchases"]
    facts = Facts()
    WAYS[name](rows, happened, facts)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"answers": facts.found | {"megabytes": peak / 1024}}, default=float))


if __name__ == "__main__":
    main(*sys.argv[1:4])
