"""The canonical tables: names of their columns and what each must hold.

transactions: one row an order line
    customer_id (text), timestamp (UTC, no zone), day (date), amount (decimal(18,2)), order_id (text or null),
    then product and any further attribute that a source maps (text).
events: one row a thing that a customer did, or that the business sent
    customer_id (text), timestamp (UTC, no zone), day (date), event_type (text), value (decimal(18,4) or null),
    session_id (text or null), surface (text or null: feature, page, course).
customers: one row a customer
    customer_id (text), signup_at (UTC, no zone, or null), and attributes: text, double or date.
purchase days: one row a customer and day with at least one purchase
    customer_id, day, spend (decimal(18,2), net of refunds), orders (bigint)
"""

from __future__ import annotations

REQUIRED = ("customer_id", "timestamp", "amount")
AMOUNT_FACTORS = ("quantity", "unit_price")  # their product is the amount where no amount is mapped
PROVENANCE = ("source_file", "source_line", "source_hash")
PURCHASE_DAY_COLUMNS = ("customer_id", "day", "spend", "orders")
EVENT_COLUMNS = ("customer_id", "timestamp", "day", "event_type", "value", "session_id", "surface")
MEASURE = "decimal(18,4)"  # the value of an event
