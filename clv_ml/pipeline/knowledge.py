"""What a list needs to know beside the data: consent and contacts, the list before, the secret of the control draw."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from clv_ml.config import Config
from clv_ml.decisions.control import secret_print
from clv_ml.pipeline.earlier import EarlierList, earlier_lists, last_judged
from clv_ml.pipeline.prepared import Prepared
from clv_ml.publishing import digest


@dataclass(frozen=True)
class Knowledge:
    """What is known at the day of a list.

    Attributes
    ----------
    details
        consent, refused, last_contacted_at by customer, as far as the job has them.
    previous
        The list before this one.
    judged
        The newest list whose time is over, and the horizon it is judged by.
    secret
        Key of the control draw; empty where none is set.
    """

    details: pd.DataFrame | None
    previous: EarlierList | None
    judged: tuple[EarlierList, int] | None
    secret: str

    @property
    def fingerprint(self) -> str:
        """Digest of everything here that a list depends on; it does not tell the secret."""
        people = None
        if self.details is not None:
            people = pd.util.hash_pandas_object(self.details.sort_index()).sum()
        return digest(
            str(people),
            None if self.previous is None else self.previous.run_id,
            None if self.judged is None else [self.judged[0].run_id, self.judged[1]],
            secret_print(self.secret),
        )

    def previous_list(self, main_score: str) -> pd.DataFrame | None:
        """Return customer_id, rank and the main probability of the list before."""
        if self.previous is None:
            return None
        return self.previous.read(["customer_id", "rank", main_score])


def gather(prepared: Prepared, config: Config, day: dt.date, scores_folder: Path) -> Knowledge:
    """Gather what is known at a day."""
    earlier = earlier_lists(scores_folder, day)
    return Knowledge(
        details=None,
        previous=earlier[0] if earlier else None,
        judged=last_judged(prepared, earlier, day),
        secret=os.environ.get(config.risk.control.key_env, ""),
    )
