"""Rows parted in passes: one for those that are plainly fine, a second one only for what is left.

Nearly all rows are fine, and need neither their texts nor their place kept. What a rule must compare with other rows
(copies of a row, refunds without a purchase) concerns few customers: their rows are taken out and looked at closely.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.errors import ClvError


def plainly_fine(engine: Engine, marked: DataFrame, columns: Sequence[str]) -> DataFrame:
    """Compute the rows without a reason, of some columns only."""
    f = functions()
    return engine.materialise(marked.filter(f.col("reason").isNull()).select(*columns))


def left_over(
    engine: Engine,
    fine: DataFrame,
    mark: Callable[[], DataFrame],
    *,
    rows_in: int,
    columns: Sequence[str],
    suspects: DataFrame | None = None,
) -> DataFrame:
    """Compute the rows that are not fine, with their reason, and all rows of suspects.

    Parameters
    ----------
    fine
        Result of :func:`plainly_fine`.
    mark
        Gives all rows with their reason; asked only where something is left: to plan it takes longer than to run it.
    rows_in
        How many rows there are.
    columns
        Those that show a row.
    suspects
        customer_id, once each; None where there are none.

    Returns
    -------
    DataFrame
        Materialised: the columns of `mark`; where nothing is left `columns`, and no row.
    """
    f = functions()
    all_fine = engine.row_count(fine) == rows_in
    if all_fine and suspects is None:
        kinds = {"source_line": "bigint", "source_hash": "bigint"}
        none = [f.lit(None).cast(kinds.get(name, "string")).alias(name) for name in columns]
        return engine.materialise(fine.select(*none).limit(0))
    marked = mark()
    suspicious = f.lit(False) if all_fine else f.col("reason").isNotNull()
    if suspects is None:
        return engine.materialise(marked.filter(suspicious))
    named = suspects.select(f.col("customer_id").alias("suspect"))
    joined = marked.join(named, on=f.col("customer_id") == f.col("suspect"), how="left")
    return engine.materialise(joined.filter(suspicious | f.col("suspect").isNotNull()).select(*marked.columns))


def brought_back(
    engine: Engine, fine: DataFrame, suspects: DataFrame | None, looked_at: DataFrame, columns: Sequence[str]
) -> DataFrame:
    """Replace the rows of suspects by those that were found fine at a close look."""
    if suspects is None:
        return fine
    f = functions()
    others = fine.join(suspects, on="customer_id", how="left_anti")
    cleared = looked_at.filter(f.col("reason").isNull()).select(*columns)
    return engine.materialise(others.select(*columns).unionByName(cleared))


@dataclass(frozen=True)
class Tally:
    """Rows by what became of them."""

    rows_in: int
    rows_valid: int
    quarantined: dict[str, int]
    by_file: dict[str, dict[str, int]]


def rows_by_file(engine: Engine, raw: DataFrame) -> dict[str, int]:
    """Count the rows of each file, in the order of their names."""
    f = functions()
    counts = raw.groupBy("source_file").agg(f.count(f.lit(1)).cast("bigint").alias("rows")).orderBy("source_file")
    found = engine.to_pandas(counts)
    return {str(name): int(rows) for name, rows in zip(found["source_file"], found["rows"], strict=True)}


def tallied(engine: Engine, table: str, came_in: Mapping[str, int], rows_valid: int, aside: DataFrame) -> Tally:
    """Account for every row.

    Parameters
    ----------
    came_in
        Rows by file.
    aside
        Materialised rows with a reason.

    Raises
    ------
    ClvError
        If valid and quarantined rows are not all that came in: a mistake of this program.
    """
    f = functions()
    counts = aside.groupBy("source_file", "reason").agg(f.count(f.lit(1)).cast("bigint").alias("rows"))
    quarantined: dict[str, int] = {}
    reasons: dict[str, dict[str, int]] = {}
    for row in engine.to_pandas(counts.orderBy("source_file", "reason")).to_dict("records"):
        name, reason, rows = str(row["source_file"]), str(row["reason"]), int(row["rows"])
        reasons.setdefault(name, {})[reason] = rows
        quarantined[reason] = quarantined.get(reason, 0) + rows
    rows_in = sum(came_in.values())
    if rows_in != rows_valid + sum(quarantined.values()):
        raise ClvError(f"{table}: rows in {rows_in} != valid {rows_valid} + quarantined {sum(quarantined.values())}")
    by_file = {}
    for name, rows in came_in.items():
        bad = reasons.get(name, {})
        valid = rows - sum(bad.values())
        by_file[name] = ({"valid": valid} if valid else {}) | bad
    return Tally(rows_in, rows_valid, dict(sorted(quarantined.items())), by_file)
