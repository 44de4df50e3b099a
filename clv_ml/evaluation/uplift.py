"""What contacting changed: everybody listed to contact against those held back by lot, by intention to treat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv_ml.errors import DataError, missing_columns
from clv_ml.evaluation.arm_intervals import TREATED, Difference, Moments, mean_difference, rate_difference
from clv_ml.evaluation.arm_size import POWER, NeededArms, needed_arms, power_of

Verdict = Literal["success", "harm", "no effect", "too few to tell"]
MEASURES = ("kept", "revenue", "margin", "net")
EVERYBODY = "all"
_LEAST_IN_CELL = 5
_LEAST_IN_TIER = 2
_LEAST_REACHED = 0.05
_NEEDED = ("refresh_id", "value_tier", "treated", "contacted", "reached", *MEASURES)


@dataclass(frozen=True)
class Uplift:
    """What a campaign changed.

    Attributes
    ----------
    effects
        One row a group (all, then the value tiers) and measure (kept: share that bought within the window; revenue,
        margin, net of the costs: currency a listed customer): group, measure, treated, control (customers),
        treated_mean, control_mean, effect, low, high. The control's mean is weighted like the treated.
    verdict
        By the interval of the customers kept: above 0, below 0, or around 0 and then whether an effect worth having
        would have been seen.
    power
        Chance that `worthwhile` would have been seen.
    worthwhile
        Difference in the share kept that would be worth it.
    needed
        Customers an arm needs to see that.
    per_contact
        Margin gained less costs, for each customer on whom a contact was tried; missing where there was none.
    reached_treated, reached_control
        Share of each arm that was reached.
    complier_effect
        Effect on the share kept of those who were reached because they were listed: the effect over the difference of
        the shares reached (Angrist, Imbens & Rubin 1996, doi:10.2307/2291629); missing where that is under 5 points.
    left_out
        Tiers that lack customers in an arm, and how many customers they hold.
    """

    effects: pd.DataFrame
    verdict: Verdict
    power: float
    worthwhile: float
    needed: NeededArms
    per_contact: Difference | None
    reached_treated: float
    reached_control: float
    complier_effect: Difference | None
    left_out: dict[str, int]

    def row(self, measure: str, group: str = EVERYBODY) -> pd.Series[float]:
        """Return one line of `effects`."""
        found = self.effects[(self.effects["measure"] == measure) & (self.effects["group"] == group)]
        return found.iloc[0]


def uplift(customers: pd.DataFrame, *, worthwhile: float) -> Uplift:
    """Compare the arms of one or several lists.

    Parameters
    ----------
    customers
        One row a customer: refresh_id, value_tier, treated (bool: listed to contact; else control), contacted (bool:
        a contact was tried), reached (bool), kept (0 or 1), revenue, margin, net (margin less what contacting cost).
    worthwhile
        Difference in the share kept that would be worth the contacts, in (0, 1].

    Raises
    ------
    DataError
        If a column is missing, or no tier has two customers in each arm.
    """
    absent = [name for name in _NEEDED if name not in customers]
    if absent:
        raise missing_columns("customers", absent, customers.columns, "Give who was listed, and what they did.")
    if not 0 < worthwhile <= 1:
        raise DataError(f"worthwhile must lie in (0, 1], got {worthwhile}: a share of the customers")
    usable, left_out = _usable(customers)
    known = usable.assign(stratum=strata(usable))
    groups = {EVERYBODY: known} | {str(tier): part for tier, part in known.groupby("value_tier", sort=True)}
    effects = pd.DataFrame([_effect(part, group, measure) for group, part in groups.items() for measure in MEASURES])
    kept = effects.iloc[0]
    treated, control = int(kept["treated"]), int(kept["control"])
    base = float(np.clip(kept["control_mean"], 0.0, 1.0))
    power = power_of(base, treated, control, effect=worthwhile)
    reached = known.groupby("treated")["reached"].mean()
    net = effects[(effects["group"] == EVERYBODY) & (effects["measure"] == "net")].iloc[0]
    made = float(known.loc[known["treated"], "contacted"].sum())
    more = float(reached[True] - reached[False])
    return Uplift(
        effects=effects,
        verdict=_verdict(float(kept["low"]), float(kept["high"]), power),
        power=power,
        worthwhile=worthwhile,
        needed=needed_arms(base, treated, control, effect=worthwhile),
        per_contact=_scaled(net, treated / made) if made else None,
        reached_treated=float(reached[True]),
        reached_control=float(reached[False]),
        complier_effect=_scaled(kept, 1.0 / more) if more >= _LEAST_REACHED else None,
        left_out=left_out,
    )


def strata(customers: pd.DataFrame) -> pd.Series[str]:
    """Name the stratum of each customer: list and tier, or the tier alone where a list has too few of it in an arm.

    Arms are compared within a list because lists differ in whom they hold, and within a tier because the lot was drawn
    there.
    """
    counts = customers.groupby(["refresh_id", "value_tier"], observed=True)["treated"].agg(["sum", "size"])
    few = counts[(counts["sum"] < _LEAST_IN_CELL) | (counts["size"] - counts["sum"] < _LEAST_IN_CELL)]
    thin = set(few.index.get_level_values("value_tier"))
    tier = customers["value_tier"].astype(str)
    return tier.where(tier.isin(thin), customers["refresh_id"].astype(str) + " " + tier)


def _usable(customers: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    counts = pd.crosstab(customers["value_tier"], customers["treated"]).reindex(columns=[False, True], fill_value=0)
    thin = counts[counts.min(axis=1) < _LEAST_IN_TIER]
    if len(thin) == len(counts):
        found = ", ".join(f"{tier}: {row[True]} and {row[False]}" for tier, row in counts.iterrows())
        raise DataError(
            f"no value tier has {_LEAST_IN_TIER} customers in each arm (to contact and control are {found or 'none'}): "
            "without control nobody knows what would have happened; set risk.control.share above 0"
        )
    left_out = {str(tier): int(total) for tier, total in thin.sum(axis=1).items()}
    return customers[~customers["value_tier"].isin(thin.index)], left_out


def _effect(part: pd.DataFrame, group: str, measure: str) -> dict[str, object]:
    numbers, names = pd.factorize(part["stratum"], sort=True)
    treated = part["treated"].to_numpy(dtype=bool)
    cell: npt.NDArray[np.intp] = (2 * numbers + treated).astype(np.intp)
    amount = part[measure].to_numpy(dtype=np.float64)
    moments = Moments.of(amount, cell, len(names))
    found = (
        rate_difference(np.rint(moments.n * moments.mean), moments.n) if measure == "kept" else mean_difference(moments)
    )
    cells = moments.n * moments.mean  # of sorted amounts, so that the order of the customers changes no digit
    mean = math.fsum(cells[:, TREATED]) / float(treated.sum())
    return {
        "group": group,
        "measure": measure,
        "treated": int(treated.sum()),
        "control": int((~treated).sum()),
        "treated_mean": mean,
        "control_mean": mean - float(found.effect),
        "effect": float(found.effect),
        "low": float(found.low),
        "high": float(found.high),
    }


def _verdict(low: float, high: float, power: float) -> Verdict:
    if low > 0:
        return "success"
    if high < 0:
        return "harm"
    return "no effect" if power >= POWER else "too few to tell"


def _scaled(row: pd.Series[float], factor: float) -> Difference:
    effect, low, high = (np.asarray(float(row[name]) * factor) for name in ("effect", "low", "high"))
    return Difference(effect, low, high)
