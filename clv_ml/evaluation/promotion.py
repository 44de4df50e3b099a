"""Champion and challenger: is the new model better than the one in use, beyond what chance would change, and why.

Both are judged on the same customers at the same past cutoffs, on which neither has been fitted. The challenger wins
when its list catches more of the leavers' value in the first 10 % (value@10, the 95 % interval of the gain above 0)
and its probabilities are not worse calibrated (the 95 % interval of the loss in calibration error not above
:data:`CALIBRATION_SLACK`). A tie is no win.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_ml.errors import DataError
from clv_ml.evaluation._draws import METRICS, RankedScore, Rows

COLUMNS = ("churned", "value", "rank_champion", "rank_challenger", "p_champion", "p_challenger")
# metric: the score it judges, and whether more is better
JUDGED = {"value_at_10": ("rank", True), "ece": ("p", False), "brier": ("p", False), "auc": ("p", True)}
SIDES = ("champion", "challenger")
# on many customers a loss of half a point is beyond noise and still no reason against a list that catches more
CALIBRATION_SLACK = 0.01


@dataclass(frozen=True)
class Decision:
    """Whether to promote, and why.

    Attributes
    ----------
    promote
        Whether the challenger becomes the champion.
    reason
        In words.
    evidence
        One row a metric: metric, champion, challenger, gain (above 0: the challenger is better), gain_low, gain_high
        (95 %, paired by customer), better_share of the draws. Empty where nothing could be compared.
    cutoffs
        Where both were judged.
    """

    promote: bool
    reason: str
    evidence: pd.DataFrame
    cutoffs: tuple[dt.date, ...] = ()

    def metrics(self) -> dict[str, float]:
        """Return the evidence as figures by name, and ``promoted`` as 0 or 1."""
        figures = {"promoted": float(self.promote)}
        for row in self.evidence.to_dict("records"):
            for name in ("champion", "challenger", "gain", "gain_low", "gain_high"):
                figures[f"{row['metric']}_{name}"] = float(row[name])
        return figures


def decided(reason: str, *, promote: bool) -> Decision:
    """Return a decision for which nothing was compared."""
    return Decision(promote, reason, pd.DataFrame(columns=["metric", *SIDES, "gain", "gain_low", "gain_high"]))


def compare_models(
    trials: Mapping[dt.date, pd.DataFrame], *, seed: int, resamples: int = 300, level: float = 0.95
) -> Decision:
    """Decide between champion and challenger.

    Parameters
    ----------
    trials
        By cutoff, a table indexed by customer: churned (0 or 1), value (at stake, in currency), rank_champion and
        rank_challenger (what each orders its list by), p_champion and p_challenger (probability of churn).
    seed, resamples, level
        Of the bootstrap, which draws customers with all their rows.

    Raises
    ------
    DataError
        If there is no trial, or a column is missing.
    """
    if not trials:
        raise DataError("no cutoff to compare champion and challenger on")
    for cutoff, table in trials.items():
        missing = [name for name in COLUMNS if name not in table]
        if missing:
            raise DataError(f"{cutoff}: the trial has no column {', '.join(missing)}")
    cutoffs = tuple(sorted(trials))
    if all(_same(trials[day]) for day in cutoffs):
        same = decided("both predict the same: a tie is no win", promote=False)
        return Decision(False, same.reason, same.evidence, cutoffs)
    estimate, drawn = _gains([trials[day] for day in cutoffs], seed, resamples)
    rows = []
    for place, metric in enumerate(JUDGED):
        gains = drawn[:, place][np.isfinite(drawn[:, place])]
        champion, challenger = estimate["champion"][place], estimate["challenger"][place]
        sign = 1.0 if JUDGED[metric][1] else -1.0
        low, high = np.quantile(gains, [(1 - level) / 2, (1 + level) / 2]) if gains.size else (np.nan, np.nan)
        rows.append(
            {
                "metric": metric,
                "champion": champion,
                "challenger": challenger,
                "gain": sign * (challenger - champion),
                "gain_low": float(low),
                "gain_high": float(high),
                "better_share": float(np.mean((gains > 0) + (gains == 0) / 2)) if gains.size else float("nan"),
            }
        )
    return _decide(pd.DataFrame(rows), cutoffs)


def _decide(evidence: pd.DataFrame, cutoffs: tuple[dt.date, ...]) -> Decision:
    by_metric = evidence.set_index("metric")
    value, calibration = by_metric.loc["value_at_10"], by_metric.loc["ece"]
    interval = f"{value['gain']:+.4f} (95 %: {value['gain_low']:+.4f} to {value['gain_high']:+.4f})"
    told = f"value@10 {value['champion']:.4f} -> {value['challenger']:.4f}, gain {interval}"
    error = f"calibration error {calibration['champion']:.4f} -> {calibration['challenger']:.4f}"
    if not value["gain_low"] > 0:
        lost = "the challenger is worse" if value["gain_high"] < 0 else "no gain beyond noise"
        return Decision(False, f"{lost}: {told}; {error}", evidence, cutoffs)
    if calibration["gain_high"] < -CALIBRATION_SLACK:
        return Decision(False, f"worse calibrated beyond noise: {error}; {told}", evidence, cutoffs)
    return Decision(True, f"better beyond noise: {told}; {error}", evidence, cutoffs)


def _same(trial: pd.DataFrame) -> bool:
    return all(np.array_equal(trial[f"{name}_champion"], trial[f"{name}_challenger"]) for name in ("rank", "p"))


def _gains(trials: Sequence[pd.DataFrame], seed: int, resamples: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Metrics of both, and the gain in each draw, shape (resamples, n_metrics): means over the cutoffs."""
    everybody = np.array(sorted({customer for trial in trials for customer in trial.index}), dtype=object)
    prepared = [_prepare(trial, everybody) for trial in trials]
    estimate = {
        side: np.mean([part.metrics(side, np.ones(part.rows.y.size)) for part in prepared], axis=0) for side in SIDES
    }
    signs = np.array([1.0 if more else -1.0 for _, more in JUDGED.values()])
    rng = np.random.default_rng(seed)
    drawn = np.empty((resamples, len(JUDGED)))
    for draw in range(resamples):
        times = np.bincount(rng.integers(0, len(everybody), len(everybody)), minlength=len(everybody)).astype(float)
        new, old = (
            np.mean([part.metrics(side, times[part.place]) for part in prepared], axis=0) for side in reversed(SIDES)
        )
        drawn[draw] = signs * (new - old)
    return estimate, drawn


