"""What the classifier of one horizon reports about itself, in numbers that go into JSON."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class HorizonFacts:
    """How the classifier of one horizon came about.

    Attributes
    ----------
    learnt_from
        Which rows: all, or those with a purchase within the next longer horizon.
    rounds_from
        Where the number of trees is from; ``a constant`` where there was too little to learn from.
    churned_share
        Share of the rows without a purchase within the horizon.
    log_loss_raw, log_loss_calibrated
        At the judge cutoff; None where calibration was not tried.
    cautious
        Whether the settings were those for few rows.
    monotone
        Features held to their sign: all with a known sign, or none because that would have cost.
    log_loss_free, log_loss_monotone
        Without and with the signs, at the judge cutoff (at the stop cutoff where there is none).
    """

    horizon_days: int
    learnt_from: str
    rounds: int
    rounds_from: str
    rows: int
    churned_share: float
    calibrated: bool
    log_loss_raw: float | None
    log_loss_calibrated: float | None
    fit_cutoffs: list[str]
    stop_cutoff: str | None
    judge_cutoff: str | None
    cautious: bool = False
    monotone: list[str] = field(default_factory=list)
    log_loss_free: float | None = None
    log_loss_monotone: float | None = None


def constant_facts(horizon_days: int, learnt_from: str, rows: int, share: float) -> HorizonFacts:
    """Return the facts of a horizon with too few rows for more than one share of all."""
    return HorizonFacts(
        horizon_days=horizon_days,
        learnt_from=learnt_from,
        rounds=0,
        rounds_from="a constant: too few rows to tell apart",
        rows=rows,
        churned_share=share,
        calibrated=False,
        log_loss_raw=None,
        log_loss_calibrated=None,
        fit_cutoffs=[],
        stop_cutoff=None,
        judge_cutoff=None,
        cautious=True,
    )
