"""The arms of closed lists compared: outcomes by the same code that makes labels, costs, checks, and what to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from clv_ml.config import Config
from clv_ml.evaluation.arm_checks import balance, share_alarm
from clv_ml.evaluation.uplift import EVERYBODY, Uplift, strata, uplift
from clv_ml.models.training_rows import population_outcomes
from clv_ml.pipeline.campaigns import Assigned, CampaignList, costs, first_assignments, strangers, with_contacts
from clv_ml.pipeline.prepared import Prepared
from clv_ml.reports.measurement import check_notes, effect_notes

_LISTED = ("save_rate", "take_up", "offer_cost", "contact_cost", "expected_saves", "margin", "cost_per_order")
_KNOWN_BEFORE = ("value_if_retained", "expected_clv", "expected_purchases", "days_since_last")
_WORTHWHILE = 0.02  # share of the customers, where neither config nor list says what would be worth it


@dataclass(frozen=True)
class Judgement:
    """What the arms of the lists say.

    Attributes
    ----------
    balance
        Of :func:`clv_ml.evaluation.arm_checks.balance`.
    notes
        What a reader should know beside the verdict, warnings first.
    metrics
        All figures by name, for MLflow.
    """

    found: Uplift
    balance: pd.DataFrame
    notes: list[str]
    metrics: dict[str, float]


def judge_campaign(
    prepared: Prepared, config: Config, lists: Sequence[CampaignList], contacts: pd.DataFrame | None, horizon: int
) -> Judgement:
    """Compare the arms of lists whose window has closed; parameters as of :func:`clv_ml.pipeline.measuring.measure`."""
    score = f"p_churn_{horizon}d"
    assigned = first_assignments(lists, [*_LISTED, *_KNOWN_BEFORE, score])
    customers = with_contacts(assigned.customers, contacts, horizon_days=horizon)
    known, unknown = _with_outcomes(prepared, config, customers, lists, horizon)
    known = known.assign(net=known["margin"] - costs(known, main_score=score))
    found = uplift(known, worthwhile=_worthwhile(config, known))
    before = balance(known.assign(stratum=strata(known)), [name for name in (score, *_KNOWN_BEFORE) if name in known])
    share = config.risk.control.share
    p_value = share_alarm(known["value_tier"], known["treated"], control_share=share if share > 0 else None)
    in_control = float((~known["treated"]).mean())
    treated = known[known["treated"]]
    risk = float(treated[score].mean()) if score in known else 0.0
    assumed = float(treated["save_rate"].mean()) if "save_rate" in known else None
    notes = [
        *check_notes(p_value, in_control, share, before),
        *_campaign_notes(assigned, contacts, unknown),
        *effect_notes(found, currency=config.currency, mean_risk=risk, assumed_save_rate=assumed),
    ]
    figures = {"share_p_value": p_value, "control_share": in_control, "mean_risk": risk}
    return Judgement(found, before, notes, _metrics(found) | figures)


def _with_outcomes(
    prepared: Prepared, config: Config, customers: pd.DataFrame, lists: Sequence[CampaignList], horizon: int
) -> tuple[pd.DataFrame, int]:
    """Add what each customer did in the window of their list; and how many the data no longer know."""
    churn = config.churn.model_copy(update={"horizons_days": (horizon,), "label": "horizon"})
    parts = []
    for item in lists:
        happened = population_outcomes(prepared.engine, prepared.tables, item.as_of, churn)
        mine = customers[customers["refresh_id"] == item.refresh_id]
        parts.append(mine.join(happened.add_prefix("after_"), how="inner"))
    known = pd.concat(parts).sort_index()
    revenue, orders = known[f"after_spend_{horizon}"].astype(float), known[f"after_purchases_{horizon}"].astype(float)
    share = known.get("margin", config.value.margin)
    each = known.get("cost_per_order", config.value.cost_per_order)
    kept = 1.0 - known[f"after_churned_{horizon}"].astype(float)
    return known.assign(kept=kept, revenue=revenue, margin=share * revenue - each * orders), len(customers) - len(known)


def _worthwhile(config: Config, customers: pd.DataFrame) -> float:
    """Effect worth having: that of the config, else what the list promised."""
    if config.contacts.worthwhile_points is not None:
        return config.contacts.worthwhile_points / 100.0
    promised = customers.loc[customers["treated"], "expected_saves"].mean() if "expected_saves" in customers else 0.0
    return float(promised) if promised > 0 else _WORTHWHILE


def _campaign_notes(assigned: Assigned, contacts: pd.DataFrame | None, unknown: int) -> list[str]:
    notes = []
    if contacts is None:
        notes.append("no contacts were given: nobody confirmed that those listed were contacted; costs are assumed")
    elif off_list := strangers(contacts, assigned.customers):
        notes.append(f"{off_list:,} contacted customers were not listed to contact: they tell nothing here")
    if assigned.again:
        notes.append(f"{assigned.again:,} rows of later lists name a customer once more: the first list counts")
    if assigned.changed:
        notes.append(f"WARNING: {assigned.changed:,} customers were in both arms in turn; the first counts")
    if unknown:
        notes.append(f"{unknown:,} listed customers are no longer in the data and are left out")
    return notes


def _metrics(found: Uplift) -> dict[str, float]:
    everybody = found.effects[found.effects["group"] == EVERYBODY]
    figures = {
        f"{row['measure']}_{name}": float(row[name])
        for row in everybody.to_dict("records")
        for name in ("effect", "low", "high", "treated_mean", "control_mean")
    }
    first = everybody.iloc[0]
    figures |= {"treated": float(first["treated"]), "control": float(first["control"])}
    if found.per_contact is not None:
        for name, value in found.per_contact._asdict().items():
            figures[f"per_contact_{name}"] = float(value)
    return figures | {
        "power": found.power,
        "worthwhile": found.worthwhile,
        "reached_treated": found.reached_treated,
        "reached_control": found.reached_control,
    }
