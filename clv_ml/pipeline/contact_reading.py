"""Contacts of a config: read with the ids of their lists, and turned into who was treated when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from clv_ml.config import Config
from clv_ml.data.contacted import contact_days
from clv_ml.data.contacts import read_contacts
from clv_ml.models.training_rows import Progress
from clv_ml.pipeline.campaigns import CampaignList, campaign_lists, first_assignments, refreshes
from clv_ml.pipeline.prepared import Prepared
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.treatment import Treatment

_LONGEST_CAMPAIGN = dt.timedelta(days=366)
_A_DAY = pd.Timedelta(days=1)


def read_sources(
    sources: Sequence[str | Path],
    lists: Mapping[str, CampaignList],
    *,
    more_ids: Iterable[str] = (),
    progress: Progress,
) -> pd.DataFrame:
    """Read contacts of one or several sources; ids that a spreadsheet changed are found again by those of the lists.

    Parameters
    ----------
    lists
        Known lists by refresh_id.
    more_ids
        Customers who may be contacted without being on a list.

    Raises
    ------
    ConfigError
        If there is no such source.
    DataError
        If a source cannot be read.
    """
    parts = []
    for source in sources:
        found = read_contacts(source)
        named = [lists[name] for name in set(refreshes(found.contacts).dropna()) if name in lists]
        days = sorted(item.as_of for item in named)
        ids = {*more_ids, *(customer for item in named for customer in item.customer_ids())}
        if ids and not (found.rejected.empty and ids.issuperset(found.contacts["customer_id"])):
            # once more, now that it is known who can be meant, and when
            between = (days[0], days[-1] + _LONGEST_CAMPAIGN) if days else None
            found = read_contacts(source, known_ids=sorted(ids), between=between)
        progress(f"contacts {source}: {found.summary()}")
        parts.append(found.contacts)
    return pd.concat(parts, ignore_index=True)


def campaign_contacts(config: Config, sources: Sequence[str], *, progress: Progress) -> pd.DataFrame | None:
    """Read the contacts to measure by: those of the sources given, else those of the config, else None."""
    if not sources:
        return configured_contacts(config, progress=progress)
    return read_sources(sources, campaign_lists(config.output.dir / "scores"), progress=progress)


def configured_contacts(config: Config, *, more_ids: Iterable[str] = (), progress: Progress) -> pd.DataFrame | None:
    """Read the contacts of the config; None where it names none."""
    if not config.contacts.sources:
        return None
    lists = campaign_lists(config.output.dir / "scores")
    return read_sources(_located(config), lists, more_ids=more_ids, progress=progress)


def with_treatment(prepared: Prepared, config: Config, day: dt.date, *, progress: Progress) -> Tables:
    """Return the tables of a job with who was contacted up to a day; as they are where the config names no contacts."""
    tables = prepared.tables
    if not config.contacts.sources or config.contacts.learn == "keep":
        return tables
    ids = prepared.engine.to_pandas(tables.totals.select("customer_id").distinct())["customer_id"]
    contacts = configured_contacts(config, more_ids=ids, progress=progress)
    assert contacts is not None
    lists = campaign_lists(config.output.dir / "scores")
    known = contacts[contacts["contacted_at"].isna() | (contacts["contacted_at"] < pd.Timestamp(day) + _A_DAY)]
    return replace(tables, treatment=treatment_of(known, lists, config.contacts.effect_days, progress=progress))


def treatment_of(
    contacts: pd.DataFrame, lists: Mapping[str, CampaignList], effect_days: int, *, progress: Progress
) -> Treatment:
    """Say who is not like a customer left alone: those contacted, and whom the control of their lists stands for."""
    days = contact_days(contacts)
    made = pd.DataFrame({"customer_id": days["customer_id"], "first": days["day"], "last": days["day"], "counts": 0.0})
    named = refreshes(contacts)
    gone = sorted(set(named.dropna()) - set(lists))
    if gone:
        progress(f"contacts name {len(gone)} lists that are gone ({', '.join(gone[:3])}): no control can stand in")
    latest = pd.to_datetime(contacts["contacted_at"]).groupby(named).max()
    worked = [item for name, item in lists.items() if name in latest.index]
    if not worked:
        return Treatment(made, effect_days)
    counts = _stands_for(first_assignments(worked).customers)
    events = [_events(item, counts, latest[item.refresh_id]) for item in worked]
    return Treatment(pd.concat([made, *events], ignore_index=True), effect_days)


def _stands_for(arms: pd.DataFrame) -> pd.Series[float]:
    """Say for how many customers of the lists each counts: 0 if listed to contact, in control for all of their tier.

    Over all lists together: who was contacted is left in peace for a while and who was held back is listed again, so
    that the control of a single later list is larger than its share. Tiers without control are not in it.
    """
    tiers = arms.groupby("value_tier")["treated"].agg(["size", "sum"])
    held = tiers["size"] - tiers["sum"]
    share = (tiers["size"] / held.where(held > 0)).dropna()
    known = arms[arms["value_tier"].isin(share.index)]
    return known["value_tier"].map(share).astype(float).where(~known["treated"], 0.0)


def _events(item: CampaignList, counts: pd.Series[float], latest: pd.Timestamp) -> pd.DataFrame:
    """Both arms of a list from its day to the last contact or the end of its validity, whichever is later."""
    arms = item.arms(["valid_until"])
    mine = counts[counts.index.isin(arms.index)]
    first = pd.Timestamp(item.as_of)
    ends = [first, *pd.to_datetime(arms["valid_until"].head(1) if "valid_until" in arms else [])]
    last = max([*ends, *([] if pd.isna(latest) else [latest.normalize()])])
    return pd.DataFrame({"customer_id": mine.index, "first": first, "last": last, "counts": mine.to_numpy()})


def _located(config: Config) -> list[str | Path]:
    """Return the sources, paths below the config's root; an address of a database stays as it is."""
    root = config.contacts.root
    return [name if "://" in name or name.startswith("env:") else root / name for name in config.contacts.sources]
