"""The only room that knows what runs the data (DuckDB, Spark); everything else speaks the PySpark DataFrame API."""

from clv_ml.engine.dialect import (
    MONEY,
    Column,
    DataFrame,
    functions,
    local_moment,
    microseconds,
    parsed_number,
    power_of_two,
    short_key,
    utc_moment,
    window_spec,
)
from clv_ml.engine.reading import AMBIGUOUS
from clv_ml.engine.session import Engine
from clv_ml.engine.spark import SparkEngine, open_engine
from clv_ml.engine.spark_session import is_spark_frame

__all__ = [
    "AMBIGUOUS",
    "MONEY",
    "Column",
    "DataFrame",
    "Engine",
    "SparkEngine",
    "functions",
    "is_spark_frame",
    "local_moment",
    "microseconds",
    "open_engine",
    "parsed_number",
    "power_of_two",
    "short_key",
    "utc_moment",
    "window_spec",
]
