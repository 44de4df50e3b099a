"""Everything the page's script reads, as one JSON-safe tree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from clv_ml.reports.page_columns import Columns
from clv_ml.reports.page_labels import ORDER
from clv_ml.reports.page_layout import Layout
from clv_ml.reports.page_speech import speech
from clv_ml.reports.page_top import Top
from clv_ml.reports.story import MOST_ORDERS, churn_horizons


def page_data(
    tops: Sequence[Top],
    columns: Columns,
    layout: Layout,
    *,
    as_of: dt.date | None,
    points: Mapping[str, Any] | None,
    language: str,
) -> dict[str, Any]:
    """Return columns, codes, the capacity curve, and each language with its texts.

    Parameters
    ----------
    tops
        What stands above the list, a language each.
    points
        What :func:`clv_ml.reports.page_curve.curve_points` returns.
    language
        The one the page opens in.
    """
    currencies = {layout.currency, *columns.codes.get("currency", ())}
    return {
        "language": language,
        "as_of": "" if as_of is None else as_of.isoformat(),
        "currency": layout.currency if layout.one_currency else "",
        "one_currency": layout.one_currency,
        "whole_money": layout.whole_money,
        "risk": layout.risk,
        "risk_days": layout.risk_days,
        "horizons": churn_horizons(columns.values),
        "clv_horizon_days": layout.clv_horizon_days,
        "most_orders": MOST_ORDERS,
        "order": {name: {code: at for at, code in enumerate(codes)} for name, codes in ORDER.items()},
        "codes": columns.codes,
        "columns": columns.values,
        "curve": points,
        "languages": {
            top.w.code: speech(
                top.w,
                title=top.document,
                currencies=currencies,
                days=columns.days,
                codes=columns.codes,
                reasons=columns.reasons[top.w.code],
                actions=columns.actions[top.w.code],
            )
            for top in tops
        },
    }
