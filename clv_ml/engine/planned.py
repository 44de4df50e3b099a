"""What an engine plans once and runs any number of times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

from clv_ml.engine.dialect import DataFrame
from clv_ml.engine.plans import Build, BuildTables, Plans
from clv_ml.engine.reading import identifier, text
from clv_ml.engine.tables import NamedTables

_DISTINCT = 3000  # values up to which a column of a row group has a dictionary


class PlannedQueries:
    """The part of :class:`clv_ml.engine.Engine` that records queries and runs the records."""

    _plans: Plans
    _tables: NamedTables
    _names: Iterator[str]
    _run: Callable[[str], Any]
    _sql: Callable[[DataFrame], str]

    def named(self, frame: DataFrame) -> DataFrame:
        """Give a frame a name without computing it; what is built on it is planned sooner.

        A view is computed each time it is used: what is costly and used more than once is to be materialised.
        """
        name = next(self._names)
        self._run(f"CREATE VIEW {name} AS {self._plans.noted(name, self._sql(frame), lazy=True)}")
        return self._tables.frame(name)

    def planned(
        self,
        key: Hashable,
        inputs: Mapping[str, DataFrame],
        cutoff: dt.date,
        build: Build,
    ) -> DataFrame:
        """Compute a frame that depends on its inputs and a cutoff; planned once, run for any number of cutoffs.

        Planning a wide query takes seconds, running it on a small table a fraction of that. The first call plans
        `build` on empty tables at a stand-in for the cutoff; every call then runs the recorded statements.

        Parameters
        ----------
        key
            Names the plan: all that the outcome of `build` depends on beside the rows of the inputs and the cutoff.
        inputs
            Frames by name; those of later calls have the columns of the first.
        build
            Inputs and cutoff to a frame. It may materialise, must not look at rows, and uses the cutoff as a date only.

        Returns
        -------
        DataFrame
            Materialised; the tables on the way to it are dropped.
        """
        return self._tables.frame(self._plans.run(key, inputs, cutoff, build))

    def planned_tables(
        self, key: Hashable, inputs: Mapping[str, DataFrame], cutoff: dt.date, build: BuildTables
    ) -> dict[str, DataFrame]:
        """Compute several frames that are built together, by name; otherwise like :meth:`planned`."""
        names = self._plans.run_all(key, inputs, cutoff, build)
        return {name: self._tables.frame(table) for name, table in names.items()}

    def planned_to_parquet(
        self,
        key: Hashable,
        inputs: Mapping[str, DataFrame],
        cutoff: dt.date,
        build: Build,
        *,
        path: Path,
        order: str,
    ) -> None:
        """Write what :meth:`planned` computes to one Parquet file in the order of a column, without a table between.

        It is not compressed beyond its dictionaries, as what is written to be read again at once. Columns of many
        values go without: to look for repetition in them takes as long as to write them.
        """

        def copied(query: str) -> str:
            ordered = f"SELECT * FROM ({query}) ORDER BY {identifier(order)}"
            options = f"FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT {_DISTINCT}"
            return f"COPY ({ordered}) TO {text(str(path))} ({options})"

        self._plans.run_to(key, inputs, cutoff, build, copied)

    def planned_view(
        self, key: Hashable, inputs: Mapping[str, DataFrame], build: Callable[[Mapping[str, DataFrame]], DataFrame]
    ) -> DataFrame:
        """Return a frame that depends on its inputs only, planned once; nothing is computed yet, nor materialised."""
        return self._tables.frame(self._plans.view(key, inputs, build))
