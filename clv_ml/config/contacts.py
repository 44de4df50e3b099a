"""Contacts that came back: where they are, and how long they make a customer unlike one who was left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from clv_ml.config.tables import Section


class ContactsConfig(Section):
    """Who was contacted: read by training, so that it does not learn from a contact's success, and by the list."""

    root: Path = Path()
    """Folder where relative paths of sources start; itself relative to the config file."""
    sources: tuple[str, ...] = ()
    """Filled workbooks, CSV or Parquet files, or addresses of database tables; nobody was contacted where empty."""
    effect_days: Annotated[int, Field(ge=0, le=3650)] = 30
    """For so many days after a contact a customer is taken to behave differently because of it."""
    learn: Literal["leave_out", "keep"] = "leave_out"
    """Training and backtest leave out a customer whose outcome a contact may have changed, and count those in control
    of the same lists for them; or keep everybody as if nobody had been contacted."""
    worthwhile_points: Annotated[float, Field(gt=0.0, le=100.0)] | None = None
    """Percentage points more customers kept that would be worth the contacts; what the list promised where None."""
