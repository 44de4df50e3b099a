"""The model as MLflow serves it: transactions in, one scored row a customer out.

MLflow runs this file to build the model (models from code); the bundle beside it is data. It is never
imported by the package.
"""

from __future__ import annotations

from typing import Any

import mlflow
import pandas as pd


class ServedModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Scores customers from their transactions as of a day."""

    def load_context(self, context: Any) -> None:
        """Read the bundle."""
        from clv_ml.models.bundle import load_bundle

        self._bundle = load_bundle(context.artifacts["bundle"])

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return customer_id and its scores as of params["as_of"] (the last day of the input where empty)."""
        from clv_ml.pipeline import score_transactions

        as_of = (params or {}).get("as_of") or None
        return score_transactions(self._bundle, model_input, as_of=as_of).reset_index()


mlflow.models.set_model(ServedModel())
