"""Measure: who was listed to contact against who was held back, once the window of their list has closed."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.config import Config
from clv_ml.errors import ClvError, ConfigError
from clv_ml.evaluation.uplift import Uplift
from clv_ml.models.training_rows import Progress
from clv_ml.pipeline.campaign_judging import Judgement, judge_campaign
from clv_ml.pipeline.campaigns import CampaignList, campaign_lists, named_lists
from clv_ml.pipeline.prepared import prepare, require_history, silent
from clv_ml.publishing import digest, is_complete, publish
from clv_ml.reports.measurement import effects_text, verdict_words, write_measurement
from clv_ml.tracking.measurement import measurement_record
from clv_ml.tracking.run import LoggedRun
from clv_ml.tracking.upload import log_run

FACTS = "measurement.json"
PENDING = "pending"


@dataclass(frozen=True)
class MeasureResult:
    """What a campaign changed, or what is to come.

    Attributes
    ----------
    facts
        What measurement.json says: verdict (of :class:`Uplift`, or ``pending`` where the window of every list is open),
        sentence (the verdict in words), notes, judged and pending lists, metrics, effects.
    found
        None where nothing was judged, or nothing computed again.
    folder
        Where the files are.
    repeated
        Whether the same was measured before, and nothing was computed or logged again.
    run
        In MLflow; None where nothing was logged, or MLflow was down, and then `log_note` says so.
    """

    as_of: dt.date
    facts: dict[str, Any]
    folder: Path
    found: Uplift | None = None
    repeated: bool = False
    run: LoggedRun | None = None
    log_note: str = ""

    @property
    def verdict(self) -> str:
        """success, harm, no effect, too few to tell, or pending."""
        return str(self.facts["verdict"])

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return str(self.facts["sentence"])


def measure(
    config: Config,
    contacts: pd.DataFrame | None = None,
    *,
    as_of: dt.date | None = None,
    horizon_days: int | None = None,
    progress: Progress = silent,
) -> MeasureResult:
    """Compare the arms of the lists that the contacts name, and log what was found.

    Parameters
    ----------
    contacts
        What came back: refresh_id, customer_id, contacted_at, and channel, offer_cost, outcome where known
        (:func:`clv_ml.data.contacts.read_contacts`). None: every list with a control is judged, by the lists alone.
    as_of
        Nothing after this day is looked at; the last day of the data where None.
    horizon_days
        Length of the window after the day of a list; the main horizon where None.

    Raises
    ------
    ConfigError
        If the contacts name a list that is not there, no list has a control, the horizon is none of the config's, or
        the data do not reach the day.
    DataError
        If no value tier has both arms.
    """
    horizon = horizon_days or config.churn.main_horizon_days
    if horizon not in config.churn.horizons_days:
        raise ConfigError(f"--horizon {horizon}: must be one of churn.horizons_days {config.churn.horizons_days}")
    lists = _lists(config, contacts)
    with prepare(config, progress=progress) as prepared:
        day = as_of or prepared.last_day
        require_history(prepared, day)
        if day > prepared.last_day:
            raise ConfigError(f"--as-of {day} is after the last day of the data ({prepared.last_day}): not over yet")
        known_print = digest(prepared.fingerprint(day), _contacts_print(contacts))
        folder = config.output.dir / "measure" / f"as_of={day}"
        ends = {item.refresh_id: item.as_of + dt.timedelta(days=horizon) for item in lists}
        over = [item for item in lists if ends[item.refresh_id] <= day]
        facts: dict[str, Any] = {
            "measurement_id": digest(known_print, sorted(ends), horizon, _settings(config)),
            "as_of": day.isoformat(),
            "horizon_days": horizon,
            "judged": [item.refresh_id for item in over],
            "pending": {refresh: end.isoformat() for refresh, end in ends.items() if end > day},
        }
        before = _measured_before(folder, facts["measurement_id"])
        if before is not None:
            return MeasureResult(day, before, folder, repeated=True)
        progress(f"comparing the arms of {len(over)} lists")
        judged = judge_campaign(prepared, config, over, contacts, horizon) if over else None
    facts |= _told(judged, min(ends.values()), config.currency)
    publish(folder, lambda aside: _write(aside, facts, judged, config.currency))
    if judged is None:
        return MeasureResult(day, facts, folder)
    progress("logging to MLflow")
    return _log(config, MeasureResult(day, facts, folder, judged.found), judged, known_print)


def _lists(config: Config, contacts: pd.DataFrame | None) -> list[CampaignList]:
    folder = config.output.dir / "scores"
    lists = named_lists(campaign_lists(folder), contacts)
    if not lists:
        why = "no list has a control" if contacts is None else "the contacts name no refresh_id"
        raise ConfigError(f"nothing to measure below {folder}: {why}")
    return lists


def _told(judged: Judgement | None, first_end: dt.date, currency: str) -> dict[str, Any]:
    if judged is None:
        sentence = f"Nothing to judge yet: the first window closes on {first_end}."
        return {"verdict": PENDING, "sentence": sentence, "notes": [], "metrics": {}, "effects": []}
    return {
        "verdict": judged.found.verdict,
        "sentence": verdict_words(judged.found, currency=currency),
        "notes": judged.notes,
        "metrics": judged.metrics,
        "effects": judged.found.effects.to_dict("records"),
    }


def _write(folder: Path, facts: dict[str, Any], judged: Judgement | None, currency: str) -> None:
    pending = [f"pending: list {refresh} is due on {end}" for refresh, end in facts["pending"].items()]
    lines = [facts["sentence"], *facts["notes"], *pending]
    if judged is None:
        write_measurement(folder, lines=lines, facts=facts)
        return
    lines += ["", effects_text(judged.found.effects)]
    effects = judged.found.effects
    write_measurement(folder, lines=lines, facts=facts, effects=effects, balance=judged.balance, currency=currency)


def _log(config: Config, result: MeasureResult, judged: Judgement, fingerprint: str) -> MeasureResult:
    """Write the measurement into MLflow; its files are there already, so that an MLflow that is down costs a note."""
    record = measurement_record(
        config,
        result.as_of,
        facts=result.facts,
        fingerprint=fingerprint,
        tables={"effects.json": judged.found.effects, "balance.json": judged.balance},
        folder=result.folder,
    )
    try:
        return replace(result, run=log_run(config, record))
    except ClvError as error:
        return replace(result, log_note=str(error))


def _measured_before(folder: Path, identity: str) -> dict[str, Any] | None:
    """Return what the same measurement found before: of the same data, contacts and settings."""
    if not is_complete(folder):
        return None
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts if facts.get("measurement_id") == identity else None


def _contacts_print(contacts: pd.DataFrame | None) -> str:
    """Digest the contacts, whatever the order of their rows."""
    if contacts is None:
        return ""
    rows = pd.util.hash_pandas_object(contacts[sorted(contacts.columns)].astype("string").fillna(""), index=False)
    return digest(len(rows), int(rows.sum()), int(np.bitwise_xor.reduce(rows.to_numpy())))


def _settings(config: Config) -> dict[str, Any]:
    kept = config.model_dump(mode="json", include={"currency", "value", "risk"})
    return kept | {"worthwhile_points": config.contacts.worthwhile_points}
