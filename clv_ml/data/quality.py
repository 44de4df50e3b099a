"""Which rows are fit for use: reason-coded checks, and quarantine for the rest.

Every row that comes in is either valid or in quarantine under one reason, so that
``rows_in == rows_valid + rows_quarantined`` always; nothing is dropped in silence.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from clv_ml.config import RowPolicy
from clv_ml.data.contract import DECLARED, FAULTS, require_limits
from clv_ml.data.currencies import converted, currency_rules, require_rates
from clv_ml.data.parting import brought_back, left_over, plainly_fine, rows_by_file, tallied
from clv_ml.data.records import first_reason, id_rules, moment_rules
from clv_ml.data.rules import rule_reasons
from clv_ml.data.schema import EVIDENCE, REQUIRED, TRACES
from clv_ml.data.suspects import find_suspects, judged
from clv_ml.engine import Column, DataFrame, Engine, functions
from clv_ml.errors import ConfigError, DataError

MAX_AMOUNT = 1e12  # a row at or above this is a mistake, and sums of such rows would leave decimal(18,2)


@dataclass(frozen=True)
class QualityReport:
    """What came in and what became of it.

    ``quarantined`` counts rows by reason; ``refund_rows`` are valid rows with a negative amount, ``amount`` is the sum
    of all valid ones, refunds taken off; ``rules`` are the reasons of the config's value rules.
    """

    rows_in: int
    rows_valid: int
    quarantined: dict[str, int]
    refund_rows: int
    customers: int
    first_day: dt.date | None
    last_day: dt.date | None
    by_file: dict[str, dict[str, int]] = field(default_factory=dict)
    amount: Decimal = Decimal(0)
    rules: tuple[str, ...] = ()

    @property
    def faults(self) -> dict[str, int]:
        """Rows that break the contract, by reason."""
        return {reason: count for reason, count in self.quarantined.items() if reason in (*FAULTS, *self.rules)}

    @property
    def bad_share(self) -> float:
        """Share of the rows that break the contract (declared exclusions are not faults)."""
        return sum(self.faults.values()) / self.rows_in if self.rows_in else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-safe values."""
        return {
            "rows_in": self.rows_in,
            "rows_valid": self.rows_valid,
            "rows_quarantined": sum(self.quarantined.values()),
            "quarantined": self.quarantined,
            "bad_share": round(self.bad_share, 6),
            "refund_rows": self.refund_rows,
            "amount": str(self.amount),
            "customers": self.customers,
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "by_file": self.by_file,
        }


@dataclass(frozen=True)
class CheckedTransactions:
    """Valid transactions, the quarantine, and the report that accounts for every row."""

    transactions: DataFrame
    quarantine: DataFrame
    report: QualityReport


def check_transactions(
    engine: Engine, raw: DataFrame, policy: RowPolicy, *, currency: str | None = None
) -> CheckedTransactions:
    """Sort raw rows into valid transactions and quarantine.

    Parameters
    ----------
    raw
        What :func:`clv_ml.data.sources.read_raw` returns.
    currency
        Of the results; amounts in another one (where `raw` has a currency) are brought to it by the policy's rates.

    Raises
    ------
    ConfigError
        If an `exclude` rule names a column that is not mapped, or a reason that means something else.
    DataError
        If no row is valid, a refund comes in where the config forbids them, or an amount is in another currency and
        the config has no exchange rate.
    """
    f = functions()
    own = currency if "currency" in raw.columns else None
    came_in = rows_by_file(engine, raw)
    attributes = [name for name in raw.columns if name not in _INTERNAL]
    columns = ("customer_id", "timestamp", "day", "amount", *attributes)
    settings = policy.model_dump_json(include=set(RowPolicy.model_fields))

    def marked(kind: str) -> DataFrame:
        return engine.planned_view(
            (f"transactions, {kind} reasons", settings, own),
            {"raw": raw},
            lambda frames: _marked(frames["raw"], policy, own, brief=kind == "brief"),
        )

    fine = plainly_fine(engine, marked("brief"), columns)
    suspects = find_suspects(engine, fine, policy)
    told = ("source_file", "source_line", "reason", "customer_id", "timestamp_text", "amount_text", *attributes)
    shown = (*told, *EVIDENCE)

    def mark() -> DataFrame:
        return marked("exact").select(*shown, "timestamp", "day", "amount")

    looked_at = left_over(engine, fine, mark, rows_in=sum(came_in.values()), columns=shown, suspects=suspects)
    if own is not None:
        require_rates(engine, looked_at, own)
    if suspects is not None:
        looked_at = engine.materialise(
            engine.planned_view(
                ("transactions, judged", settings), {"rows": looked_at}, lambda frames: judged(frames["rows"], policy)
            )
        )
    valid = brought_back(engine, fine, suspects, looked_at, columns)
    set_aside = looked_at.filter(f.col("reason").isNotNull())
    report = replace(
        _report(engine, valid, came_in, set_aside),
        rules=tuple(rule.reason for rule in policy.rules),
    )
    if report.rows_valid == 0:
        found = ", ".join(f"{reason}: {count}" for reason, count in report.quarantined.items())
        raise DataError(f"transactions: no valid row among {report.rows_in} ({found or 'the table is empty'})")
    if policy.refunds == "raise" and report.refund_rows:
        raise DataError(f"transactions: {report.refund_rows} refunds, and the config says `refunds: raise`")
    return CheckedTransactions(valid, set_aside.select(*shown), report)


