"""What is kept from one night to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from clv_ml.config.files import Section


class IncrementalConfig(Section):
    """The state with which a score need not read the history again: only the files that are new since."""

    enabled: bool = False
    """Whether `score` keeps a state and reads from it. The list is the same; where it cannot be (an earlier file has
    changed, a row of a closed day has come, the program or the settings of the tables are others), everything is read
    again, and the progress says why."""

    keep_open_days: Annotated[int, Field(ge=1, le=366)] = 7
    """Days before the last one whose rows may still come. A row that comes later than that has everything read
    again."""
    close_every_days: Annotated[int, Field(ge=1, le=366)] = 7
    """How many more days may be open before days are closed: closing writes the figures of every customer."""
    dir: Path | None = None
    """Where the state is kept; the folder `state` of the output where None."""
