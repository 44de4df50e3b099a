"""Tables and pictures of forecasts by cohort over several cutoffs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from clv_ml.config import Config
from clv_ml.reports.cohort_plots import TOTAL, band_figure, error_heat_map, tracking_figure
from clv_ml.reports.picture import save

HEAT_MAPS = ("purchases", "spend", "churn_rate")
# a common error of all cohorts this large is told in words
_TOLD_FROM = 0.10


def write_cohort_backtests(
    folder: Path,
    judged: Mapping[dt.date, pd.DataFrame],
    methods: Mapping[dt.date, pd.DataFrame],
    deciles: Mapping[dt.date, pd.DataFrame],
    config: Config,
) -> None:
    """Write, for each cutoff, bands and tracking, and over all of them the error by cohort and cutoff.

    Parameters
    ----------
    folder
        Holds a folder ``cutoff=D`` for each cutoff.
    judged, methods, deciles
        By cutoff, the tables of a cohort backtest.
    """
    what = config.forecast.cohort_by.replace("_", " ")
    for cutoff, table in judged.items():
        inside = folder / f"cutoff={cutoff}"
        table.to_csv(inside / "cohort_forecast.csv", index=False, lineterminator="\n")
        methods[cutoff].to_csv(inside / "methods.csv", index=False, lineterminator="\n")
        deciles[cutoff].to_csv(inside / "deciles.csv", index=False, lineterminator="\n")
        for days in sorted(map(int, table["horizon_days"].unique())):
            figure = band_figure(table, cutoff=cutoff, horizon_days=days, currency=config.currency, what=what)
            save(figure, inside / f"bands_{days}d.svg")
        for name in ("purchases", "spend"):
            save(tracking_figure(table, cutoff=cutoff, quantity=name), inside / f"tracking_{name}.svg")
    every = pd.concat([table.assign(cutoff=str(cutoff)) for cutoff, table in judged.items()], ignore_index=True)
    every.to_csv(folder / "cohorts.csv", index=False, lineterminator="\n")
    every_method = pd.concat([table.assign(cutoff=str(cutoff)) for cutoff, table in methods.items()])
    every_method.to_csv(folder / "methods.csv", index=False, lineterminator="\n")
    main = config.churn.main_horizon_days
    horizon = main if main in set(every["horizon_days"]) else int(every["horizon_days"].min())
    for name in HEAT_MAPS:
        figure = error_heat_map(every, quantity=name, horizon_days=horizon)
        save(figure, folder / f"error_{name}.svg")
        save(figure, folder / f"error_{name}.png")
    lines = backtest_words(every)
    (folder / "errors.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def backtest_words(every: pd.DataFrame) -> list[str]:
    """Tell how often the bands held, and each cutoff at which all customers together were far from the forecast.

    Parameters
    ----------
    every
        cutoff and the columns of a comparison, over several cutoffs.
    """
    lines = []
    own, total = every[every["cohort"] != TOTAL], every[every["cohort"] == TOTAL]
    for days, rows in own.groupby("horizon_days"):
        held = ", ".join(
            f"{name.replace('_', ' ')} {rows[f'{name}_inside80'].mean():.0%} and {rows[f'{name}_inside95'].mean():.0%}"
            for name in HEAT_MAPS
        )
        lines.append(f"{days} days: inside the 80 % and 95 % bands, of {len(rows)} cohorts: {held}")
    for row in total.to_dict("records"):
        for name in ("purchases", "spend"):
            actual = float(row[f"actual_{name}"])
            off = float(row[name]) / actual - 1.0 if actual > 0 else 0.0
            if abs(off) >= _TOLD_FROM:
                end = pd.Timestamp(str(row["cutoff"])) + pd.Timedelta(days=row["horizon_days"])
                # neither model knows of seasons, and most shops have one before Christmas
                peak = pd.date_range(str(row["cutoff"]), end, inclusive="right").month.isin([11, 12]).any()
                side = (
                    "too high" if off > 0 else "too low, and its days hold November or December" if peak else "too low"
                )
                band = "inside" if row[f"{name}_inside95"] else "outside"
                lines.append(
                    f"{row['cutoff']}, {row['horizon_days']} days: {name} forecast {row[name]:,.0f}, actual "
                    f"{actual:,.0f} ({off:+.0%}, {side}; {band} the 95 % band)"
                )
    return lines


def methods_text(methods: Mapping[dt.date, pd.DataFrame]) -> str:
    """Lay the weighted error (WAPE) of the forecast and the simpler ones out, means over the cutoffs."""
    every = pd.concat(list(methods.values()), ignore_index=True)
    table = every.pivot_table(index=["quantity", "horizon_days"], columns="method", values="wape", aggfunc="mean")
    return str(table.to_string(float_format="{:.3f}".format))
