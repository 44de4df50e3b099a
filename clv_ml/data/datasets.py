"""Real transactions that come with the packages clv_ml depends on."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal

import pandas as pd

from clv_ml.errors import DataError

DatasetName = Literal["cdnow_master", "cdnow_sample"]

_CDNOW = {
    "cdnow_master": ("CDNOW_master.txt", ["customer_id", "timestamp", "quantity", "amount"]),
    "cdnow_sample": ("CDNOW_sample.txt", ["master_id", "customer_id", "timestamp", "quantity", "amount"]),
}


def load_dataset(name: DatasetName) -> pd.DataFrame:
    """Read a packaged data set.

    Parameters
    ----------
    name
        ``"cdnow_master"``: 69,659 orders of the 23,570 customers who first bought at the CD shop CDNOW in the
        first quarter of 1997, up to 1998-06-30; ``"cdnow_sample"``: every tenth of them (Fader & Hardie).

    Returns
    -------
    pandas.DataFrame
        One row an order: customer_id (text), timestamp, amount (US dollars; some orders are free).

    Raises
    ------
    DataError
        If the lifetimes package, which carries the files, is not installed.

    Examples
    --------
    >>> orders = load_dataset("cdnow_sample")
    >>> len(orders), orders["customer_id"].nunique()
    (6919, 2357)
    """
    file_name, columns = _CDNOW[name]
    # find_spec looks the package up without importing it
    spec = importlib.util.find_spec("lifetimes")
    if spec is None or not spec.submodule_search_locations:
        raise DataError(f"data set {name}: comes with the lifetimes package, which is not installed")
    path = Path(spec.submodule_search_locations[0]) / "datasets" / file_name
    skip = 1 if name == "cdnow_master" else 0
    frame = pd.read_csv(path, sep=r"\s+", header=None, names=columns, skiprows=skip, dtype={"customer_id": str})
    frame["timestamp"] = pd.to_datetime(frame["timestamp"].astype(str), format="%Y%m%d")
    return frame[["customer_id", "timestamp", "amount"]]
