"""How early can we know? Scores from the first days of a customer alone, judged on what came after them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from clv_ml.config import Config, SufficiencyConfig
from clv_ml.engine import Engine
from clv_ml.errors import DataError
from clv_ml.evaluation.bootstrap import bootstrap_gain, bootstrap_metrics
from clv_ml.evaluation.rivals import FULL, PURCHASES_ONLY
from clv_ml.models.alarms import apply_alarms, check_features
from clv_ml.models.churn import ChurnModel
from clv_ml.models.training_rows import Progress
from clv_ml.snapshot.aligned import align, cutoff_at_age
from clv_ml.snapshot.engagement_sums import FIRST_DAYS
from clv_ml.snapshot.labels import outcomes
from clv_ml.snapshot.population import population
from clv_ml.snapshot.tables import Tables, days_since, starts
from clv_ml.snapshot.window import Window

ACTIVITY, PURCHASES = "activity_alone", "purchases_alone"
_RANDOM_FOLDS = 5
_FEWEST = 20  # of either class, to learn from
_BUCKET_DAYS = 30
_FIGURES = ("churned_share", "auc", "auc_low", "auc_high", "gain", "gain_low", "gain_high")

Fold = tuple[np.ndarray, np.ndarray]  # positions of the rows to learn from, and of those to judge


def sufficiency(
    engine: Engine, tables: Tables, config: Config, *, last_day: dt.date, progress: Progress
) -> pd.DataFrame:
    """Judge what the first 1, 3, 7, ... days of a customer tell of the main horizon after the longest of them.

    The customers and the outcome are the same for every number of days: all whose start is far enough back,
    and whether they buy in the horizon that begins when the longest of the first days are over. Only what is known
    changes.

    Parameters
    ----------
    tables
        Data of all customers. Attributes that the config's alarms set aside are left out.
    last_day
        Purchases are known up to this day.

    Returns
    -------
    pandas.DataFrame
        One row for each kind of folds, number of days and score: folds (``time``: learnt only from customers whose
        outcome was known when the judged ones started; ``random``: five parts by customer), folds_judged (those
        with enough to learn from), days, score, n (customers judged), churned_share, auc, auc_low, auc_high, and the
        gain in AUC of the full classifier over this score with its interval (gain, gain_low, gain_high; 95 %,
        bootstrap by customer). Scores of different folds are compared within their fold only. Where none of the folds
        of a kind can be judged, one row a number of days says so: folds_judged 0, n 0, the rest NaN.

    Raises
    ------
    DataError
        If no customer started early enough, all or none of them came back, too few did to learn from in any fold, or
        the config refuses an attribute.
    """
    settings = config.sufficiency or SufficiencyConfig()
    longest, horizon = max(settings.days), config.churn.main_horizon_days
    progress("first days: aligning customers by their start")
    known = engine.materialise(starts(tables, last_day))
    together = align(engine, tables, known)
    rows = _outcome(engine, together, known, longest, horizon, last_day)
    made = {
        "time": list(time_folds(rows["start_day"], span_days=longest + horizon, parts=settings.folds)),
        "random": list(random_folds(rows.index)),
    }
    folds = {kind: [fold for fold in some if _is_telling(rows["churned"], fold)] for kind, some in made.items()}
    _require_folds(rows["churned"], folds)
    for kind, wanted in (("time", settings.folds), ("random", _RANDOM_FOLDS)):
        if len(folds[kind]) < wanted:
            progress(
                f"first days: {len(folds[kind])} of {wanted} folds ({kind}) can be judged; learning takes {_FEWEST} "
                f"customers who came back and {_FEWEST} who stayed away, judging takes one of each"
            )
    parts = []
    for days in settings.days:
        progress(f"first days: what {days} of them tell")
        described = engine.to_pandas(population(engine, together, cutoff_at_age(days))).set_index("customer_id")
        described = described.reindex(rows.index).assign(churned=rows["churned"], bucket=_buckets(rows["start_day"]))
        features = _trusted(described, days, tables, config)
        for kind, some in folds.items():
            judged = _judge(described, some, days, features, tables, config) if some else _unjudged(days)
            judged.insert(0, "folds", kind)
            judged.insert(1, "folds_judged", len(some))
            parts.append(judged)
    return pd.concat(parts, ignore_index=True)


def time_folds(start_days: pd.Series[pd.Timestamp], *, span_days: int, parts: int) -> Iterator[Fold]:
    """Split customers by start: each part is judged by what was known when its first customer started.

    Parameters
    ----------
    start_days
        Day of the start of each customer.
    span_days
        Days from a start until its outcome is known.
    parts
        How many parts are judged. Who started after the first outcome was known is split into one more, all of equal
        size: the first would be judged by next to nothing, and is only learnt from.
    """
    day = pd.to_datetime(start_days).to_numpy()
    span = np.timedelta64(span_days, "D")
    later = np.sort(day[day >= day.min() + span])
    borders = [later[len(later) * part // (parts + 1)] for part in range(1, parts + 1)] if len(later) else []
    for place, border in enumerate(borders):
        end = borders[place + 1] if place + 1 < len(borders) else day.max() + np.timedelta64(1, "D")
        yield np.flatnonzero(day + span <= border), np.flatnonzero((day >= border) & (day < end))


def random_folds(customers: pd.Index) -> Iterator[Fold]:
    """Split customers into five parts by a hash of their id."""
    lot = pd.util.hash_array(customers.astype(str).to_numpy(dtype=object)) % _RANDOM_FOLDS
    for part in range(_RANDOM_FOLDS):
        yield np.flatnonzero(lot != part), np.flatnonzero(lot == part)


def _outcome(
    engine: Engine, together: Tables, known: object, longest: int, horizon: int, last_day: dt.date
) -> pd.DataFrame:
    """Return start_day and churned of everybody whose outcome is complete, indexed by customer_id in its order."""
    window = Window(cutoff_at_age(longest), horizon)
    counted = engine.to_pandas(outcomes(window.future(together.totals), known, window.cutoff, (horizon,)))
    started = engine.to_pandas(known).set_index("customer_id")["started_at"].dt.normalize().rename("start_day")
    rows = counted.set_index("customer_id").join(started).sort_index()
    over = rows["start_day"] + pd.Timedelta(days=longest - 1 + horizon) <= pd.Timestamp(last_day)
    rows = rows[over].rename(columns={f"churned_{horizon}": "churned"})
    if rows.empty or rows["churned"].nunique() < 2:
        raise DataError(
            f"sufficiency: of {len(rows):,} customers who started at least {longest - 1 + horizon} days before "
            f"{last_day}, {int(rows['churned'].sum()):,} stayed away: nothing to tell apart"
        )
    return rows[["start_day", "churned"]]


def _is_telling(churned: pd.Series[int], fold: Fold) -> bool:
    """Whether a fold has enough of either class to learn from, and both to judge."""
    before, after = churned.iloc[fold[0]], churned.iloc[fold[1]]
    left = int(before.sum())
    return min(left, len(before) - left) >= _FEWEST and after.nunique() == 2


def _require_folds(churned: pd.Series[int], folds: Mapping[str, Sequence[Fold]]) -> None:
    if not any(folds.values()):
        left = int(churned.sum())
        raise DataError(
            f"sufficiency: of {len(churned):,} customers {len(churned) - left:,} came back and {left:,} stayed away; "
            f"no fold has {_FEWEST} of each to learn from: give more customers, or leave `sufficiency` out"
        )


def _trusted(described: pd.DataFrame, days: int, tables: Tables, config: Config) -> tuple[str, ...]:
    """Return the features but for attributes that know the outcome; a constant is no alarm so early."""
    horizon = config.churn.main_horizon_days
    rows = described.assign(cutoff=cutoff_at_age(days), **{f"churned_{horizon}": described["churned"]}).reset_index()
    alarms = check_features(
        rows,
        tables.attribute_features,
        [f"churned_{horizon}"],
        config.churn.alarms,
        categories=tables.categories,
        days={days_since(name): rows[name] for name in tables.dates},
    )
    return apply_alarms([alarm for alarm in alarms if alarm.kind != "constant"], tables.features)


def _judge(
    described: pd.DataFrame, folds: Sequence[Fold], days: int, features: Sequence[str], tables: Tables, config: Config
) -> pd.DataFrame:
    scores: dict[str, list[pd.Series[float]]] = {}
    for learn, judge in folds:
        for name, score in _scores(
            described.iloc[learn], described.iloc[judge], days, features, tables, config
        ).items():
            # models of different folds do not share a scale; a score that tells nobody apart is .5 in all of them
            scores.setdefault(name, []).append((score.rank() - 0.5) / len(score))
    pooled = pd.DataFrame({name: pd.concat(parts) for name, parts in scores.items()}).sort_index()
    churned = described.loc[pooled.index, "churned"]
    told = bootstrap_metrics(churned, {str(name): pooled[name] for name in pooled}, seed=config.seed)
    table = told[["score", "n", "prevalence", "auc", "auc_low", "auc_high"]].rename(
        columns={"prevalence": "churned_share"}
    )
    gains = [_gain(churned, pooled[FULL], pooled[name], config.seed) for name in table["score"]]
    table = table.join(pd.DataFrame(gains, columns=["gain", "gain_low", "gain_high"]))
    table.insert(0, "days", days)
    return table


def _unjudged(days: int) -> pd.DataFrame:
    return pd.DataFrame({"days": [days], "score": [FULL], "n": [0], **{name: [np.nan] for name in _FIGURES}})


def _scores(
    before: pd.DataFrame, after: pd.DataFrame, days: int, features: Sequence[str], tables: Tables, config: Config
) -> dict[str, pd.Series[float]]:
    found = {FULL: _classify(before, after, features, tables, config)}
    if tables.events is not None:
        purchases = [name for name in features if name not in tables.engagement_features]
        found[PURCHASES_ONLY] = _classify(before, after, purchases, tables, config)
        amount = "minutes" if tables.signals.minutes else "active_days"
        shorter = max(n for n in FIRST_DAYS if n <= days or n == FIRST_DAYS[0])
        found[ACTIVITY] = -after[f"{amount}_first_{shorter}d"].astype("float64")
    return found | {PURCHASES: -after["orders_total"].fillna(0.0)}


def _classify(
    before: pd.DataFrame, after: pd.DataFrame, features: Sequence[str], tables: Tables, config: Config
) -> pd.Series[float]:
    horizon = config.churn.main_horizon_days
    rows = before.assign(cutoff=before["bucket"], **{f"churned_{horizon}": before["churned"]}).reset_index()
    telling = [name for name in features if rows[name].nunique(dropna=False) > 1]
    if not telling:  # such as purchases, where everybody bought the same thing at the start
        return pd.Series(before["churned"].mean(), index=after.index)
    model = ChurnModel(horizons_days=(horizon,), seed=config.seed, threads=config.engine.threads)
    model.fit(rows, features=telling, categories=[name for name in tables.categories if name in telling])
    return model.predict(after)[f"p_churn_{horizon}d"]


def _gain(
    churned: pd.Series[float], new: pd.Series[float], old: pd.Series[float], seed: int
) -> tuple[float, float, float]:
    if new.equals(old):
        return float("nan"), float("nan"), float("nan")
    table = bootstrap_gain(churned, new, old, seed=seed)
    low, middle, high = table.loc[table["metric"] == "auc", ["gain_low", "gain", "gain_high"]].to_numpy()[0]
    return float(middle), float(low), float(high)


def _buckets(start_days: pd.Series[pd.Timestamp]) -> pd.Series[dt.date]:
    """Bring starts together by 30 days, for the classifier's own split by time."""
    days = (start_days - start_days.min()).dt.days // _BUCKET_DAYS * _BUCKET_DAYS
    return (start_days.min() + pd.to_timedelta(days, unit="D")).dt.date