def _marked(raw: DataFrame, policy: RowPolicy, own: str | None, *, brief: bool) -> DataFrame:
    reason = _row_reasons(policy, raw.columns, own, brief=brief)
    money = raw if own is None else converted(raw, own, policy.exchange_rates)
    return money.withColumn("day", functions().col("timestamp").cast("date")).withColumn("reason", reason)


def enforce_limit(report: QualityReport, limits: RowPolicy) -> None:
    """Stop a job whose transactions are worse than the config allows.

    Raises
    ------
    DataQualityError
        If the share of rows that break the contract is above the limit, or that of a reason above its own.
    """
    require_limits("transactions", report.rows_in, report.quarantined, report.faults, limits)


_ADDED = {"timestamp_text", "amount_text", "amount_number", *TRACES, "outside_window"}
_INTERNAL = {*REQUIRED, *_ADDED}


def _row_reasons(policy: RowPolicy, columns: list[str], currency: str | None, *, brief: bool) -> Column:
    """Build the reason of a row that can be told from the row alone; null where it is fine.

    `brief`: whether any reason will do, which is told without the texts of moments and amounts.
    """
    f, col = functions(), functions().col
    rules: list[tuple[Column, str | Column]] = [
        (col("source_fault").isNotNull(), col("source_fault")),
        (col("outside_window"), "outside_source_window"),
    ]
    for rule in policy.exclude:
        name = "amount_text" if rule.column == "amount" else rule.column
        if name not in columns:
            mapped = ", ".join(column for column in columns if column == "timestamp" or column not in _ADDED)
            raise ConfigError(f"transactions.exclude: no column {rule.column!r}; mapped: {mapped}")
        if rule.reason in (*FAULTS, *DECLARED, "valid"):
            raise ConfigError(
                f"transactions.exclude: the reason {rule.reason!r} has a meaning already; use another name"
            )
        rules.append((col(name).cast("string").rlike(rule.matches), rule.reason))
    rules += [
        *id_rules(),
        *moment_rules(brief=brief),
        *([] if brief else [(col("amount_text").isNull(), "missing_amount")]),
        (col("amount_number").isNull(), "unreadable_amount"),
        (f.isnan("amount_number") | (f.abs(col("amount_number")) == float("inf")), "non_finite_amount"),
        *([] if currency is None else currency_rules(currency, policy.exchange_rates)),
        (col("amount").isNull() | (f.abs(col("amount_number")) >= MAX_AMOUNT), "amount_out_of_range"),
    ]
    if policy.data_end is not None:
        last = f.lit(policy.data_end.isoformat()).cast("date")
        rules.append((col("timestamp").cast("date") > last, "after_data_end"))
    if policy.zero_amounts == "quarantine":
        rules.append((col("amount") == 0, "zero_amount"))
    if policy.refunds == "drop":
        rules.append((col("amount") < 0, "refund_dropped"))
    named = {name: name for name in columns if name not in _ADDED} | {"timestamp": "timestamp_text"}
    taken = (*FAULTS, *DECLARED, *(rule.reason for rule in policy.exclude), "valid")
    rules += rule_reasons("transactions", policy.rules, named | {"amount": "amount_number"}, taken=taken)
    return first_reason(rules)


def _report(engine: Engine, valid: DataFrame, came_in: dict[str, int], aside: DataFrame) -> QualityReport:
    f = functions()
    facts = engine.to_pandas(
        valid.agg(
            f.count(f.lit(1)).cast("bigint").alias("rows"),
            f.countDistinct("customer_id").cast("bigint").alias("customers"),
            f.min("day").alias("first_day"),
            f.max("day").alias("last_day"),
            f.count(f.when(f.col("amount") < 0, f.lit(1))).cast("bigint").alias("refund_rows"),
            f.coalesce(f.sum("amount"), f.lit(0)).cast("string").alias("amount"),
        )
    ).iloc[0]
    tally = tallied(engine, "transactions", came_in, int(facts["rows"]), aside)
    known = tally.rows_valid > 0
    return QualityReport(
        rows_in=tally.rows_in,
        rows_valid=tally.rows_valid,
        quarantined=tally.quarantined,
        refund_rows=int(facts["refund_rows"]),
        customers=int(facts["customers"]),
        first_day=facts["first_day"].date() if known else None,
        last_day=facts["last_day"].date() if known else None,
        by_file=tally.by_file,
        amount=Decimal(facts["amount"]),
    )
