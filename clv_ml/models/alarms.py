"""Features that cannot be right: they know the outcome, say nothing, or come from after the cutoff."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from clv_ml.config import AlarmsConfig
from clv_ml.config.sections import Alarm as Action
from clv_ml.errors import DataError, missing_columns
from clv_ml.models._separation import View

Kind = Literal["separates", "separates_dated", "constant", "after_cutoff", "unseen_category"]

OWN_PREFIX = "model_"  # what our own purchase model says of a customer may be as good as it likes

_REMEDY: dict[Kind, str] = {
    "separates": "it is most likely set after the outcome: leave it out, or give the value known at the cutoff",
    "separates_dated": "check that its dates are those of the events, not of their entry",
    "constant": "leave it out",
    "after_cutoff": "give the value known at the cutoff, or leave it out",
    "unseen_category": "train again, or correct the value",
}


@dataclass(frozen=True)
class Alarm:
    """One feature that cannot be right, in words, and what the config makes of it."""

    kind: Kind
    feature: str
    detail: str
    action: Action


def check_features(
    snapshots: pd.DataFrame,
    features: Sequence[str],
    labels: Sequence[str],
    config: AlarmsConfig,
    *,
    categories: Sequence[str] = (),
    dated: Collection[str] = (),
    days: Mapping[str, pd.Series[Any]] | pd.DataFrame | None = None,
) -> list[Alarm]:
    """Look for features that training must not trust.

    Parameters
    ----------
    snapshots
        One row a customer and cutoff, in any order: customer_id, cutoff, the features, the labels (0 or 1). Above
        200,000 rows, features are judged on a sample of whole customers, always the same.
    features
        Columns to judge; those of our own models (``model_...``) are not.
    labels
        Columns such as churned_90; a feature is judged by the one that it separates best.
    categories
        Those of the features that hold categories.
    dated
        Those of the features that are counted from dated records up to the cutoff.
    days
        The date attributes of each row by name, in the order of `snapshots`.

    Returns
    -------
    list of Alarm
        By kind, then in the order of `features`.

    Raises
    ------
    DataError
        If a column is missing or is no number, or `days` has another number of rows.
    """
    judged = [name for name in features if not name.startswith(OWN_PREFIX)]
    needed = ["customer_id", "cutoff", *judged, *labels]
    absent = [name for name in needed if name not in snapshots.columns]
    if absent:
        raise missing_columns("snapshots", absent, snapshots.columns, "Build them with one training call.")
    late = [] if days is None else _after_cutoff(snapshots["cutoff"], days, config)
    constant = [name for name in judged if _is_constant(snapshots[name])]
    telling = [name for name in judged if name not in constant]
    return [
        *_separating(snapshots, telling, labels, config, categories, frozenset(dated)),
        *(_alarm("constant", name, _constant_detail(snapshots[name]), config) for name in constant),
        *late,
    ]


def unseen_alarms(unseen: Mapping[str, Sequence[tuple[str, int]]], config: AlarmsConfig) -> list[Alarm]:
    """Turn what :meth:`clv_ml.models.churn.ChurnModel.unseen` found into alarms.

    Such rows are scored as of a rare category, or as missing; ``quarantine`` and ``report`` are the same here, because
    a trained model cannot do without one of its features.
    """
    alarms = []
    for name, found in unseen.items():
        shown = ", ".join(f"{value!r} ({count:,})" for value, count in found[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        alarms.append(_alarm("unseen_category", name, f"not seen in training: {shown}{more}", config))
    return alarms


def apply_alarms(alarms: Sequence[Alarm], features: Sequence[str]) -> tuple[str, ...]:
    """Return the features that remain when the config has had its say.

    Raises
    ------
    DataError
        If one of the alarms is to be refused; all of those are named, with what to do.
    """
    refused = [alarm for alarm in alarms if alarm.action == "refuse"]
    if refused:
        told = "; ".join(
            f"feature {alarm.feature!r}: {alarm.detail} ({_REMEDY[alarm.kind]}, or set churn.alarms.{alarm.kind})"
            for alarm in refused
        )
        raise DataError(f"features that cannot be trusted: {told}")
    dropped = {alarm.feature for alarm in alarms if alarm.action == "quarantine" and alarm.kind != "unseen_category"}
    return tuple(name for name in features if name not in dropped)


def _alarm(kind: Kind, feature: str, detail: str, config: AlarmsConfig) -> Alarm:
    action: Action = getattr(config, kind)
    return Alarm(kind, feature, detail, action)


def _is_constant(column: pd.Series[Any]) -> bool:
    missing = column.isna()
    if missing.any() or column.empty:
        return bool(missing.all()) and not column.empty
    return bool((column == column.iloc[0]).all())


def _constant_detail(column: pd.Series[Any]) -> str:
    first = column.iloc[0]
    shown = "missing" if pd.isna(first) else repr(first.item() if isinstance(first, np.generic) else first)
    return f"is {shown} in all {len(column):,} training rows"


def _after_cutoff(
    cutoffs: pd.Series[Any], days: Mapping[str, pd.Series[Any]] | pd.DataFrame, config: AlarmsConfig
) -> list[Alarm]:
    known = pd.to_datetime(cutoffs).dt.normalize().to_numpy()
    alarms = []
    for key, column in days.items():
        name = str(key)
        if len(column) != len(known):
            raise DataError(f"days: {name!r} has {len(column):,} rows, snapshots have {len(known):,}; give one a row")
        dates = pd.to_datetime(column).dt.normalize().to_numpy()
        late = dates > known  # never so for a missing date
        if late.any():
            first = int(np.flatnonzero(late & (dates == dates[late].min()))[0])
            example = f"{pd.Timestamp(dates[first]):%Y-%m-%d} at a cutoff of {pd.Timestamp(known[late].min()):%Y-%m-%d}"
            detail = f"is after the cutoff in {int(late.sum()):,} of {len(known):,} rows, such as {example}"
            alarms.append(_alarm("after_cutoff", name, detail, config))
    return alarms


def _separating(
    snapshots: pd.DataFrame,
    features: Sequence[str],
    labels: Sequence[str],
    config: AlarmsConfig,
    categories: Sequence[str],
    dated: frozenset[str],
) -> list[Alarm]:
    if snapshots.empty:
        return []
    views = [View.of(snapshots, labels)]
    cutoffs = snapshots["cutoff"]
    if cutoffs.nunique() > 1:
        # an attribute as it is today knows the latest outcome; over all cutoffs it looks harmless
        latest = cutoffs.max()
        words = f" at the latest cutoff ({pd.Timestamp(latest):%Y-%m-%d})"
        views.append(View.of(snapshots[cutoffs == latest], labels, words=words))
    alarms = []
    for name in features:
        for view in views[:1] if name in dated else views:
            area, told = view.separates(name, name in categories)
            if area > config.separates_above:
                detail = f"alone separates {told}, above {config.separates_above:g}"
                alarms.append(_alarm("separates_dated" if name in dated else "separates", name, detail, config))
                break
    return alarms
