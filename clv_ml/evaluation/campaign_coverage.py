"""How often the intervals of campaigns with a known effect hold it, and how often no effect is called a success."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv_ml.data.simulate_campaign import TIERS, Campaigns, CampaignScenario, simulate_campaigns
from clv_ml.evaluation.arm_intervals import Difference, Moments, mean_difference, rate_difference

Floats = npt.NDArray[np.float64]


def coverage(scenario: CampaignScenario, *, campaigns: int = 500, seed: int = 42) -> pd.DataFrame:
    """Measure the intervals on campaigns of a scenario, and on as many where a contact changes nothing.

    Returns
    -------
    pandas.DataFrame
        Two rows, measure ``kept`` and ``spend``: campaigns, covered (share of the intervals that hold the truth),
        false_success (share of the campaigns without effect whose interval lies above 0), found (share of the
        campaigns whose interval lies above 0), width (median).
    """
    drawn = simulate_campaigns(scenario, campaigns=campaigns, seed=seed)
    idle = simulate_campaigns(scenario.with_no_effect(), campaigns=campaigns, seed=seed + 1)
    truth = {"kept": drawn.kept_effect, "spend": drawn.spend_effect}
    nothing = differences(idle)
    rows = []
    for measure, found in differences(drawn).items():
        true = truth[measure]
        rows.append(
            {
                "measure": measure,
                "campaigns": campaigns,
                "covered": float(np.mean((found.low <= true) & (true <= found.high))),
                "false_success": float(np.mean(nothing[measure].low > 0)),
                "found": float(np.mean(found.low > 0)),
                "width": float(np.median(found.high - found.low)),
            }
        )
    return pd.DataFrame(rows)


def differences(drawn: Campaigns) -> dict[str, Difference]:
    """Judge every campaign; campaigns that leave a tier without control of two or more are a DataError."""
    kept = drawn.kept.astype(np.float64)
    cells = 2 * len(TIERS)
    offset = np.arange(len(kept))[:, None] * cells
    place = (drawn.cell + offset).ravel()

    def summed(values: Floats) -> Floats:
        return np.bincount(place, values.ravel(), minlength=len(kept) * cells).astype(np.float64)

    n = summed(np.ones_like(kept))
    mean = summed(drawn.spend) / np.maximum(n, 1.0)
    far = drawn.spend - mean[place].reshape(kept.shape)
    parts = (part.reshape(-1, len(TIERS), 2) for part in (n, mean, summed(far**2), summed(far**3)))
    moments = Moments(*parts)
    successes = summed(kept).reshape(-1, len(TIERS), 2)
    return {"kept": rate_difference(successes, moments.n), "spend": mean_difference(moments)}
