"""The list as CSV, for the import into a CRM: quick to write, and no cell of it is a formula.

A text that a spreadsheet would run (it begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end) gets an apostrophe
in front; :func:`clv_ml.data.excel_habits.unguarded` takes it off again. There is no byte order mark: CRMs and pandas
would read it as part of the first heading, and for Excel there is the workbook.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from clv_ml.data.excel_habits import GUARDED

_MONEY = (
    "expected_clv",
    "value_if_retained",
    "value_at_risk",
    "expected_spend",
    "offer_cost",
    "contact_cost",
    "expected_net_profit",
    "cum_expected_profit",
    "cost_per_order",
    "cost",
    "expected_profit",
    "marginal_profit",
)
_SHARES = ("p_alive", "expected_purchases", "expected_saves", "previous_p_churn", "save_rate", "take_up")
_BATCH = 16_384  # rows that Arrow formats at once; its own 1,024 takes a tenth longer


def write_list_csv(path: Path, listed: Iterable[pd.DataFrame], *, details: pd.DataFrame | None = None) -> None:
    """Write the list as RFC 4180 in UTF-8: every text in quotes, missing values empty, lines ended by a line feed.

    Parameters
    ----------
    listed
        The list in one or more parts; money is rounded to cents, probabilities and shares to four digits.
    details
        Personal columns, indexed by customer_id, that stand behind the id of those to contact, and of nobody else.
    """
    with path.open("wb") as file:
        for number, part in enumerate(listed):
            _write(file, with_details(part, details), with_header=number == 0)


def write_safe_csv(path: Path, table: pd.DataFrame) -> None:
    """Write any table the same way."""
    with path.open("wb") as file:
        _write(file, table, with_header=True)


def _write(file: BinaryIO, table: pd.DataFrame, *, with_header: bool) -> None:
    arrow = pa.Table.from_pandas(rounded(table), preserve_index=False)
    columns = [guarded(column) if _is_text(column.type) else column for column in arrow.itercolumns()]
    safe = pa.table(columns, names=[_guarded_name(name) for name in arrow.column_names])
    csv.write_csv(safe, file, csv.WriteOptions(batch_size=_BATCH, include_header=with_header))


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Round money to cents, probabilities and shares to four digits."""
    places = {name: 2 for name in _MONEY if name in table}
    places |= {name: 4 for name in table.columns if name in _SHARES or str(name).startswith("p_churn_")}
    return table.round(places)


def with_details(listed: pd.DataFrame, details: pd.DataFrame | None, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Put personal columns behind customer_id, filled for those to contact and empty for everybody else.

    Parameters
    ----------
    columns
        Which of `details`; all where empty.
    """
    if details is None:
        return listed
    contact = listed["customer_id"].where(listed["action_status"] == "contact")
    known = details.reindex(contact)
    place = listed.columns.get_loc("customer_id")
    table = listed.copy(deep=False)
    for offset, name in enumerate(columns or details.columns, start=1):
        table.insert(int(place) + offset, name, known[name].to_numpy())  # type: ignore[arg-type]
    return table


def guarded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Put an apostrophe before each text that a spreadsheet would run, or that an apostrophe guards already."""
    risky = pc.match_substring_regex(column, GUARDED)
    if not pc.any(risky).as_py():
        return column
    apostrophe = pa.scalar("'", column.type)
    return pc.if_else(risky, pc.binary_join_element_wise(apostrophe, column, pa.scalar("", column.type)), column)


def _guarded_name(name: str) -> str:
    return str(guarded(pa.chunked_array([[name]]))[0].as_py())


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
