"""Results on stdout: what was done, and where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from clv_ml.config import Config

_ALARMS_TOLD = 5


def tell_training(config: Config, result: Any) -> None:
    """Tell how well the method did, and where the model is."""
    for found in result.backtests:
        tell_backtest(found)
    quality = result.quality
    typer.echo(f"rows: {quality.rows_in:,} in = {quality.rows_valid:,} valid + {_quarantined(quality)}")
    if result.bundle.models.churn is None:
        typer.echo(f"note: {result.bundle.models.churn_note}")
    alarms = result.bundle.models.alarms
    for alarm in alarms[:_ALARMS_TOLD]:
        typer.echo(f"note: feature {alarm}")
    if len(alarms) > _ALARMS_TOLD:
        typer.echo(f"note: {len(alarms) - _ALARMS_TOLD} more features like these; the model card names them")
    typer.echo(f"model bundle:    {result.bundle_path}")
    standing = "champion" if result.decision.promote else "not the champion"
    typer.echo(
        f"registered:      models:/{config.name}/{result.run.model_version} ({standing}: {result.decision.reason})"
    )
    for found in result.backtests:
        typer.echo(f"cohort picture:  {result.folder / f'cutoff={found.cutoff}' / 'cohorts.svg'}")
    typer.echo(f"model card:      {result.folder / 'model_card.md'}")


def tell_backtest(found: Any) -> None:
    """Tell what one backtest found."""
    from clv_ml.reports.tables import accuracy_text, cohort_text, gain_text

    typer.echo(f"\nJudged from {found.cutoff} on the {found.horizon_days} days after it:")
    typer.echo(accuracy_text(found.accuracy))
    typer.echo(gain_text(found.gains))
    typer.echo("\nForecast and actual by month of first purchase:")
    typer.echo(cohort_text(found.main_cohorts()))
    typer.echo()


def tell_sufficiency(table: Path) -> None:
    """Tell how early one can know, where the backtest has looked."""
    if table.is_file():
        import pandas as pd

        typer.echo("How early can we know? AUC from the first days alone, and LightGBM's gain over each score:")
        typer.echo(pd.read_csv(table).round(3).to_string(index=False))
        typer.echo()


def tell_cohort_backtests(result: Any) -> None:
    """Tell how right the forecasts by cohort were over the cutoffs, beside simpler ones."""
    from clv_ml.reports.backtest_report import methods_text

    typer.echo("Weighted error over the cohorts (WAPE), mean over the cutoffs:")
    typer.echo(methods_text({item.cutoff: item.methods for item in result.cohorts}))
    typer.echo("\n" + (result.folder / "errors.txt").read_text(encoding="utf-8"))
    if result.log_note:
        typer.echo(f"note: {result.log_note}")
    typer.echo(f"tables and pictures: {result.folder}")


def tell_scores(result: Any) -> None:
    """Tell who is listed, and where the list is."""
    manifest = result.manifest
    already = " (already complete, nothing computed again)" if result.repeated else ""
    typer.echo(
        f"scored {manifest['customers_scored']:,} customers as of {manifest['as_of']}, listed "
        f"{manifest['customers_listed']:,} with {manifest['value_at_risk']:,.2f} "
        f"{manifest['conventions']['currency']} at risk{already}"
    )
    for note in [*manifest["notes"], *([result.log_note] if result.log_note else [])]:
        typer.echo(f"note: {note}")
    typer.echo(f"model:           {result.model}")
    typer.echo(f"risk list:       {result.folder / 'risk_list.csv'}")
    typer.echo(f"page:            {result.folder / 'risk_list.html'}")


def tell_store(config: Config) -> None:
    """Tell where MLflow keeps the runs."""
    from clv_ml.tracking.store import shown_uri

    uri = shown_uri(config)
    typer.echo(f"MLflow store:    {uri}   (look at it with: mlflow ui --backend-store-uri {uri})")


def _quarantined(quality: Any) -> str:
    total = sum(quality.quarantined.values())
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in quality.quarantined.items())
    return f"{total:,} quarantined" + (f" ({reasons})" if reasons else "")
