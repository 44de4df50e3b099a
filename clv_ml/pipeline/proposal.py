"""A config for orders that nothing is known of, each value with its reason."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clv_ml.config import EngineConfig
from clv_ml.data.number_guess import is_plain
from clv_ml.data.values import NO_ID
from clv_ml.engine.order_look import OrderLook
from clv_ml.errors import ConfigError, DataError
from clv_ml.pipeline.commented import Reasoned, Tree, commented_yaml
from clv_ml.pipeline.proposed_periods import QUANTILES, Ends, Periods, choose_periods, counted, find_ends
from clv_ml.pipeline.proposed_policy import Policy, choose_policy, share_of
from clv_ml.pipeline.proposed_sources import ProposedSource, find_sources, without_overlap

_HEAD = """\
Proposed by `clv-ml init` from {files}: {rows:,} rows, {first} to {last}.
What stands after a # is why. Change what you know better; configs/reference.yaml explains every key.
"""
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Proposal:
    """A config as commented text, what could be otherwise, and the last day it trains on."""

    text: str
    doubts: tuple[str, ...]
    notes: tuple[str, ...]
    cutoff: dt.date


def propose(
    given: Sequence[str],
    *,
    out: Path,
    columns: Mapping[str, str] | None = None,
    currency: str | None = None,
    engine: EngineConfig | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> Proposal:
    """Look at files of orders and propose a config for them.

    Parameters
    ----------
    given
        Files, folders or globs, CSV or Parquet.
    out
        Where the config will be: paths in it are relative to its folder, and its stem names the job.
    columns
        Canonical column to column in the files, where the user knows.
    currency
        Of the amounts, where the user knows.

    Raises
    ------
    ConfigError
        If there is no such file, or it is no table.
    DataError
        If a file cannot be read, or no column fits what is needed; the message lists the columns there are.
    """
    _require_roles(columns or {})
    if currency is not None and not re.fullmatch("[A-Z]{3}", currency):
        raise ConfigError(f"--currency {currency}: must be three capital letters, such as EUR")
    with OrderLook(engine or EngineConfig(), NO_ID) as look, look.reading():
        sources, notes = find_sources(look, given, columns or {}, progress=progress)
        progress("counting rows")
        _set_orders(look, sources)
        if len(sources) > 1:
            sources = without_overlap(look, sources)
            _set_orders(look, sources)
        return _proposal(look, sources, notes, out, currency, progress)


def _proposal(
    look: OrderLook,
    sources: Sequence[ProposedSource],
    notes: Sequence[str],
    out: Path,
    currency: str | None,
    progress: Callable[[str], None],
) -> Proposal:
    mapped = [{role: choice.column for role, choice in source.columns.items()} for source in sources]
    policy = choose_policy(look, mapped, currency)
    counts, days = look.totals(), look.days()
    files = ", ".join(dict.fromkeys(Path(source.path).name or source.path for source in sources))
    if not days:
        raise DataError(_nothing_usable(files, sources, counts))
    ends = find_ends(days)
    progress("looking at the gaps between purchases")
    again, gaps = look.gaps(ends.first, ends.complete, QUANTILES)
    periods = choose_periods(ends, gaps, again=again, customers=counts["customers"])
    bought = look.buyers(ends.complete - dt.timedelta(days=periods.eligible - 1))
    tree = _tree(sources, policy, ends, periods, out=out, counts=counts, bought=bought)
    head = _HEAD.format(files=files, rows=counts["rows"], first=ends.first, last=ends.last)
    doubts = [doubt for source in sources for doubt in source.doubts]
    alone = [*notes, *([periods.note] if periods.note else [])]
    return Proposal(commented_yaml(tree, head), (*doubts, *policy.doubts), tuple(alone), ends.complete)


def _tree(
    sources: Sequence[ProposedSource],
    policy: Policy,
    ends: Ends,
    periods: Periods,
    *,
    out: Path,
    counts: Mapping[str, Any],
    bought: int,
) -> Tree:
    name = name_from(out)
    main = periods.horizons[-1]
    transactions: dict[str, Any] = {"sources": [_source(source, ends, out) for source in sources]}
    transactions |= {
        "refunds": policy.refunds,
        "zero_amounts": policy.zero_amounts,
        "max_bad_share": policy.max_bad_share,
    }
    if ends.after:
        transactions["data_end"] = Reasoned(
            ends.last,
            f"{counted(ends.after, 'row')} dated long after this day and all others: mistaken dates, set aside",
        )
    return {
        "name": Reasoned(name, "of the job, and of its model in MLflow"),
        "currency": policy.currency,
        "cutoff": Reasoned(
            ends.complete,
            f"training sees nothing after it: {ends.why}. Remove this line once newer orders are delivered: training "
            "then goes up to the last day of the data",
        ),
        "transactions": transactions,
        "churn": {
            "horizons_days": Reasoned(list(periods.horizons), periods.why_horizons),
            "snapshot_every_days": Reasoned(periods.every, periods.why_snapshots),
            "max_snapshots": Reasoned(periods.snapshots, "of them at most; the oldest are left out first"),
        },
        "backtest": {
            "periods": Reasoned(
                1, f"the method is judged once, from {periods.judged_from} on the {main} days after it; 2 takes longer"
            )
        },
        "value": {
            "horizon_days": Reasoned(365, "a customer is worth what the next year brings"),
            "annual_discount_rate": Reasoned(0.10, "an assumption: money in a year is worth 10 % less"),
            "margin": policy.margin,
        },
        "risk": {
            "eligible_days": Reasoned(
                periods.eligible,
                "twice the longest horizon; who has been silent for longer has left already. In them bought "
                f"{bought:,} of {counted(counts['customers'], 'customer')} ({share_of(bought, counts['customers'])})",
            ),
            "capacity": Reasoned(None, "how many can be contacted a week; everybody who pays where null"),
            "economics": Reasoned(
                {"save_rate": 0.30, "contact_cost": 1.0},
                "assumptions until `clv-ml measure` has measured a campaign: a contact costs 1 and keeps 30 % of those "
                "about to leave",
            ),
        },
        "output": {"dir": Reasoned(f"output/{name}", "relative to where clv-ml runs")},
    }


def _source(source: ProposedSource, ends: Ends, out: Path) -> Tree:
    look = source.look
    files = f"{len(source.files):,} files" if len(source.files) > 1 else ""
    told: dict[str, Any] = {"path": Reasoned(_relative(source.path, out), files)}
    if look.declare_format:
        told["format"] = Reasoned("csv", "which the name does not say")
    if look.encoding:
        told["encoding"] = Reasoned(look.encoding, look.why_encoding)
    if look.delimiter:
        told["delimiter"] = Reasoned(look.delimiter, "between the fields")
    if not is_plain(source.numbers):
        why = ". ".join(text for text in (source.numbers.why, source.numbers.doubt) if text)
        told["decimal"] = Reasoned(source.numbers.decimal, why)
        if source.numbers.thousands:
            told["thousands"] = Reasoned(source.numbers.thousands)
    patterns = source.moments.patterns
    if patterns:
        why = ". ".join(text for text in (source.moments.why, source.moments.doubt) if text)
        told["timestamp_format"] = Reasoned(patterns[0] if len(patterns) == 1 else list(patterns), why)
    if ends.before:
        told["start"] = Reasoned(
            dt.datetime.combine(ends.first, dt.time()),
            f"{counted(ends.before, 'row')} dated long before all others: mistaken dates, set aside",
        )
    if source.end:
        told["end"] = Reasoned(dt.datetime.fromisoformat(source.end), source.why_end)
    told["columns"] = {
        role: Reasoned(choice.column, "; ".join(text for text in (choice.why, choice.doubt) if text))
        for role, choice in source.columns.items()
    }
    return told


def name_from(out: Path) -> str:
    """Make a name of a job from the name of its config.

    Examples
    --------
    >>> name_from(Path("configs/My Shop-2024.yaml")), name_from(Path("2024.yaml")), name_from(Path("店.yaml"))
    ('my_shop_2024', 'orders_2024', 'orders')
    """
    plain = re.sub(r"[^a-z0-9]+", "_", out.stem.casefold()).strip("_")[:50]
    return plain if plain[:1].isalpha() else f"orders_{plain}".rstrip("_")


def _relative(path: str, out: Path) -> str:
    """Write a path as seen from the folder of the config; in full where they have nothing in common."""
    there, here = Path(path).absolute(), out.parent.absolute()
    try:
        shared = os.path.commonpath([there, here])
    except ValueError:  # on another drive
        return str(there)
    return str(there) if shared == Path(shared).anchor else os.path.relpath(there, here)


def _set_orders(look: OrderLook, sources: Sequence[ProposedSource]) -> None:
    look.set_orders([(source.table, tuple(source.columns), source.end) for source in sources])


def _require_roles(columns: Mapping[str, str]) -> None:
    wrong = [role for role in columns if not _ROLE.fullmatch(role)]
    if wrong:
        raise ConfigError(
            f"--column {wrong[0]}=...: must be customer_id, timestamp, amount, quantity, unit_price, order_id, "
            "product, cost, currency, or a name of small letters, digits and _"
        )


def _nothing_usable(files: str, sources: Sequence[ProposedSource], counts: Mapping[str, int]) -> str:
    at = sources[0].columns["timestamp"].column
    return (
        f"{files}: no row has a customer, a moment and an amount that can be read: of {counts['rows']:,} rows "
        f"{counts['no_customer']:,} have no customer id, {counts['no_moment']:,} no moment in {at!r}, "
        f"{counts['no_amount']:,} no amount; name other columns with --column, such as --column timestamp=NAME"
    )
