# ruff: noqa: T201  (the table is printed)
"""What four rankings of the same customers would have earned, on a simulated business where the truth is known.

    python tests/benchmarks/bench_rankings.py FOLDER [CONTACTS]

FOLDER is what `clv-ml simulate` wrote. A model is fitted 90 days before its end; each ranking then chooses CONTACTS
customers among those whom the list may contact. A contact that reaches a customer who is about to leave keeps the
share `save_rate` of them; what is kept is worth what the customer's true rate of purchase and true spend say. Printed:
profit as the models expect it, and as it would have come out, once with all leavers within reach and once with those
only whose departure is at most 60 days old (BG/NBD puts it at the last purchase, so that nearly all who will not buy
have left by then).
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from clv_ml.config import Config, load_config
from clv_ml.data.simulate import Simulation, load_simulation
from clv_ml.decisions.deciding import decide
from clv_ml.models.fitting import fit_models
from clv_ml.models.scoring import score_customers
from clv_ml.models.training_rows import buyers, population_at, population_outcomes
from clv_ml.pipeline.prepared import prepare

SEED = 7
RECENT = 60


def main() -> None:
    """Fit, decide, and print a row for each ranking."""
    folder = Path(sys.argv[1])
    contacts = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    simulation = load_simulation(folder)
    offer = ["risk.economics.offer_cost=5", "risk.economics.take_up=0.5", "risk.control.share=0"]
    config = load_config(folder / "config.yaml", overrides=["value.margin=0.4", *offer])
    cutoff = simulation.parameters.end - dt.timedelta(days=90)
    table = _customers(config, cutoff).join(_truth(simulation, config, cutoff))
    allowed = table[table["exclusion_reason"] == ""]
    rng = np.random.default_rng(SEED)
    rankings = {
        "expected_net_profit": allowed["expected_net_profit"],
        "value_at_risk": allowed["value_at_risk"],
        "expected_clv": allowed["expected_clv"],
        "p_churn": allowed["p"],
        "random": pd.Series(rng.random(len(allowed)), index=allowed.index),
    }
    rows = []
    for name, score in rankings.items():
        chosen = allowed.loc[score.sort_values(ascending=False, kind="stable").index[:contacts]]
        rows.append({"ranked_by": name, "expected": chosen["expected_net_profit"].sum(), **_realised(chosen)})
    print(f"{len(table):,} buyers, {len(allowed):,} may be contacted, {contacts:,} contacts, cutoff {cutoff}")
    print(pd.DataFrame(rows).round(0).to_string(index=False))


def _customers(config: Config, cutoff: dt.date) -> pd.DataFrame:
    """What the models say at the cutoff, and who then bought nothing."""
    with prepare(config, progress=print) as prepared:
        models = fit_models(prepared.engine, prepared.tables, cutoff, config, progress=print)
        customers = buyers(population_at(prepared.engine, prepared.tables, cutoff, config.churn))
        scores = score_customers(models, customers, horizons_days=config.churn.horizons_days, value=config.value)
        happened = population_outcomes(prepared.engine, prepared.tables, cutoff, config.churn)
    main = f"p_churn_{config.churn.main_horizon_days}d"
    decided = decide(customers, scores, config=config.risk, main_score=main, as_of=cutoff).table
    left = happened.loc[customers.index, f"churned_{config.churn.main_horizon_days}"].astype(float)
    return decided.assign(p=scores[main], expected_clv=scores["expected_clv"], left=left)


def _truth(simulation: Simulation, config: Config, cutoff: dt.date) -> pd.DataFrame:
    """The true value of a customer who is kept, and whether they had left long before the cutoff.

    Purchases in t days of a customer who is there: E[Y(t)] = (1 - exp(-lambda p t)) / p (Fader, Hardie & Lee 2005,
    equation 1 with the customer's own lambda and p).
    """
    truth = simulation.truth.set_index("customer_id")
    rate, leave = truth["purchase_rate"], truth["leave_chance"]
    years = config.value.horizon_days / 365
    discount = (1 + config.value.annual_discount_rate) ** (-years / 2)
    purchases = -np.expm1(-rate * leave * config.value.horizon_days) / leave
    gone = truth["died_at"] < pd.Timestamp(cutoff - dt.timedelta(days=RECENT))
    return pd.DataFrame({"worth": config.value.margin * discount * truth["mean_spend"] * purchases, "gone": gone})


def _realised(chosen: pd.DataFrame) -> dict[str, float]:
    """Profit of contacting them as it would have come out on average over who is saved."""
    kept = chosen["save_rate"] * (chosen["worth"] - chosen["offer_cost"])
    stayed = (1 - chosen["left"]) * chosen["take_up"] * chosen["offer_cost"]
    profit = chosen["left"] * kept - stayed - chosen["contact_cost"]
    reachable = chosen["left"] * ~chosen["gone"] * kept - stayed - chosen["contact_cost"]
    return {"realised": float(profit.sum()), "realised_if_recent": float(reachable.sum())}


if __name__ == "__main__":
    main()