@dataclass(frozen=True)
class _Part:
    """One cutoff: its rows in a fixed order, each score sorted once, and where each row's customer is among all."""

    rows: Rows
    ranked: dict[str, RankedScore]
    place: np.ndarray

    def metrics(self, side: str, times: np.ndarray) -> list[float]:
        """Return the judged metrics of one side, for rows repeated `times`."""
        churned = times * self.rows.y
        found = {
            kind: self.ranked[f"{kind}_{side}"].metrics(times, churned, churned * self.rows.value)
            for kind in ("rank", "p")
        }
        return [found[kind][METRICS.index(metric)] for metric, (kind, _) in JUDGED.items()]


def _prepare(trial: pd.DataFrame, everybody: np.ndarray) -> _Part:
    ordered = trial.sort_index()
    scores = {name: ordered[name].to_numpy(dtype=np.float64) for name in COLUMNS[2:]}
    rows = Rows.of(ordered["churned"], scores, ordered["value"].clip(lower=0.0), ordered.index.to_numpy())
    if rows.customer is None:
        raise DataError("a trial needs the customers in its index")
    among = pd.Index(everybody).get_indexer(pd.Index(sorted(set(ordered.index))))
    return _Part(rows, {name: RankedScore.of(rows.scores[name], rows.y) for name in scores}, among[rows.customer])
