"""Value rules of the config: what a column must hold beyond what every table must."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence

from clv_ml.config import ValueRule
from clv_ml.engine import Column, functions, parsed_number, window_spec
from clv_ml.errors import ConfigError


def rule_reasons(
    table: str, rules: Sequence[ValueRule], columns: Mapping[str, str], *, taken: Sequence[str] = ()
) -> list[tuple[Column, str]]:
    """Return when a row breaks each rule, and its reason.

    Parameters
    ----------
    columns
        Canonical column to the column of its text.
    taken
        Reasons that mean something else.

    Raises
    ------
    ConfigError
        If a rule names a column that is not there, or a reason that is taken.
    """
    for rule in rules:
        for name in (rule.column, rule.starts_with or rule.column, *rule.sum_of):
            if name not in columns:
                raise ConfigError(f"{table}.rules: no column {name!r}; mapped: {', '.join(columns)}")
        if rule.reason in taken:
            raise ConfigError(f"{table}.rules: the reason {rule.reason!r} has a meaning already; use another name")
    return [(_broken(rule, columns), rule.reason) for rule in rules]


def _broken(rule: ValueRule, columns: Mapping[str, str]) -> Column:
    f = functions()
    name = columns[rule.column]
    shown = f.trim(f.col(name).cast("string"))
    empty = shown.isNull() | (shown == "")
    wrong = f.lit(False)
    if rule.matches is not None:
        wrong = wrong | ~shown.rlike(rule.matches)
    if rule.one_of:
        wrong = wrong | ~shown.isin(*rule.one_of)
    if rule.starts_with is not None:
        wrong = wrong | ~shown.startswith(f.col(columns[rule.starts_with]).cast("string"))
    if rule.sum_of:
        first, *others = [parsed_number(columns[part], "double") for part in rule.sum_of]
        total = functools.reduce(lambda left, right: left + right, others, first)
        wrong = wrong | (f.abs(parsed_number(name, "double") - total) > 0.005)
    if rule.most_alike is not None:
        wrong = wrong | (f.count(f.lit(1)).over(window_spec().partitionBy(name)) > rule.most_alike)
    for bound, is_low in ((rule.at_least, True), (rule.at_most, False)):
        if bound is not None:
            day = isinstance(bound, dt.date)
            value = f.col(rule.column).cast("date") if day else parsed_number(name, "double")
            limit = f.lit(str(bound)).cast("date") if day else f.lit(bound)
            beyond = value < limit if is_low else value > limit
            wrong = wrong | value.isNull() | beyond
    return f.when(empty, f.lit(rule.required)).otherwise(f.coalesce(wrong, f.lit(True)))
