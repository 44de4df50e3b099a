"""What tests of kept plans plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from clv_ml.engine import DataFrame, functions


class Counted:
    """A build that counts how often it is planned."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, frames: Mapping[str, Any], day: dt.date) -> DataFrame:
        self.times += 1
        return frames["rows"].select("n", (functions().col("n") + 1).alias("more"))
