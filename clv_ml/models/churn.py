"""LightGBM churn classifier: P(no purchase within each horizon), learnt from snapshots at past cutoffs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

import pandas as pd

from clv_ml.data.arrow import AnyFrame, as_pandas
from clv_ml.engine.stored import Stored
from clv_ml.errors import DataError, missing_columns
from clv_ml.models._arguments import Arguments
from clv_ml.models._boosting import Classifier, Floats, Recipe
from clv_ml.models._horizon_facts import HorizonFacts
from clv_ml.models._nested import fit_horizons, fit_step, horizon_probabilities
from clv_ml.models.categories import CategoryMap, feature_matrix, numbers
from clv_ml.models.folds import split_by_time
from clv_ml.models.signs import known_signs
from clv_ml.models.tuning import Tuning

_OWN = "own"


class ChurnModel(Arguments):
    """Gradient-boosted classifiers whose probabilities fall with the horizon, without ties.

    The longest horizon is learnt directly. A shorter one is learnt as P(no purchase within it | a purchase within
    the next longer one), from the rows with such a purchase, so that p_60 = p_90 + (1 - p_90) * that, and so on. So
    is the customer's own horizon, inside the main one.

    Training is ordered in time with a full horizon between the parts: fit < stop (early stopping, and
    calibration is fitted here) < judge (calibration and signs are kept only if they lower the log loss here). Then the
    trees are grown once more on all snapshots, with the number of rounds found. With fewer than 5,000 rows in the
    smaller class the trees are smaller and grow slower, and calibration needs 500 at the stop cutoff.

    It is no estimator of scikit-learn, though `get_params`, `set_params` and ``sklearn.base.clone`` work: `fit` takes
    one frame with the cutoffs and an outcome a horizon, which ``fit(X, y)`` has no place for, and `predict` tells all
    horizons together. :class:`clv_ml.models.churn_classifier.ChurnClassifier` is one, for a single outcome.

    Parameters
    ----------
    horizons_days
        Ascending; the last is the main one.
    seed
        Of feature and row sampling.
    threads
        For training; the result does not depend on it. All cores where None.
    monotone
        Hold the main horizon to the signs of :mod:`clv_ml.models.signs` where that costs nothing later in time.
    own_gap
        Learn churned_own as well: no purchase within own_horizon_days, which should be among the features.
    tuning_trials
        How many LightGBM settings to try for the main horizon; the usual ones where 0. Needs optuna.

    Attributes
    ----------
    features_ : tuple of str
        Columns the model reads, in this order.
    categories_ : dict of str to CategoryMap
        Those of them that hold categories, with their codes.
    facts_ : tuple of HorizonFacts
        One a horizon, ascending.
    own_facts_ : HorizonFacts or None
    tuning_ : Tuning or None
    """

    def __init__(
        self,
        *,
        horizons_days: Sequence[int] = (30, 60, 90),
        seed: int = 42,
        threads: int | None = None,
        monotone: bool = True,
        own_gap: bool = False,
        tuning_trials: int = 0,
    ) -> None:
        self.horizons_days = tuple(horizons_days)
        self.seed = seed
        self.threads = threads
        self.monotone = monotone
        self.own_gap = own_gap
        self.tuning_trials = tuning_trials
        self.features_: tuple[str, ...] = ()
        self.categories_: dict[str, CategoryMap] = {}
        self.facts_: tuple[HorizonFacts, ...] = ()
        self.own_facts_: HorizonFacts | None = None
        self.tuning_: Tuning | None = None
        self._horizons: dict[int, Classifier] = {}
        self._own: Classifier | None = None

    def fit(self, snapshots: AnyFrame, *, features: Sequence[str], categories: Sequence[str] = ()) -> Self:
        """Learn from customers seen at several cutoffs.

        Parameters
        ----------
        snapshots
            One row a customer and cutoff, in any order: customer_id, cutoff (date), the features (numbers or NaN),
            churned_H (0 or 1) for each horizon H, and churned_own with `own_gap`.
        features
            Columns to learn from.
        categories
            Those of them that hold categories; the others of these names are not looked at.

        Raises
        ------
        ConfigError
            If there are trials to make and optuna is not installed.
        DataError
            If a column is missing or is no number, there are no rows, the main horizon has only one class, or
            somebody bought within a horizon but not within a longer one.
        """
        snapshots = as_pandas(snapshots)
        labels = {f"churned_{horizon}": horizon for horizon in self.horizons_days}
        needed = ["customer_id", "cutoff", *features, *labels, *(["churned_own"] if self.own_gap else [])]
        absent = [name for name in needed if name not in snapshots.columns]
        if absent:
            raise missing_columns("snapshots", absent, snapshots.columns, "Build them with one training call.")
        if snapshots.empty:
            raise DataError("snapshots: there are no rows to learn from")
        rows = snapshots.sort_values(["cutoff", "customer_id"], kind="stable", ignore_index=True)
        self.features_ = tuple(features)
        self.categories_ = {name: CategoryMap.learn(rows[name]) for name in features if name in set(categories)}
        matrix = feature_matrix(rows, self.features_, self.categories_)
        days = {value: pd.Timestamp(value).date() for value in rows["cutoff"].unique()}
        folds = split_by_time([days[value] for value in rows["cutoff"]], embargo_days=self.horizons_days[-1])
        recipe = Recipe(
            self.features_,
            categories=tuple(position for position, name in enumerate(features) if name in self.categories_),
            signs=known_signs(self.features_) if self.monotone else (),
            seed=self.seed,
            threads=self.threads,
        )
        outcomes = {horizon: numbers(rows[label]) for label, horizon in labels.items()}
        self._horizons, self.facts_, self.tuning_ = fit_horizons(
            matrix, outcomes, folds, recipe, tuning_trials=self.tuning_trials
        )
        if self.own_gap:
            main = self.horizons_days[-1]
            names = {"churned_own": numbers(rows["churned_own"]), f"churned_{main}": outcomes[main]}
            # no own horizon is longer than the main one
            self._own, self.own_facts_ = fit_step(matrix, names, folds, recipe, horizons_days=(main, main))
        return self

    def predict(self, features: AnyFrame) -> pd.DataFrame:
        """Return P(no purchase in the next H days) for each horizon H.

        Parameters
        ----------
        features
            One row a customer, with the columns the model was fitted on; a pandas frame, or one that speaks Arrow.

        Returns
        -------
        pandas.DataFrame
            Indexed like `features`: p_churn_30d, ... in [0, 1], falling with the horizon; with `own_gap` also
            p_churn_own, above that of the main horizon, than which no own horizon is longer.

        Raises
        ------
        DataError
            If a column is missing or is no number.
        """
        features = as_pandas(features, index="customer_id")
        matrix = self._matrix(features)
        away = horizon_probabilities(self._horizons, matrix)
        scores = {f"p_churn_{horizon}d": away[horizon] for horizon in self.horizons_days}
        if self._own is not None:
            main = away[self.horizons_days[-1]]
            scores["p_churn_own"] = main + (1 - main) * self._own.probability(matrix)
        return pd.DataFrame(scores, index=features.index)

    def unseen(self, features: pd.DataFrame | Stored) -> dict[str, list[tuple[str, int]]]:
        """Name the categories that training had not seen, with their rows, by column; columns without any are left out.

        They are scored as one of the rare categories, or as missing where training had none.

        Raises
        ------
        DataError
            If one of the columns with categories is missing.
        """
        absent = [name for name in self.categories_ if name not in features.columns]
        if absent:
            raise missing_columns("features", absent, features.columns, "Score with the features of training.")
        found = {name: known.unseen(features[name]) for name, known in self.categories_.items()}
        return {name: values for name, values in found.items() if values}

    def contributions(self, features: AnyFrame) -> pd.DataFrame:
        """Return each feature's exact share (TreeSHAP) in the log odds of the main horizon, and the base value.

        They add up to the log odds of p_churn at the main horizon, calibration included.
        """
        features = as_pandas(features, index="customer_id")
        classifier = self._horizons[self.horizons_days[-1]]
        raw = classifier.contributions(self._matrix(features)) if len(features) else None
        return pd.DataFrame(raw, index=features.index, columns=[*self.features_, "base_value"])

    def importance(self) -> pd.Series[float]:
        """Return each feature's share in the gain of the main horizon's trees, largest first."""
        gain = self._horizons[self.horizons_days[-1]].booster.feature_importance(importance_type="gain")
        shares = pd.Series(gain / max(gain.sum(), 1e-300), index=pd.Index(self.features_, name="feature"), name="gain")
        return shares.sort_values(ascending=False, kind="stable")

    def to_files(self) -> dict[str, str]:
        """Return the trees as LightGBM text, by file name."""
        grown = {name: known for name, known in self._classifiers().items() if known.booster is not None}
        return {file_name(name): known.text() for name, known in grown.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the trees as JSON-safe values."""
        return {
            "horizons_days": list(self.horizons_days),
            "seed": self.seed,
            "monotone": self.monotone,
            "own_gap": self.own_gap,
            "tuning_trials": self.tuning_trials,
            "features": list(self.features_),
            "categories": {name: known.to_dict() for name, known in self.categories_.items()},
            "facts": [asdict(fact) for fact in self.facts_],
            "tuning": None if self.tuning_ is None else self.tuning_.to_dict(),
            "own_facts": None if self.own_facts_ is None else asdict(self.own_facts_),
            "classifiers": {name: known.to_dict() for name, known in self._classifiers().items()},
        }

    @classmethod
    def from_files(cls, data: Mapping[str, Any], files: Mapping[str, str]) -> Self:
        """Rebuild a model from :meth:`to_dict` and :meth:`to_files`."""
        settings = {name: data[name] for name in ("horizons_days", "seed", "monotone", "own_gap", "tuning_trials")}
        model = cls(**settings)
        model.features_ = tuple(data["features"])
        model.categories_ = {name: CategoryMap.from_dict(known) for name, known in data["categories"].items()}
        model.facts_ = tuple(HorizonFacts(**fact) for fact in data["facts"])
        model.own_facts_ = None if data["own_facts"] is None else HorizonFacts(**data["own_facts"])
        model.tuning_ = None if data["tuning"] is None else Tuning(**data["tuning"])
        trees = {
            name: Classifier.from_text(kept, files[file_name(name)] if kept["constant"] is None else None)
            for name, kept in data["classifiers"].items()
        }
        model._own = trees.pop(_OWN, None)
        model._horizons = {int(horizon): known for horizon, known in trees.items()}
        return model

    def _classifiers(self) -> dict[str, Classifier]:
        named = {str(horizon): self._horizons[horizon] for horizon in sorted(self._horizons)}
        return named if self._own is None else {**named, _OWN: self._own}

    def _matrix(self, features: pd.DataFrame) -> Floats:
        absent = [name for name in self.features_ if name not in features.columns]
        if absent:
            raise missing_columns("features", absent, features.columns, "Score with the features of training.")
        return feature_matrix(features, self.features_, self.categories_)


def file_name(name: str) -> str:
    """Return the name of the file with the trees of a classifier: of a horizon in days, or "own"."""
    return f"churn_{name}.txt" if name == _OWN else f"churn_{name}d.txt"
