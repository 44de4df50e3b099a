"""The trees of the churn model for one outcome, as an estimator of scikit-learn."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    assert_all_finite,
    check_array,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from clv_ml.data.arrow import as_pandas
from clv_ml.models._boosting import Classifier, Floats, Recipe, fit_classifier
from clv_ml.models._horizon_facts import HorizonFacts
from clv_ml.models._nested import is_cautious
from clv_ml.models.categories import CategoryMap, feature_matrix
from clv_ml.models.folds import TimeFolds, split_by_time
from clv_ml.models.signs import known_signs


class ChurnClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Who stays away: features and one yes or no, for pipelines, cross-validation and calibration of scikit-learn.

    :class:`clv_ml.models.churn.ChurnModel` learns several horizons at once, which may not cross, and needs the cutoff
    of each row to hold back later ones: a table that has no place in ``fit(X, y)``. This estimator grows the trees of
    its main horizon from the same recipe; with the same rows in the same order and their `cutoffs` it gives the same
    probabilities.

    Parameters
    ----------
    horizon_days
        Length of the outcome: rows of two cutoffs are held apart by as much. Not used without `cutoffs`.
    monotone
        Hold the features of :mod:`clv_ml.models.signs` to their signs where that costs nothing later in time; only
        with `cutoffs`, and features with names.
    random_state
        Of feature and row sampling.
    threads
        For training; the result does not depend on it. All cores where None.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The outcomes, sorted; the second is the one whose chance is learnt.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only where `X` was a frame whose columns are texts.
    feature_importances_ : ndarray of shape (n_features_in_,)
        Share of each feature in the gain of the trees.
    categories_ : dict
        The columns that hold categories, with their codes.
    facts_ : HorizonFacts
        How the trees came about.

    Notes
    -----
    Every check of ``sklearn.utils.estimator_checks`` passes; none is expected to fail. What does not apply:
    ``get_feature_names_out`` and ``set_output`` belong to transformers; more than two classes are refused; missing
    values are learnt from, infinite ones refused; there are no sample weights.

    Examples
    --------
    >>> import numpy as np
    >>> silent = np.arange(400.0) % 100
    >>> model = ChurnClassifier().fit(pd.DataFrame({"days_since_last": silent}), silent > 50)
    >>> model.predict(pd.DataFrame({"days_since_last": [3.0, 97.0]}))
    array([False,  True])
    """

    categories_: dict[str, CategoryMap]
    classifier_: Classifier
    facts_: HorizonFacts

    def __init__(
        self,
        *,
        horizon_days: int = 90,
        monotone: bool = True,
        random_state: int | np.random.RandomState | None = 42,
        threads: int | None = None,
    ) -> None:
        self.horizon_days = horizon_days
        self.monotone = monotone
        self.random_state = random_state
        self.threads = threads

    def fit(self, X: Any, y: Any, cutoffs: Any = None) -> Self:
        """Learn one outcome.

        Parameters
        ----------
        X
            Features, shape (rows, features): numbers or NaN; in a frame (of pandas, or one that speaks Arrow) also
            columns of texts or categories.
        y
            The outcome of each row, two different values.
        cutoffs
            Day at which each row was looked at, in anything pandas reads as days. With it the number of trees, signs
            and calibration are decided on later rows, a horizon apart; without, the usual number of trees is grown on
            all of them.

        Raises
        ------
        ValueError
            If `X`, `y` or `cutoffs` have another shape, infinite values, or `y` other than two classes.
        """
        matrix = self._matrix(X, first=True)
        outcome = self._outcome(matrix, y)
        names = self._names()
        recipe = Recipe(
            names,
            categories=tuple(at for at, name in enumerate(names) if name in self.categories_),
            signs=known_signs(names) if self.monotone else (),
            seed=self._seed(),
            threads=self.threads,
            cautious=is_cautious(outcome),
        )
        self.classifier_, self.facts_ = fit_classifier(
            matrix,
            outcome,
            self._folds(len(outcome), cutoffs),
            recipe,
            horizon_days=self.horizon_days,
            learnt_from="all rows",
        )
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Return the chance of each class, shape (rows, 2), in the order of `classes_`."""
        check_is_fitted(self)
        chance = self.classifier_.probability(self._matrix(X))
        return np.column_stack([1 - chance, chance])

    def predict(self, X: Any) -> Any:
        """Return the likelier class of each row, shape (rows,)."""
        likelier = (self.predict_proba(X)[:, 1] > 0.5).astype(np.int64)
        return self.classes_[likelier]

    @property
    def feature_importances_(self) -> Floats:
        """Share of each feature in the gain of the trees, shape (features,)."""
        check_is_fitted(self)
        gain = np.asarray(self.classifier_.booster.feature_importance(importance_type="gain"), dtype=np.float64)
        return np.asarray(gain / max(gain.sum(), 1e-300))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags

    def _names(self) -> tuple[str, ...]:
        known = getattr(self, "feature_names_in_", None)
        return tuple(f"x{at}" for at in range(self.n_features_in_)) if known is None else tuple(known)

    def _matrix(self, X: Any, *, first: bool = False) -> Floats:
        """Check features and put them side by side; the categories are learnt at `first`."""
        X = as_pandas(X)
        texts = _texts(X) if first else list(self.categories_)
        if first:
            self.categories_ = {name: CategoryMap.learn(X[name]) for name in texts}
        if not texts:
            checked: Floats = validate_data(self, X, reset=first, dtype=np.float64, ensure_all_finite="allow-nan")
            return checked
        if not isinstance(X, pd.DataFrame):
            raise ValueError(
                f"X is a {type(X).__name__}; a frame is wanted: columns {', '.join(texts)} hold categories"
            )
        validate_data(self, X, reset=first, skip_check_array=True)
        codes: Floats = check_array(feature_matrix(X, self._names(), self.categories_), ensure_all_finite="allow-nan")
        return codes

    def _outcome(self, matrix: Floats, y: Any) -> Floats:
        """Check the outcomes, keep the classes, and return 1 for the second of them."""
        if y is None:
            raise ValueError("This ChurnClassifier estimator requires y to be passed, but the target y is None.")
        labels = column_or_1d(y, warn=True)
        assert_all_finite(labels, input_name="y")
        check_consistent_length(matrix, labels)
        check_classification_targets(labels)
        kind = type_of_target(labels, input_name="y")
        if kind != "binary":
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y is {labels[0]} in all {len(labels)} rows: that is one class, and two are wanted")
        return np.asarray(numbers, dtype=np.float64)

    def _folds(self, rows: int, cutoffs: Any) -> TimeFolds:
        if cutoffs is None:
            nobody = np.array([], dtype=np.int64)
            return TimeFolds(np.arange(rows), nobody, nobody, (), None, None)
        days = pd.to_datetime(pd.Series(list(cutoffs)))
        if len(days) != rows or days.isna().any():
            raise ValueError(f"cutoffs: {days.notna().sum()} days for {rows} rows; one of each row is wanted")
        return split_by_time(list(days.dt.date), embargo_days=self.horizon_days)

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))


def _texts(X: Any) -> list[str]:
    """List the columns of a frame that hold texts or categories."""
    if not isinstance(X, pd.DataFrame):
        return []
    kinds = {str(name): kind for name, kind in X.dtypes.items()}
    return [name for name, kind in kinds.items() if isinstance(kind, pd.CategoricalDtype) or kind.kind == "O"]
