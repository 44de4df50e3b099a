"""Features that cannot be right: they know the outcome, say nothing, or come from after the cutoff."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from clv_ml.config import AlarmsConfig
from clv_ml.config.sections import Alarm as Action
from clv_ml.errors import DataError, missing_columns
from clv_ml.models.categories import Codes, Floats, category_codes, numbers

Bools = npt.NDArray[np.bool_]
Kind = Literal["separates", "separates_dated", "constant", "after_cutoff", "unseen_category"]

OWN_PREFIX = "model_"  # what our own purchase model says of a customer may be as good as it likes
_MOST_ROWS = 200_000
_LEAST_ROWS = 10  # with fewer rows in a class, chance alone separates
_FOLDS = 5
_PRIOR_ROWS = 20.0

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
    return f"is {'missing' if pd.isna(first) else repr(first)} in all {len(column):,} training rows"


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
    lots = pd.util.hash_array(snapshots["customer_id"].astype(str).to_numpy(dtype=object))
    inside = _sample(lots)
    rows = snapshots[inside]
    outcomes = np.column_stack([numbers(rows[label]) for label in labels])
    smaller = np.minimum(outcomes.sum(axis=0), len(rows) - outcomes.sum(axis=0))
    usable = [position for position in range(len(labels)) if smaller[position] >= _LEAST_ROWS]
    outcomes = outcomes[:, usable]
    folds = np.asarray(lots[inside] % _FOLDS, dtype=np.int64)
    alarms = []
    for name in features:
        if name in categories:
            areas = _category_areas(category_codes(rows[name]), outcomes, folds)
        else:
            areas = _number_areas(numbers(rows[name]), outcomes)
        for position in np.argsort(-areas, kind="stable")[:1]:
            if areas[position] > config.separates_above:
                detail = (
                    f"alone separates {labels[usable[position]]} with an AUC of {areas[position]:.4f}, "
                    f"above {config.separates_above:g}"
                )
                alarms.append(_alarm("separates_dated" if name in dated else "separates", name, detail, config))
    return alarms


def _sample(lots: npt.NDArray[np.uint64]) -> Bools:
    """Choose the customers with the smallest lots, so that the order of rows does not matter."""
    if len(lots) <= _MOST_ROWS:
        return np.ones(len(lots), dtype=np.bool_)
    return np.asarray(lots <= np.partition(lots, _MOST_ROWS - 1)[_MOST_ROWS - 1])


def _number_areas(values: Floats, outcomes: Floats) -> Floats:
    """AUC in the better direction per label: of the value with missing as lowest, and of being missing."""
    missing = np.isnan(values)
    areas = _areas(rankdata(np.where(missing, -np.inf, values)), outcomes)
    if missing.any() and not missing.all():
        areas = np.maximum(areas, _areas(rankdata(missing), outcomes))
    return areas


def _category_areas(coded: tuple[Codes, int], outcomes: Floats, folds: Codes) -> Floats:
    """AUC in the better direction per label of the rate of each category among other customers.

    A category that few share knows little of the others, however exactly it names its own customer.
    """
    codes, size = coded
    cell = folds * size + codes
    counts = np.bincount(cell, minlength=_FOLDS * size).reshape(_FOLDS, size)
    others = counts.sum(axis=0) - counts
    areas = []
    for outcome in outcomes.T:
        churned = np.bincount(cell, weights=outcome, minlength=_FOLDS * size).reshape(_FOLDS, size)
        prior = _PRIOR_ROWS * outcome.mean()
        rates = (churned.sum(axis=0) - churned + prior) / (others + _PRIOR_ROWS)
        areas.append(_areas(rankdata(rates[folds, codes]), outcome[:, None])[0])
    return np.array(areas)


def _areas(ranks: Floats, outcomes: Floats) -> Floats:
    """AUC of mid-ranks per label, in the better direction (Mann-Whitney); exact, whatever the order of rows."""
    positives = outcomes.sum(axis=0)
    negatives = len(ranks) - positives
    below = (ranks[:, None] * outcomes).sum(axis=0) - positives * (positives + 1) / 2
    areas = below / (positives * negatives)
    return np.asarray(np.maximum(areas, 1 - areas), dtype=np.float64)
