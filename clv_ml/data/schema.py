"""The canonical tables: names of their columns and what each must hold.

Timestamps carry no zone: they are in the `timezone` of their source, in UTC where it declares none; days are counted
there.

transactions: one row an order line
    customer_id (text), timestamp, day (date), amount (decimal(18,2)), order_id (text or null),
    then product and any further attribute that a source maps (text).
events: one row a thing that a customer did, or that the business sent
    customer_id (text), timestamp, day (date), event_type (text), value (decimal(18,4) or null),
    session_id (text or null), surface (text or null: feature, page, course).
customers: one row a customer
    customer_id (text), signup_at (timestamp or null), and attributes: text, double or date.
purchase days: one row a customer and day with at least one purchase
    customer_id, day, spend (decimal(18,2), net of refunds), orders (bigint)
"""

from __future__ import annotations

from collections.abc import Sequence

from clv_ml.engine import Column, DataFrame, functions

REQUIRED = ("customer_id", "timestamp", "amount")
AMOUNT_FACTORS = ("quantity", "unit_price")  # their product is the amount where no amount is mapped
PROVENANCE = ("source_file", "source_line", "source_hash")
FAULTY = ("source_fault", "source_text")  # why a record could not be read, and what stood there
TRACES = (*PROVENANCE, *FAULTY)
EVIDENCE = ("source_hash", "source_text")  # by which the quarantine shows a row as it came in
EVENT_COLUMNS = ("customer_id", "timestamp", "day", "event_type", "value", "session_id", "surface")
MEASURE = "decimal(18,4)"  # the value of an event


def traces(frame: DataFrame, names: Sequence[str] = TRACES) -> list[Column]:
    """Return the columns that say where a row came from; a frame that came from no file has no broken records."""
    f = functions()
    nothing = {name: f.lit(None).cast("bigint" if name == "source_hash" else "string") for name in names}
    return [f.col(name) if name in frame.columns else nothing[name].alias(name) for name in names]
