"""What each job writes into MLflow."""

from __future__ import annotations

from clv_ml.config import Config
from clv_ml.tracking.run import LoggedRun, RunRecord
from clv_ml.tracking.upload import log_run

__all__ = ["LoggedRun", "log_training"]


def log_training(config: Config, record: RunRecord) -> LoggedRun:
    """Write a training into a run of its own with its children, and register the model.

    Raises
    ------
    ClvError
        If the store cannot be reached or refuses; the bundle on disk is untouched and the run waits in the outbox.
    """
    return log_run(config, record)
