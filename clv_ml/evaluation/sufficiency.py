"""How early can we know? Scores from the first days of a customer alone, judged on what came after them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from clv_ml.config import Config, SufficiencyConfig
from clv_ml.engine import Engine
from clv_ml.errors import DataError
from clv_ml.evaluation.bootstrap import bootstrap_gain, bootstrap_metrics
from clv_ml.evaluation.rivals import FULL, PURCHASES_ONLY
from clv_ml.models.churn import ChurnModel
from clv_ml.models.training_rows import Progress
from clv_ml.snapshot.aligned import align, cutoff_at_age
from clv_ml.snapshot.engagement_sums import FIRST_DAYS
from clv_ml.snapshot.features import PURCHASE_FEATURES
from clv_ml.snapshot.labels import outcomes
from clv_ml.snapshot.population import population
from clv_ml.snapshot.tables import Tables, starts
from clv_ml.snapshot.window import Window

ACTIVITY, PURCHASES = "activity_alone", "purchases_alone"
_RANDOM_FOLDS = 5
_FEWEST = 20  # of either class, to learn from
_BUCKET_DAYS = 30

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
        Data of all customers.
    last_day
        Purchases are known up to this day.

    Returns
    -------
    pandas.DataFrame
        One row for each kind of folds, number of days and score: folds (``time``: learnt only from customers whose
        outcome was known when the judged ones started; ``random``: five parts by customer), days, score, n,
        churned_share, auc, auc_low, auc_high, and the gain in AUC of the full classifier over this score with its
        interval (gain, gain_low, gain_high; 95 %, bootstrap by customer). Scores of different folds are compared
        within their fold only.

    Raises
    ------
    DataError
        If no customer started early enough, or all or none of them came back.
    """
    settings = config.sufficiency or SufficiencyConfig()
    longest, horizon = max(settings.days), config.churn.main_horizon_days
    progress("first days: aligning customers by their start")
    known = engine.materialise(starts(tables, last_day))
    together = align(engine, tables, known)
    rows = _outcome(engine, together, known, longest, horizon, last_day)
    folds = {
        "time": list(time_folds(rows["start_day"], span_days=longest + horizon, parts=settings.folds)),
        "random": list(random_folds(rows.index)),
    }
    parts = []
    for days in settings.days:
        progress(f"first days: what {days} of them tell")
        described = engine.to_pandas(population(engine, together, cutoff_at_age(days))).set_index("customer_id")
        described = described.reindex(rows.index).assign(churned=rows["churned"], bucket=_buckets(rows["start_day"]))
        for kind, some in folds.items():
            judged = _judge(described, some, days, tables, config)
            if judged is not None:
                judged.insert(0, "folds", kind)
                parts.append(judged)
    if not parts:
        raise DataError("sufficiency: too few customers came back, or stayed away, to learn from in any fold")
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
        How many parts of equal size the customers are split into who started after the first outcome was known.
    """
    day = pd.to_datetime(start_days).to_numpy()
    span = np.timedelta64(span_days, "D")
    later = np.sort(day[day >= day.min() + span])
    borders = [later[len(later) * part // parts] for part in range(parts)] if len(later) else []
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


def _judge(
    described: pd.DataFrame, folds: Sequence[Fold], days: int, tables: Tables, config: Config
) -> pd.DataFrame | None:
    scores: dict[str, list[pd.Series[float]]] = {}
    for learn, judge in folds:
        before, after = described.iloc[learn], described.iloc[judge]
        fewest = min(before["churned"].sum(), len(before) - before["churned"].sum()) if len(before) else 0
        if fewest < _FEWEST or after["churned"].nunique() < 2:
            continue
        for name, score in _scores(before, after, days, tables, config).items():
            # models of different folds do not share a scale: compare within the fold
            scores.setdefault(name, []).append(score.rank(pct=True))
    if not scores:
        return None
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


def _scores(
    before: pd.DataFrame, after: pd.DataFrame, days: int, tables: Tables, config: Config
) -> dict[str, pd.Series[float]]:
    found = {FULL: _classify(before, after, tables.features, tables, config)}
    if tables.events is not None:
        purchases = (*PURCHASE_FEATURES, *tables.attribute_features)
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
