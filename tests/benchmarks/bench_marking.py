# ruff: noqa: T201  (the table is printed)
"""What campaigns do to a churn classifier that learns from them: ``python tests/benchmarks/bench_marking.py``.

Customers buy at rates of their own and leave; every 30 days a list takes those most silent for their pace, holds a
tenth back, and a contact brings some of the others back. The classifier is then asked about customers left alone,
after it learnt from a world without campaigns, from everybody as they are, without the contacted, and without them
but with the control counted for them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv_ml.evaluation.metrics import auc, expected_calibration_error, log_loss
from clv_ml.models.churn import ChurnModel
from clv_ml.models.treated_rows import without_treated
from clv_ml.snapshot.treatment import Treatment

HORIZON, EVERY, EFFECT_DAYS = 90, 30, 30
CUSTOMERS, DAYS, ASKED_AT = 20_000, 800, 690
FIRST_LIST, LAST_LEARNT = 330, 600
SHARE = 0.10
DAY_ZERO = dt.date(2020, 1, 1)
FEATURES = ("frequency", "recency", "T", "days_since_last", "n30", "n60", "n90", "n180", "gap", "silence_ratio")
Table = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class World:
    """Purchases by day and customer, the lists by day, and who is in control."""

    bought: Table
    listed: dict[int, npt.NDArray[np.intp]]
    control: Table


def world(seed: int, *, saved: float, last_list: int) -> World:
    """Simulate; a seed gives the same customers whatever is done to them. `saved`: share a contact brings back."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.2, 1 / 60, CUSTOMERS)
    leaving = rng.beta(1, 400, CUSTOMERS) * 0.6 + 0.0005
    start = rng.integers(0, 400, CUSTOMERS)
    buys, leaves = (rng.random((DAYS, CUSTOMERS), dtype=np.float32) for _ in range(2))
    control = rng.random(CUSTOMERS) < SHARE
    luck = np.random.default_rng(seed + 1000)
    alive = np.ones(CUSTOMERS, dtype=bool)
    bought = np.zeros((DAYS, CUSTOMERS), dtype=bool)
    first, last, contacted, back = (np.full(CUSTOMERS, -9999) for _ in range(4))
    count = np.zeros(CUSTOMERS, dtype=int)
    listed: dict[int, npt.NDArray[np.intp]] = {}
    for day in range(DAYS):
        here = ((start <= day) & alive & (buys[day] < rate)) | (start == day) | (back == day)
        bought[day], last[here], count = here, day, count + here
        first = np.where((first < 0) & here, day, first)
        alive &= (start > day) | (leaves[day] >= leaving)
        if FIRST_LIST <= day <= last_list and (day - FIRST_LIST) % EVERY == 0:
            pace = count / np.maximum(day - first, 30)
            silence = day - last
            wanted = (start <= day) & (count >= 2) & (day - contacted > EFFECT_DAYS) & (silence < 240)
            score = np.where(wanted, np.minimum(silence * pace, 5) * np.sqrt(pace), -1.0)
            chosen = np.argsort(-score)[: int(0.25 * (start <= day).sum())]
            listed[day] = chosen[score[chosen] > 0]
            reached = listed[day][~control[listed[day]]]
            contacted[reached] = day
            come = reached[luck.random(len(reached)) < saved]
            back[come] = day + 1 + luck.integers(0, 30, len(come))
    return World(bought, listed, control)


def snapshot(found: World, cutoff: int) -> pd.DataFrame:
    """Features at a cutoff and the outcome after it."""
    history = found.bought[: cutoff + 1]
    count = history.sum(axis=0)
    first, last = history.argmax(axis=0), cutoff - history[::-1].argmax(axis=0)
    table = pd.DataFrame({"frequency": count - 1.0, "recency": last - first, "T": cutoff - first})
    table["days_since_last"] = cutoff - last
    for days in (30, 60, 90, 180):
        table[f"n{days}"] = history[max(0, cutoff - days + 1) :].sum(axis=0)
    table["gap"] = np.where(count > 1, (last - first) / np.maximum(count - 1, 1), np.nan)
    table["silence_ratio"] = table["days_since_last"] / table["gap"]
    future = found.bought[cutoff + 1 : cutoff + 1 + HORIZON]
    ids = [f"c{number:05d}" for number in range(CUSTOMERS)]
    day = DAY_ZERO + dt.timedelta(days=cutoff)
    known: pd.DataFrame = table.assign(customer_id=ids, cutoff=day, churned_90=(future.sum(axis=0) == 0).astype(int))
    return pd.DataFrame(known[count > 0])


def treatment(found: World, *, control: bool) -> Treatment:
    """Who was contacted; with `control` also for whom those held back stand."""
    parts = []
    share = found.control[np.unique(np.concatenate(list(found.listed.values())))].mean()
    for day, chosen in found.listed.items():
        held = found.control[chosen]
        names = [f"c{number:05d}" for number in chosen]
        at = pd.Timestamp(DAY_ZERO + dt.timedelta(days=day))
        counts = np.where(held, 1 / share if control else 1.0, 0.0)
        parts.append(pd.DataFrame({"customer_id": names, "first": at, "last": at, "counts": counts}))
    return Treatment(pd.concat(parts, ignore_index=True), EFFECT_DAYS)


def main() -> None:
    """Print a line a way to learn, for contacts that save few, some and many."""
    heads = f"{'rows':>9}{'churned':>9}{'bias':>8}{'at risk':>14}{'ECE':>7}{'loss':>8}{'AUC':>7}"
    print(f"{'saved':>6} {'learnt from':24}{heads}")
    for saved in (0.05, 0.15, 0.40):
        cutoffs = [LAST_LEARNT - EVERY * step for step in range(8)]
        campaigns = world(1, saved=saved, last_list=ASKED_AT)
        quiet = world(1, saved=0.0, last_list=0)
        # nobody is contacted in the three months before the question, nor after it
        asked = snapshot(world(1, saved=saved, last_list=LAST_LEARNT), ASKED_AT)
        rows = pd.concat([snapshot(campaigns, cutoff) for cutoff in cutoffs], ignore_index=True)
        ways = {
            "no campaigns": pd.concat([snapshot(quiet, cutoff) for cutoff in cutoffs], ignore_index=True),
            "everybody as they are": rows,
            "without the contacted": without_treated(rows, treatment(campaigns, control=False), HORIZON)[0],
            "and control for them": without_treated(rows, treatment(campaigns, control=True), HORIZON)[0],
        }
        happened = asked["churned_90"].to_numpy(dtype=float)
        risky = (asked["silence_ratio"] > 1).to_numpy() & (asked["days_since_last"] < 240).to_numpy()
        for name, learnt in ways.items():
            model = ChurnModel(horizons_days=(HORIZON,), threads=2, monotone=False).fit(learnt, features=FEATURES)
            p = model.predict(asked)["p_churn_90d"].to_numpy()
            error = expected_calibration_error(happened, p)
            print(
                f"{saved:6.2f} {name:24}{len(learnt):9,}{learnt['churned_90'].mean():9.3f}{(p - happened).mean():+8.3f}"
                f"{(p - happened)[risky].mean():+14.3f}{error:7.3f}{log_loss(happened, p):8.4f}"
                f"{auc(happened, p):7.3f}"
            )


if __name__ == "__main__":
    main()
