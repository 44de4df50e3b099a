"""The diagnostics of the value models as a text to read and pictures to look at."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from clv_ml.evaluation.diagnosis import Diagnosis
from clv_ml.models._fitted import FittedModel
from clv_ml.reports.diagnostic_plots import (
    by_frequency_figure,
    by_recency_figure,
    heat_map_figure,
    repeat_counts_figure,
    spend_figure,
    tracking_figure,
)
from clv_ml.reports.picture import save
from clv_ml.reports.wording import MODEL_NAMES, count, date_words, too

_NAMES = {
    "spend_independence": "correlation of frequency and log spend",
    "finite_mean_spend": "q of the Gamma-Gamma",
    "one_time_buyers": "share of one-time buyers",
    "purchases_fit": "gradient at the top, purchases",
    "spend_fit": "gradient at the top, spend",
}


def diagnostics_text(diagnosis: Diagnosis, *, currency: str = "") -> str:
    """Put the checks, the parameters and the comparison with what happened into plain text.

    Parameters
    ----------
    diagnosis
        What :func:`clv_ml.evaluation.diagnosis.diagnose` returns.
    currency
        Unit of the Gamma-Gamma's v.
    """
    models = diagnosis.models
    lines = [f"Value models at {date_words(models.cutoff)}, {count(diagnosis.customers)} customers", ""]
    lines += ["Checks (ok, watch or bad)"]
    for name, check in diagnosis.checks.iterrows():
        value = f"{check['value']:.1e}" if str(name).endswith("_fit") else f"{check['value']:.3f}"
        lines.append(f"  {check['verdict']:<6}{_NAMES[str(name)]:<39}{value:>8}  {check['meaning']}")
    lines += ["", "Parameters (standard error)"]
    for title, model, unit in (
        (f"{MODEL_NAMES[models.purchases.KIND]}, days", models.purchases, ""),
        ("Gamma-Gamma", models.spend, f", v in {currency}" if currency else ""),
    ):
        lines.append(f"  {title}{unit}: {_parameters(model)}")
    lines += ["", "Customers by repeat purchases up to the cutoff"]
    lines += _table(diagnosis.repeat_counts, ("actual", "expected"), capped=True)
    for title, table, capped in (
        ("by repeat purchases before it", diagnosis.by_frequency, True),
        ("by days since the last purchase", diagnosis.by_recency, False),
    ):
        if table is not None:
            lines += ["", f"Mean purchases in the {diagnosis.horizon_days} days after the cutoff, {title}"]
            lines += _table(table, ("customers", "actual", "expected"), capped=capped)
    lines += ["", "Repeat purchases over time, expected of customers as they are acquired"]
    for title, part in diagnosis.tracking.groupby(diagnosis.tracking["calibration"], sort=False):
        actual, expected = float(part["actual"].sum()), float(part["expected"].sum())
        error = too(100.0 * (expected / actual - 1.0), "%") if actual else ""
        when = "up to the cutoff" if title else "after the cutoff"
        lines.append(f"  {when}: expected {count(expected)}, actual {count(actual)}  {error}".rstrip())
    return "\n".join(lines) + "\n"


def write_diagnostics(folder: Path, fitted: Diagnosis, judged: Diagnosis, *, currency: str) -> None:
    """Write pictures and text of a fit.

    Parameters
    ----------
    folder
        Where to; made here.
    fitted
        Of the models to keep.
    judged
        Of the latest models whose horizon is over, for the comparison with what happened; the same as `fitted`
        where the data go on after its cutoff, or where there are no earlier ones.
    """
    folder.mkdir()
    cutoff, horizon = judged.models.cutoff, judged.horizon_days
    figures = {
        "repeat_counts": repeat_counts_figure(fitted.repeat_counts, cutoff=fitted.models.cutoff),
        "spend": spend_figure(fitted.spend_density, currency=currency),
        "heat_maps": heat_map_figure(
            fitted.surface, age_days=fitted.surface_age_days, horizon_days=fitted.horizon_days
        ),
    }
    if not judged.tracking.empty:
        figures["tracking"] = tracking_figure(judged.tracking, cutoff=cutoff)
    if judged.by_frequency is not None and judged.by_recency is not None:
        figures["by_frequency"] = by_frequency_figure(judged.by_frequency, cutoff=cutoff, horizon_days=horizon)
        figures["by_recency"] = by_recency_figure(judged.by_recency, cutoff=cutoff, horizon_days=horizon)
    for name, figure in figures.items():
        save(figure, folder / f"{name}.svg")
    text = diagnostics_text(fitted, currency=currency)
    if judged is not fitted:
        text += "\n" + diagnostics_text(judged, currency=currency)
    (folder / "diagnostics.txt").write_text(text, encoding="utf-8", newline="\n")


def _parameters(model: FittedModel) -> str:
    errors = None if model.fit_ is None else model.standard_errors_
    return "  ".join(
        f"{name} {value:.4g}" + ("" if errors is None else f" ({errors[name]:.2g})")
        for name, value in model.params_.items()
    )


def _table(table: pd.DataFrame, columns: tuple[str, ...], *, capped: bool = False) -> list[str]:
    """Lay the columns out under their names, the index first; a capped index ends with "and more"."""
    shown = [f"{name:.0f}" for name in table.index]
    if capped:
        shown[-1] += "+"
    counts = bool((table["actual"] == table["actual"].round()).all())
    digits = {"customers": 0, "actual": 0 if counts else 3, "expected": 1 if counts else 3}
    lines = [f"  {'':>8}" + "".join(f"{name:>12}" for name in columns)]
    for label, (_, row) in zip(shown, table.iterrows(), strict=True):
        lines.append(f"  {label:>8}" + "".join(f"{row[name]:>12,.{digits[name]}f}" for name in columns))
    return lines
