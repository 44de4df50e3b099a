"""What is kept from one night to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from clv_ml.config.files import Section


class IncrementalConfig(Section):
    """The state of :func:`clv_ml.pipeline.nightly.describe_night`, with which the history is not read again."""

    keep_open_days: Annotated[int, Field(ge=1, le=366)] = 7
    """Days before the last one whose rows may still come. A row that comes later than that has everything read
    again."""
    close_every_days: Annotated[int, Field(ge=1, le=366)] = 7
    """How many more days may be open before days are closed: closing writes the figures of every customer."""
    dir: Path | None = None
    """Where the state is kept; the folder `state` of the output where None."""
