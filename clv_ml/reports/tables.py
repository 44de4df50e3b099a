"""Backtest tables as plain text for a terminal."""

from __future__ import annotations

import pandas as pd

from clv_ml.reports.accuracy_words import engagement_words, gain_word, span


def accuracy_text(accuracy: pd.DataFrame) -> str:
    """Lay the accuracy of each score out, a line a group and score."""
    ends = accuracy[["auc_low", "auc_high"]].astype(object).where(accuracy["auc_low"].notna(), None)
    spans = [span(low, high) for low, high in ends.itertuples(index=False)]
    shown = accuracy.assign(span=spans)[
        ["group", "score", "n", "prevalence", "auc", "span", "brier", "ece", "lift_at_10", "value_at_10", "empc"]
    ].rename(columns={"prevalence": "churned", "span": "95%", "lift_at_10": "lift@10%", "value_at_10": "value@10%"})
    formats = {
        "n": "{:,.0f}".format,
        "churned": "{:.1%}".format,
        "auc": "{:.3f}".format,
        "brier": "{:.4f}".format,
        "ece": "{:.3f}".format,
        "lift@10%": "{:.2f}".format,
        "value@10%": "{:.3f}".format,
        "empc": "{:.2f}".format,
    }
    return shown.to_string(index=False, formatters=formats)


def cohort_text(cohorts: pd.DataFrame) -> str:
    """Lay forecast and actual of each cohort out, a line a cohort and a total."""
    total = cohorts.select_dtypes("number").sum().to_frame().T.assign(cohort="all")
    for side in ("predicted", "actual"):
        rate = cohorts[f"{side}_churn_rate"] * cohorts["customers"]
        total[f"{side}_churn_rate"] = rate.sum() / cohorts["customers"].sum()
    table = pd.concat([cohorts, total], ignore_index=True).drop(columns=["horizon_days"])
    names = {name: name.replace("predicted_", "forecast ").replace("_", " ") for name in table.columns}
    formats = {
        names[name]: ("{:.1%}" if name.endswith("rate") else "{:,.0f}").format
        for name in table.columns
        if name != "cohort"
    }
    return table.rename(columns=names).to_string(index=False, formatters=formats)


def gain_text(gains: pd.DataFrame) -> str:
    """Say what LightGBM gains in AUC over each other score, a line a group and score; empty where there is none."""
    if gains.empty:
        return ""
    told = gains[gains["metric"] == "auc"]
    lines = [
        f"  {row['group']}: {row['gain']:+.3f} ({row['gain_low']:+.3f} to {row['gain_high']:+.3f}) over {row['over']}, "
        f"{gain_word(row)}"
        for row in told.to_dict("records")
    ]
    adds = engagement_words(gains.to_dict("records"))
    return "\n".join(["LightGBM's gain in AUC, with a 95 % interval by customer:", *lines, *([adds] if adds else [])])
