"""Features such as a user would declare: of purchases, of events, and of several columns at once."""

from __future__ import annotations

from typing import Any

import clv_ml


@clv_ml.feature
def weekend_share(history: clv_ml.History) -> Any:
    """Share of purchase days on a Saturday or Sunday."""
    f = history.functions
    on_weekend = f.when(f.dayofweek(f.col("day")).isin(1, 7), f.lit(1)).otherwise(f.lit(0))
    return history.purchases.groupBy("customer_id").agg((f.sum(on_weekend) / f.count("day")).alias("weekend_share"))


@clv_ml.feature("large_days", "orders_a_day")
def sizes(history: clv_ml.History) -> Any:
    """Purchase days above 20 in the year before the cutoff, and orders a purchase day."""
    f = history.functions
    recent = history.purchases.filter(history.days_before_cutoff() < 365)
    large = f.count(f.when(f.col("spend") > 20, f.lit(1))).alias("large_days")
    return recent.groupBy("customer_id").agg(large, (f.sum("orders") / f.count("day")).alias("orders_a_day"))


@clv_ml.feature
def evening_events(history: clv_ml.History) -> Any:
    """Events from six in the evening on; nothing to tell where there are no events."""
    f = history.functions
    if history.events is None:
        return history.purchases.select("customer_id", f.lit(None).alias("evening_events")).distinct()
    evening = history.events.filter(f.hour("timestamp") >= 18)
    return evening.groupBy("customer_id").agg(f.count("timestamp").alias("evening_events"))
