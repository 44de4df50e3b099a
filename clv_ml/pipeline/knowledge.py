"""What a list needs to know beside the data: consent and contacts, the list before, the secret of the control draw."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from clv_ml.config import Config
from clv_ml.data.contact_details import DECISIVE, contact_details
from clv_ml.data.contacted import last_contacts
from clv_ml.decisions.control import secret_print
from clv_ml.models.training_rows import Progress
from clv_ml.pipeline.contact_reading import configured_contacts
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
    personal
        Those of name, phone and email that the hand-over needs, by customer.
    previous
        The list before this one.
    judged
        The newest list whose time is over, and the horizon it is judged by.
    secret
        Key of the control draw; empty where none is set.
    """

    details: pd.DataFrame | None
    personal: pd.DataFrame | None
    previous: EarlierList | None
    judged: tuple[EarlierList, int] | None
    secret: str

    @property
    def fingerprint(self) -> str:
        """Digest of everything here that a list depends on; it does not tell the secret."""
        return digest(
            _print(self.details),
            _print(self.personal),
            None if self.previous is None else self.previous.run_id,
            None if self.judged is None else [self.judged[0].run_id, self.judged[1]],
            secret_print(self.secret),
        )

    def previous_list(self, main_score: str) -> pd.DataFrame | None:
        """Return customer_id, rank and the main probability of the list before."""
        if self.previous is None:
            return None
        return self.previous.read(["customer_id", "rank", main_score])


def gather(prepared: Prepared, config: Config, day: dt.date, scores_folder: Path, *, progress: Progress) -> Knowledge:
    """Gather what is known at a day."""
    earlier = earlier_lists(scores_folder, day)
    people = _people(prepared, config, day)
    return Knowledge(
        details=_decisive(people, _contacted(prepared, config, day, progress)),
        personal=_columns(people, config.handover.details_columns),
        previous=earlier[0] if earlier else None,
        judged=last_judged(prepared, earlier, day),
        secret=os.environ.get(config.risk.control.key_env, ""),
    )


def _people(prepared: Prepared, config: Config, day: dt.date) -> pd.DataFrame | None:
    """Read what the table of customers tells beside their attributes, of personal columns only those asked for."""
    if config.customers is None:
        return None
    columns = (*DECISIVE, *config.handover.details_columns)
    return contact_details(prepared.engine, config.customers, as_of=day, columns=columns)


def _contacted(prepared: Prepared, config: Config, day: dt.date, progress: Progress) -> pd.DataFrame | None:
    """Read who was contacted when, from the contacts that came back."""
    if not config.contacts.sources:
        return None
    ids = prepared.engine.to_pandas(prepared.totals.select("customer_id").distinct())["customer_id"]
    contacts = configured_contacts(config, more_ids=ids, progress=progress)
    return None if contacts is None else last_contacts(contacts, day)


def _decisive(people: pd.DataFrame | None, contacted: pd.DataFrame | None) -> pd.DataFrame | None:
    """Join consent, refusals and the last contact from both places; the later contact and any refusal count."""
    known = _columns(people, DECISIVE)
    if contacted is None or known is None:
        return contacted if known is None else known
    both = known.reindex(known.index.union(contacted.index))
    there = contacted.reindex(both.index)
    refused = there["refused"].eq(True)
    last = there["last_contacted_at"]
    if "refused" in known:
        refused |= both["refused"].eq(True)
    if "last_contacted_at" in known:
        last = pd.concat([last, both["last_contacted_at"]], axis=1).max(axis=1)
    return both.assign(refused=refused, last_contacted_at=last)


def _columns(table: pd.DataFrame | None, names: tuple[str, ...]) -> pd.DataFrame | None:
    """Return those of the columns that the table has; None where it has none."""
    if table is None:
        return None
    found: pd.DataFrame = table[[name for name in names if name in table]]
    return found if len(found.columns) else None


def _print(table: pd.DataFrame | None) -> str:
    """Digest of a table by customer, whatever the order of its rows."""
    if table is None:
        return ""
    return digest([*map(str, table.columns)], int(pd.util.hash_pandas_object(table).sum()))
