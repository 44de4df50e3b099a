"""A review in words and files: which forecast was how right, and which cohorts fell outside, since when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from clv_ml.evaluation.review import JUDGED
from clv_ml.reports.cohort_plots import TOTAL, band_figure, tracking_figure
from clv_ml.reports.picture import svg

_WORDS = {
    "purchases": "purchases",
    "spend": "spend",
    "active_customers": "active customers",
    "churn_rate": "churn rate",
}


def outside_since(table: pd.DataFrame, cutoff: dt.date, *, band: int = 95) -> pd.DataFrame:
    """List the cohorts outside the band at the longest horizon judged, and since when without a break.

    Parameters
    ----------
    table
        A comparison (:func:`clv_ml.evaluation.review.compare`).
    cutoff
        Last day of history of its forecast.

    Returns
    -------
    pandas.DataFrame
        cohort, quantity, horizon_days, expected, low, high, actual, and since: the end of the first horizon from which
        on the cohort has been outside.
    """
    found = []
    for cohort, rows in table.sort_values("horizon_days").groupby("cohort", sort=False):
        last = rows.iloc[-1]
        for name in JUDGED:
            inside = rows[f"{name}_inside{band}"].to_numpy(dtype=bool)
            if inside[-1]:
                continue
            inner = [place for place, held in enumerate(inside) if held]
            days = int(rows["horizon_days"].iloc[inner[-1] + 1 if inner else 0])
            found.append(
                {
                    "cohort": cohort,
                    "quantity": name,
                    "horizon_days": int(last["horizon_days"]),
                    "expected": float(last[name]),
                    "low": float(last[f"{name}_low{band}"]),
                    "high": float(last[f"{name}_high{band}"]),
                    "actual": float(last[f"actual_{name}"]),
                    "since": (cutoff + dt.timedelta(days=days)).isoformat(),
                }
            )
    columns = ["cohort", "quantity", "horizon_days", "expected", "low", "high", "actual", "since"]
    return pd.DataFrame(found, columns=columns)


def outside_words(found: pd.DataFrame) -> list[str]:
    """Tell each cohort that is outside in one line."""
    lines = []
    for row in found.to_dict("records"):
        show = "{:.1%}" if row["quantity"] == "churn_rate" else "{:,.0f}"
        actual, low, high = (show.format(row[name]) for name in ("actual", "low", "high"))
        who = "all customers" if row["cohort"] == TOTAL else f"cohort {row['cohort']}"
        lines.append(
            f"{who}: {_WORDS[row['quantity']]} {actual} outside {low} to {high} "
            f"({row['horizon_days']} days), since {row['since']}"
        )
    return lines


def review_pictures(table: pd.DataFrame, *, cutoff: dt.date, currency: str, what: str) -> dict[str, str]:
    """Draw a comparison: the bands at each horizon, and the tracking of purchases and spend; SVG by file name."""
    pictures = {
        f"cohorts_{days}d.svg": svg(
            band_figure(table, cutoff=cutoff, horizon_days=int(days), currency=currency, what=what)
        )
        for days in sorted(table["horizon_days"].unique())
    }
    for name in ("purchases", "spend"):
        pictures[f"tracking_{name}.svg"] = svg(tracking_figure(table, cutoff=cutoff, quantity=name))
    return pictures


def accuracy_of_runs(figures: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Lay the figures of reviewed runs side by side, the most right first at each horizon.

    Parameters
    ----------
    figures
        By the name of a run: what :func:`clv_ml.evaluation.review.review_metrics` returned.

    Returns
    -------
    pandas.DataFrame
        run, horizon_days, and for purchases, spend and churn_rate wape, total_error_pct and inside95; sorted by the
        weighted error of spend.
    """
    rows = []
    for run, values in figures.items():
        horizons = sorted({int(name.rsplit("_", 2)[1][:-1]) for name in values if name.endswith("d_wape")})
        for days in horizons:
            row: dict[str, object] = {"run": run, "horizon_days": days}
            for name in ("purchases", "spend", "churn_rate"):
                for figure in ("wape", "total_error_pct", "inside95"):
                    row[f"{name}_{figure}"] = values.get(f"{name}_{days}d_{figure}", float("nan"))
            rows.append(row)
    if not rows:
        return pd.DataFrame(columns=["run", "horizon_days"])
    return pd.DataFrame(rows).sort_values(["horizon_days", "spend_wape", "run"], ignore_index=True)


def accuracy_text(accuracy: pd.DataFrame) -> str:
    """Lay the figures of reviewed runs out for a terminal."""
    names, formats = {}, {}
    for name in ("purchases", "spend", "churn_rate"):
        short = "churn" if name == "churn_rate" else name
        for figure, told, how in (
            ("wape", "wape", "{:.3f}"),
            ("total_error_pct", "total off", "{:+.1f}%"),
            ("inside95", "in 95 %", "{:.0%}"),
        ):
            label = f"{short} {told}"
            names[f"{name}_{figure}"], formats[label] = label, how.format
    table = accuracy.rename(columns=names | {"horizon_days": "days"})
    return table.to_string(index=False, formatters=formats, na_rep="-")


def write_lines(path: Path, lines: list[str]) -> None:
    """Write lines of text."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
