"""A forecast by cohort inside a run, as a later review finds it again."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

FORECAST = "forecast/cohorts.json"
ABOUT = "forecast/about.json"
# by these a review finds a run without opening it
CUTOFF_TAG, HORIZONS_TAG = "forecast_cutoff", "forecast_horizons_days"


@dataclass(frozen=True)
class Promise:
    """A forecast and what is needed to judge it.

    Attributes
    ----------
    forecast
        As :func:`clv_ml.evaluation.forecast.cohort_forecast` returns it.
    cutoff
        Last day of history.
    cohort_by
        What the cohorts are: ``first_purchase_month``, or the name of an attribute.
    value
        Margin and cost of an order.
    currency
        Of the amounts.
    fingerprint
        Of the data up to the cutoff; other data now cannot be compared.
    pictures
        Files that show the forecast, by name.
    """

    forecast: pd.DataFrame
    cutoff: dt.date
    cohort_by: str
    value: Mapping[str, Any]
    currency: str
    fingerprint: str
    pictures: Mapping[str, str | Path] = field(default_factory=dict)


def promise_files(promise: Promise) -> tuple[dict[str, str | Path], dict[str, pd.DataFrame]]:
    """Return files and tables of a run that hold the promise."""
    about = {
        "schema_version": 1,
        "cutoff": promise.cutoff.isoformat(),
        "cohort_by": promise.cohort_by,
        "value": dict(promise.value),
        "currency": promise.currency,
        "fingerprint": promise.fingerprint,
    }
    files: dict[str, str | Path] = {ABOUT: json.dumps(about, indent=1, sort_keys=True) + "\n"}
    files |= {f"forecast/{name}": content for name, content in promise.pictures.items()}
    return files, {FORECAST: promise.forecast}


def promise_tags(promise: Promise) -> dict[str, str]:
    """Return the tags of a run that holds the promise."""
    days = sorted(promise.forecast["horizon_days"].unique())
    return {CUTOFF_TAG: promise.cutoff.isoformat(), HORIZONS_TAG: ",".join(map(str, days))}


def read_promise(folder: Path) -> Promise:
    """Read a promise from the downloaded artifacts of a run."""
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    text = (folder / FORECAST).read_text(encoding="utf-8")
    table = pd.read_json(io.StringIO(text), orient="split", dtype=False, convert_dates=False, precise_float=True)
    return Promise(
        forecast=table.astype({"cohort": str, "horizon_days": int, "customers": int}),
        cutoff=dt.date.fromisoformat(about["cutoff"]),
        cohort_by=about["cohort_by"],
        value=about["value"],
        currency=about["currency"],
        fingerprint=about["fingerprint"],
    )
