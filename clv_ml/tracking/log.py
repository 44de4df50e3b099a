"""What each job writes into MLflow."""

from __future__ import annotations

from clv_ml.config import Config
from clv_ml.tracking.outbox import stage
from clv_ml.tracking.run import LoggedRun, RunRecord
from clv_ml.tracking.upload import log_run

__all__ = ["LoggedRun", "log_training"]


def log_training(config: Config, record: RunRecord, *others: RunRecord) -> LoggedRun:
    """Write a training into a run of its own with its children, and register the model.

    Parameters
    ----------
    others
        Runs that go before it: the evidence of its promotion.

    Raises
    ------
    ClvError
        If the store cannot be reached or refuses; the bundle on disk is untouched and the run waits in the outbox.
    """
    for other in others:
        stage(config, other)
    return log_run(config, record)
