"""The only room that knows what runs the data (DuckDB); everything else speaks the PySpark DataFrame API."""

from clv_ml.engine.reading import AMBIGUOUS
from clv_ml.engine.session import MONEY, Column, DataFrame, Engine, functions, window_spec

__all__ = ["AMBIGUOUS", "MONEY", "Column", "DataFrame", "Engine", "functions", "window_spec"]
