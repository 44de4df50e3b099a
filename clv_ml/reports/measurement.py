"""A measurement in words and files: one sentence that says whether contacting helped, the figures, and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.evaluation.arm_checks import ALARM
from clv_ml.evaluation.uplift import Uplift
from clv_ml.publishing import write_csv, write_json
from clv_ml.reports.effect_plot import effect_figure
from clv_ml.reports.picture import save
from clv_ml.reports.review_report import write_lines
from clv_ml.reports.wording import count, money, percent

_THOUSAND = 1000.0


def verdict_words(found: Uplift, *, currency: str) -> str:
    """Say in one sentence whether contacting helped.

    Examples
    --------
    ``Contacting kept 58 more of every 1,000 customers listed (95% interval +21 to +95), and earned USD 4.20 ...``
    """
    row = found.row("kept")
    effect, low, high = (_THOUSAND * float(row[name]) for name in ("effect", "low", "high"))
    interval = f"95% interval {_signed(low)} to {_signed(high)}"
    worth = count(round(_THOUSAND * found.worthwhile))
    if found.verdict == "success":
        return (
            f"Contacting kept {count(round(effect))} more of every 1,000 customers listed ({interval})"
            f"{_money_words(found, currency)}."
        )
    if found.verdict == "harm":
        return (
            f"Contacting drove customers away: of every 1,000 listed {count(round(-effect))} fewer stayed ({interval})"
            f"{_money_words(found, currency)}."
        )
    if found.verdict == "no effect":
        return (
            f"No effect on customers kept: {_signed(effect)} of every 1,000 listed ({interval}); an effect of {worth} "
            f"would have shown with a chance of {percent(found.power)}."
        )
    more = found.needed
    return (
        f"Too few to tell: {_signed(effect)} of every 1,000 listed ({interval}). To see an effect of {worth} takes "
        f"{count(more.more_treated)} more customers to contact and {count(more.more_control)} more in control."
    )


def effect_notes(found: Uplift, *, currency: str, mean_risk: float, assumed_save_rate: float | None) -> list[str]:
    """Say what else the figures tell: who was reached, what a contact earned, the save rate measured."""
    notes = []
    told = found.row("kept")
    if found.complier_effect is not None and found.reached_treated - found.reached_control < 1:
        effect, low, high = (_THOUSAND * float(part) for part in found.complier_effect)
        notes.append(
            f"{percent(found.reached_treated)} of those listed to contact were reached; if contacting acts on nobody "
            f"else, it kept {_signed(effect)} of every 1,000 of them ({_signed(low)} to {_signed(high)})"
        )
    if found.reached_control > 0:
        notes.append(
            f"{percent(found.reached_control)} of the control were reached all the same; they stay in their arm, which "
            "makes the effect look smaller than it is"
        )
    if mean_risk > 0:
        rate, low, high = (float(told[name]) / mean_risk for name in ("effect", "low", "high"))
        assumed = "" if assumed_save_rate is None else f"; the list assumed {assumed_save_rate:.2f}"
        notes.append(f"save rate measured: {rate:.2f} (95% interval {low:.2f} to {high:.2f}){assumed}")
    if found.verdict in ("no effect", "too few to tell") and found.per_contact is not None:
        notes.append(f"a contact earned{_per_contact(found, currency)}")
    for tier, customers in found.left_out.items():
        notes.append(f"value tier {tier}: {customers:,} customers left out, an arm of theirs is empty")
    return notes


def check_notes(share_p_value: float, control_share: float, expected_share: float, balance: pd.DataFrame) -> list[str]:
    """Warn of arms that no fair lot would have made."""
    notes = []
    if share_p_value < ALARM:
        notes.append(
            f"WARNING: {control_share:.1%} are in control where the config says {expected_share:.1%}, beyond chance "
            f"(p = {share_p_value:.1g}): customers of one arm are missing, or earlier contacts changed who was listed. "
            "Give the contacts of all lists of the experiment together"
        )
    for row in balance[balance["alarm"].astype(bool)].to_dict("records"):
        notes.append(
            f"WARNING: the arms differed before the first contact: {row['known_before']} {row['treated']:,.3g} against "
            f"{row['control']:,.3g} in control, beyond chance (p = {row['p_value']:.1g})"
        )
    return notes


def effects_text(rows: pd.DataFrame | Sequence[Mapping[str, Any]]) -> str:
    """Lay the effects out, a line a group and measure."""
    effects = pd.DataFrame(rows)
    shown = effects.assign(**{"95% interval": [f"{_figure(r, 'low')} to {_figure(r, 'high')}" for r in _rows(effects)]})
    for name in ("treated_mean", "control_mean", "effect"):
        shown[name] = [_figure(row, name) for row in _rows(effects)]
    names = {"treated": "to contact", "treated_mean": "contact", "control_mean": "control's"}
    columns = ["group", "measure", "treated", "control", "treated_mean", "control_mean", "effect", "95% interval"]
    return str(shown[columns].rename(columns=names).to_string(index=False))


def write_measurement(
    folder: Path,
    *,
    lines: Sequence[str],
    facts: Mapping[str, Any],
    effects: pd.DataFrame | None = None,
    balance: pd.DataFrame | None = None,
    currency: str = "",
) -> None:
    """Write measurement.json and measurement.txt, and of a judgement effects.csv, balance.csv and effects.svg."""
    write_json(folder / "measurement.json", facts)
    write_lines(folder / "measurement.txt", list(lines))
    if effects is not None:
        write_csv(folder / "effects.csv", effects)
        figure = effect_figure(effects, currency=currency, horizon_days=int(facts["horizon_days"]))
        save(figure, folder / "effects.svg")
    if balance is not None:
        write_csv(folder / "balance.csv", balance)


def _money_words(found: Uplift, currency: str) -> str:
    return "" if found.per_contact is None else f", and a contact earned{_per_contact(found, currency)}"


def _per_contact(found: Uplift, currency: str) -> str:
    assert found.per_contact is not None
    effect, low, high = (money(float(part), currency) for part in found.per_contact)
    return f" {effect} after costs ({low} to {high})"


def _signed(value: float) -> str:
    """Return customers of a thousand with their sign; a tenth of one is beyond any campaign."""
    text = count(round(value))
    return text if round(value) <= 0 else f"+{text}"


def _figure(row: Mapping[str, Any], name: str) -> str:
    sign = "" if name.endswith("mean") else "+"
    return f"{row[name]:{sign}.1%}" if row["measure"] == "kept" else f"{row[name]:{sign},.2f}"


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
