"""When a job stops because its data are not what they were, or end too early."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from clv_ml.config.files import Section, Share


class GatesConfig(Section):
    """What is checked of data that keep the contract; each gate is off where it is null. All stop with exit code 3."""

    max_data_age_days: Annotated[int, Field(ge=0)] | None = 31
    """Days by which the data may end before the day that is scored. Without new data every customer seems silent."""
    max_lonely_days: Annotated[int, Field(ge=1)] | None = 365
    """Where the day is taken from the data: how long nothing may have happened before the last days of the data, where
    these hold at most one row in a thousand. A single purchase dated 2099 must not make everybody else a leaver."""
    max_week_drop: Share | None = 0.8
    """Share by which rows of the last seven days may be fewer than the median of the eight weeks before, where that is
    at least 100 rows; of transactions and of events."""
    max_rows_drop: Share | None = 0.1
    """Share by which valid rows of a table may be fewer than in the latest complete run."""
    max_customers_drop: Share | None = 0.1
    """Share by which customers with a valid transaction may be fewer than in the latest complete run."""
