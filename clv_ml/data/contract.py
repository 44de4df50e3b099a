"""The contract of the tables: every reason for which a row is set aside, and which of them count as faults.

A row has one reason, the first that holds; rows in = valid + set aside, always. Faults count against
``max_bad_share``; the other reasons are what the config or the delivery declared. ``max_bad_share_by_reason`` takes any
of the codes. Tables: t transactions, e events, c customers.

========================= ====== ===== ==============================================================================
reason                    tables fault when
========================= ====== ===== ==============================================================================
too_few_fields            t e c  yes   a CSV record has fewer fields than the header
too_many_fields           t e c  yes   a CSV record has more fields than the header
unclosed_quote            t e c  yes   a quote opens and never closes, or closes where no field ends
malformed_quote           t e c  yes   something stands between a closing quote and the next delimiter
undecodable               t e c  yes   bytes are not in the declared encoding (UTF-8 unless `encoding` says otherwise)
record_too_long           t e c  yes   a CSV record is longer than a million bytes
control_character         t e c  yes   a NUL byte, a lone carriage return, or a control character in the customer id
(codes of the config)     t e c  yes   one of `rules` is broken
duplicate_file            t e c  no    the whole file has the content of an earlier one of the table
outside_source_window     t      no    the moment is outside `start` and `end` of its source
(codes of the config)     t      no    an `exclude` rule matches
missing_customer_id       t e c  yes   empty, or what programs write for nothing (NULL, NaN, None, N/A, ...)
mangled_customer_id       t e c  yes   1.23E+11: shortened by a spreadsheet or a float column; several ids may be one
missing_timestamp         t e    yes   empty
ambiguous_timestamp       t e    yes   fits two of the declared patterns with different moments
unreadable_timestamp      t e    yes   neither ISO 8601 nor a declared pattern, or outside the years 1700 to 2199
missing_amount            t      yes   empty, or no price is declared for what was bought
unreadable_amount         t      yes   not a number as declared by `decimal` and `thousands`
non_finite_amount         t      yes   NaN or infinity
amount_out_of_range       t      yes   a million millions or more
missing_currency          t      yes   `currency` is mapped and empty
no_exchange_rate          t      yes   another currency, and `exchange_rates` does not have it (without any: an error)
after_data_end            t      yes   later than `data_end`
zero_amount               t      no    0, and the config says `zero_amounts: quarantine`
refund_dropped            t      no    below 0, and the config says `refunds: drop`
duplicate_line            t      yes   equal to an earlier row in every column, and there is an order id
refund_without_purchase   t      yes   before the customer's first purchase: nothing to net it against
missing_event_type        e      yes   empty
unreadable_value          e      yes   not a number
value_out_of_range        e      yes   not finite, or a million millions or more
unreadable_signup_at      c      yes   not a moment
unreadable_<attribute>    c      yes   not a number, or not a day, of the attribute of that name
repeated_customer         c      yes   another row of the customer counts: the earliest signup, then by the values
========================= ====== ===== ==============================================================================
"""

from __future__ import annotations

from collections.abc import Mapping

from clv_ml.config import Config, Limits
from clv_ml.data.delivered import DUPLICATE
from clv_ml.errors import ConfigError, DataQualityError

BROKEN_RECORDS = (
    "too_few_fields",
    "too_many_fields",
    "unclosed_quote",
    "malformed_quote",
    "undecodable",
    "record_too_long",
    "control_character",
)
_COMMON = (*BROKEN_RECORDS, "missing_customer_id", "mangled_customer_id")
_DATED = ("missing_timestamp", "ambiguous_timestamp", "unreadable_timestamp")
# Rows that break the contract.
FAULTS = (
    *_COMMON,
    *_DATED,
    "missing_amount",
    "unreadable_amount",
    "non_finite_amount",
    "amount_out_of_range",
    "missing_currency",
    "no_exchange_rate",
    "after_data_end",
    "duplicate_line",
    "refund_without_purchase",
)
# Rows that the config or the delivery declared out, beside those of the config's own `exclude` rules.
DECLARED = (DUPLICATE, "outside_source_window", "zero_amount", "refund_dropped")
EVENT_FAULTS = (*_COMMON, *_DATED, "missing_event_type", "unreadable_value", "value_out_of_range")
CUSTOMER_FAULTS = (*_COMMON, "repeated_customer")  # and unreadable_<name>
_REMEDY = {
    "undecodable": "`encoding` at the source says how its letters are written",
    "unreadable_timestamp": "`timestamp_format` says how its moments are written",
    "ambiguous_timestamp": "give one `timestamp_format` a source",
    "unreadable_amount": "`decimal` and `thousands` say how its numbers are written",
    "too_many_fields": "`delimiter` says what stands between fields",
    "no_exchange_rate": "`transactions.exchange_rates` says what other currencies are worth",
    "after_data_end": "`transactions.data_end` is the last day the data can speak of",
}


def require_known_reasons(config: Config) -> None:
    """Refuse a limit for a reason that no row can have: it would guard nothing.

    Raises
    ------
    ConfigError
        The message names the reason and those there are.
    """
    excluded = {rule.reason for rule in config.transactions.exclude}
    _require("transactions", config.transactions, {*FAULTS, *DECLARED, *excluded})
    if config.events is not None:
        _require("events", config.events, {*EVENT_FAULTS, DUPLICATE})
    if config.customers is not None:
        attributes = (*config.customers.numbers, *config.customers.dates, "signup_at")
        _require("customers", config.customers, {*CUSTOMER_FAULTS, DUPLICATE, *(f"unreadable_{a}" for a in attributes)})


def require_limits(
    table: str, rows_in: int, quarantined: Mapping[str, int], faults: Mapping[str, int], limits: Limits
) -> None:
    """Stop a job whose table is worse than the config allows.

    Parameters
    ----------
    quarantined
        Rows by reason.
    faults
        Those that break the contract, by reason.

    Raises
    ------
    DataQualityError
        The message names the reasons, and what each can be mended by.
    """
    worst = sorted(faults.items(), key=lambda item: (-item[1], item[0]))
    bad_share = sum(faults.values()) / rows_in if rows_in else 0.0
    if bad_share > limits.max_bad_share:
        listed = ", ".join(f"{reason}: {count}" for reason, count in worst)
        remedies = "".join(f"; {_REMEDY[reason]}" for reason, _ in worst if reason in _REMEDY)
        raise DataQualityError(
            f"{table}: {bad_share:.1%} of {rows_in} rows break the contract, more than the "
            f"{limits.max_bad_share:.1%} of {table}.max_bad_share ({listed}){remedies}"
        )
    for reason, limit in sorted(limits.max_bad_share_by_reason.items()):
        count = quarantined.get(reason, 0)
        if count > limit * rows_in:
            remedy = f"; {_REMEDY[reason]}" if reason in _REMEDY else ""
            raise DataQualityError(
                f"{table}: {count} of {rows_in} rows are set aside as {reason} ({count / rows_in:.2%}), more than the "
                f"{limit:.2%} of {table}.max_bad_share_by_reason.{reason}{remedy}"
            )


def _require(table: str, limits: Limits, known: set[str]) -> None:
    known = known | {rule.reason for rule in limits.rules}
    strange = sorted(set(limits.max_bad_share_by_reason) - known)
    if strange:
        raise ConfigError(
            f"{table}.max_bad_share_by_reason: no row is set aside as {', '.join(strange)}; "
            f"reasons: {', '.join(sorted(known))}"
        )
