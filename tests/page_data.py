"""A list in the shape a scoring gives it, made up and the same every time, for the tests of the page."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.decisions.actions import ACTIONS
from clv_ml.language import Words, words

AS_OF = dt.date(2026, 6, 30)
CONVENTIONS = {
    "horizon_days": 90,
    "clv_horizon_days": 365,
    "margin": 0.4,
    "annual_discount_rate": 0.1,
    "cost_per_order": 0.0,
    "currency": "USD",
}
LAST_LIST = {
    "as_of": "2026-03-31",
    "horizon_days": 90,
    "judged_on": "2026-06-29",
    "customers": 420,
    "expected_leavers": 201.4,
    "actual_leavers": 213,
    "expected_rate": 0.48,
    "actual_rate": 0.507,
    "inside": True,
    "low": 182.0,
    "high": 221.0,
    "top_customers": 100,
    "top_hits": 64,
}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "</style></script><!--",
    "مؤسسة الأمل \u202e evil",
    "👩‍👩‍👧 Zoë Ünal",
    "x" * 200,
    "nul\x00bell\x07",
    "&lt;b&gt;",
]
_CODES = ("overdue", "orders_slowing", "spend_falling", "never_returned")
_BANDS = ((0.75, "very high"), (0.50, "high"), (0.25, "medium"), (-1.0, "low"))


def page_arguments(n: int = 60, *, events: bool = True, **changes: Any) -> dict[str, Any]:
    """Everything :func:`clv_ml.reports.page.render_page` takes, of a list of `n` customers."""
    listed = made_up_list(n)
    curve = made_up_curve(listed)
    spoken = {code: told(listed, words(code)) for code in ("en", "ar")}
    chosen = int((listed["action_status"] == "contact").sum())
    summary = {
        "customers_scored": 12_345,
        "horizon_days": 90,
        "full_list": "risk_list.csv",
        "best_n": int(curve.loc[curve["is_best"], "n"].iloc[0]),
        "chosen_n": chosen,
        "capacity": chosen,
        "expected_profit": float(listed.loc[listed["action_status"] == "contact", "expected_net_profit"].sum()),
        "excluded": {"no_consent": 12, "contacted_recently": 7},
        "controls": int((listed["action_status"] == "control").sum()),
        "previous_as_of": "2026-06-23",
        "new_on_list": int(((listed["change"] == "new") & (listed["action_status"] == "contact")).sum()),
        "assumptions": {"save_rate": 0.3, "offer_cost": 5.0, "contact_cost": 1.5, "take_up": 0.5, "segments": 0},
    }
    given: dict[str, Any] = {
        "listed": listed.assign(**{str(name): spoken["en"][name].to_numpy() for name in spoken["en"]}),
        "summary": summary,
        "conventions": CONVENTIONS,
        "curve": curve,
        "stories": made_up_stories(listed, events=events),
        "texts": spoken,
        "last_list": LAST_LIST,
    }
    return given | changes


def made_up_list(n: int) -> pd.DataFrame:
    """A list sorted by rank; the texts are left to :func:`told`."""
    rng = np.random.default_rng(7)
    chance = rng.beta(2.0, 1.6, n)
    worth = np.round(rng.lognormal(5.0, 0.8, n), 2)
    profit = np.round(0.3 * chance * (worth - 5.0) - 0.5 * (1 - chance) * 5.0 - 1.5, 2)
    order = np.argsort(-profit, kind="stable")
    chance, worth, profit = chance[order], worth[order], profit[order]
    status = np.where(profit <= 0, "not_profitable", "contact").astype(object)
    place = np.arange(n)
    status[place % 10 == 4] = "control"
    status[place % 13 == 7] = "excluded"
    status[(status == "contact") & (place >= 0.6 * n)] = "over_capacity"
    status[profit <= 0] = "not_profitable"
    gap = rng.integers(4, 60, n)
    last = (gap * rng.uniform(0.8, 5.0, n)).astype(int) + 1
    due = [AS_OF + dt.timedelta(days=int(day)) for day in rng.integers(-30, 120, n)]
    before = np.clip(chance + rng.normal(0, 0.1, n), 0.01, 0.99)
    change = np.where(place % 9 == 2, "new", np.where(chance - before > 0.1, "higher_risk", "same"))
    change = np.where((change == "same") & (chance - before < -0.1), "lower_risk", change)
    tier = np.where(worth > 300, "high", np.where(worth > 120, "medium", "low"))
    return pd.DataFrame(
        {
            "schema_version": 2,
            "refresh_id": "a1b2c3",
            "as_of": AS_OF.isoformat(),
            "valid_until": (AS_OF + dt.timedelta(days=7)).isoformat(),
            "model_version": "shop-1",
            "customer_id": [f"C-{10_000 + 37 * at}" for at in place],
            "rank": place + 1,
            "action_status": status,
            "exclusion_reason": np.where(status == "excluded", "no_consent", ""),
            "p_churn_30d": np.minimum(0.99, chance + 0.15),
            "p_churn_60d": np.minimum(0.98, chance + 0.06),
            "p_churn_90d": chance,
            "risk_band": [next(name for least, name in _BANDS if share >= least) for share in chance],
            "risk_percentile": np.round(100 * chance, 1),
            "expected_purchases": np.round(2.5 * (1 - chance), 2),
            "expected_clv": np.round(worth * (1 - 0.6 * chance), 2),
            "value_if_retained": worth,
            "clv_horizon_days": 365,
            "currency": "USD",
            "value_at_risk": np.round(chance * worth, 2),
            "value_tier": tier,
            "expected_net_profit": profit,
            "reason_1_code": [_CODES[at % 4] for at in place],
            "reason_2_code": np.where(place % 3 == 0, _CODES[1], ""),
            "reason_3_code": "",
            "recommended_action_code": np.where(tier == "high", "call", np.where(tier == "medium", "offer", "remind")),
            "expected_next_order": [day.isoformat() for day in due],
            "days_since_last": last,
            "usual_gap_days": gap.astype(float),
            "is_control": status == "control",
            "change": change,
            "previous_rank": pd.array(np.where(change == "new", -1, place + 2), dtype="Int64"),
            "previous_p_churn": np.where(change == "new", np.nan, before),
            "score_source": "lightgbm",
            "history_days": last + 200,
        }
    ).assign(previous_rank=lambda table: table["previous_rank"].mask(table["change"] == "new"))


def told(listed: pd.DataFrame, w: Words) -> pd.DataFrame:
    """Reasons and actions of the list in one language."""
    records = [{str(name): value for name, value in row.items()} for row in listed.to_dict("records")]
    columns = {f"reason_{at}": [_reason(str(row[f"reason_{at}_code"]), row, w) for row in records] for at in (1, 2, 3)}
    columns["recommended_action"] = [ACTIONS[str(row["recommended_action_code"])](w) for row in records]
    return pd.DataFrame(columns, index=pd.Index(listed["customer_id"]))


def _reason(code: str, row: dict[str, Any], w: Words) -> str:
    silence, gap = w.days(row["days_since_last"]), w.days(row["usual_gap_days"])
    if code == "overdue":
        return w.say("No order for {silence}; usually every {gap}.", silence=silence, gap=gap)
    if code == "never_returned":
        return w.say("Bought once, {silence} ago, and has not been back.", silence=silence)
    return w.say("Last order {silence} ago; usually every {gap}.", silence=silence, gap=gap) if code else ""


def made_up_curve(listed: pd.DataFrame) -> pd.DataFrame:
    """The capacity curve of the list: every number up to 200, then every tenth."""
    takes = listed[listed["action_status"].isin(["contact", "over_capacity", "not_profitable"])]
    profit = np.concatenate([[0.0], takes["expected_net_profit"].cumsum().to_numpy()])
    saves = np.concatenate([[0.0], (0.3 * takes["p_churn_90d"]).cumsum().to_numpy()])
    n = np.arange(len(profit))
    chosen, best = int((listed["action_status"] == "contact").sum()), int(profit.argmax())
    kept = (n <= 200) | (n % 10 == 0) | (n == chosen) | (n == best)
    points = pd.DataFrame(
        {
            "n": n,
            "cost": 4.0 * n,
            "expected_saves": saves,
            "expected_profit": profit,
            "marginal_profit": np.diff(profit, prepend=0.0),
            "is_best": n == best,
            "is_chosen": n == chosen,
        }
    )
    result: pd.DataFrame = points.loc[kept].reset_index(drop=True)
    return result


def made_up_stories(listed: pd.DataFrame, *, events: bool) -> pd.DataFrame:
    """Orders, weekly activity and intervals of each customer."""
    rng = np.random.default_rng(11)
    orders, activity = [], []
    for last, gap in zip(listed["days_since_last"], listed["usual_gap_days"], strict=True):
        ago = last + np.concatenate([[0], np.cumsum(rng.integers(1, int(2 * gap) + 2, rng.integers(0, 25)))])
        orders.append(
            [
                [int(day), round(float(worth), 2)]
                for day, worth in zip(ago, rng.lognormal(3.5, 0.6, len(ago)), strict=True)
            ]
        )
        quiet = min(51, int(last) // 10)
        weeks = rng.poisson(3.0, 52)
        weeks[52 - quiet :] = 0
        activity.append(weeks.tolist() if events else [])
    low = rng.integers(0, 3, len(listed))
    return pd.DataFrame(
        {
            "orders": orders,
            "activity": activity,
            "purchases_low": low,
            "purchases_high": low + rng.integers(0, 6, len(listed)),
            "clv_low": np.round(0.3 * listed["expected_clv"].to_numpy(), 2),
            "clv_high": np.round(2.1 * listed["expected_clv"].to_numpy(), 2),
        },
        index=pd.Index(listed["customer_id"]),
    )
