"""Scores of customers that stay on disk: batch after batch, whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from clv_ml.config import ValueConfig
from clv_ml.engine.stored import Stored, StoredWriter
from clv_ml.models.fitting import FittedModels
from clv_ml.models.scoring import score_customers


def score_stored(
    models: FittedModels,
    customers: Stored,
    path: Path,
    *,
    horizons_days: Sequence[int],
    value: ValueConfig,
    done: Callable[[int], None] = lambda rows: None,
) -> Stored:
    """Score customers as :func:`clv_ml.models.scoring.score_customers` does, and write the scores to a file.

    Parameters
    ----------
    customers
        Features at a cutoff, indexed by customer_id.
    path
        Of the file, which is written anew.
    done
        Told after each batch how many customers are scored.

    Returns
    -------
    Stored
        The scores in the order of `customers`; a customer's do not depend on who else is in the batch.
    """
    scored = 0
    with StoredWriter(path) as writer:
        for batch in customers.batches():
            scores = score_customers(models, batch, horizons_days=horizons_days, value=value)
            writer.write(scores.reset_index())
            scored += len(batch)
            done(scored)
    return Stored(path)
