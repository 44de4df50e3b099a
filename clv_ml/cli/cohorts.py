"""The command that tells what cohorts bring and cost: one page, one workbook, and every table behind them."""

from __future__ import annotations

from typing import Any

import typer

from clv_ml.cli.command import command, parsed_day, run
from clv_ml.cli.options import AsOfOption, ConfigOption, JsonOption, ModelOption, SetOption
from clv_ml.cli.reporter import Reporter
from clv_ml.cli.telling import tell_store
from clv_ml.config import load_config


@command(
    examples=["clv-ml cohorts --config configs/demo.yaml --as-of 1998-06-30"],
    writes={
        "OUTPUT/cohorts/as_of=DAY/": "cohorts.html, cohorts.xlsx, and each table as .csv and .parquet",
        "STORE/mlflow.db, STORE/artifacts/": "the report as a run",
    },
    codes=(0, 1, 2, 3, 4),
)
def cohorts(
    config: ConfigOption,
    as_of: AsOfOption = None,
    model: ModelOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what cohorts of customers bring and cost: retention, payback, value against cost, what-if scenarios.

    Costs, dimensions and scenarios are in the section cohorts of the config. Without --model and without a champion
    the value models are fitted for the report.
    """

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        settings = load_config(config, overrides=overrides or ())
        result = pipeline.cohorts(settings, as_of=parsed_day(as_of, "--as-of"), model=model, progress=reporter)
        reporter.stop()
        _tell(result, settings.currency, settings.output.language)
        tell_store(settings)

    run(job, as_json=as_json)


def _tell(result: Any, currency: str, language: str) -> None:
    from clv_ml.reports.cohorts_text import headline_lines

    already = " (already complete, nothing computed again)" if result.repeated else ""
    typer.echo(f"cohorts as of {result.as_of}{already}")
    for line in headline_lines(result.tables, currency=currency):
        typer.echo(line)
    for note in [*result.manifest["notes"], *([result.log_note] if result.log_note else [])]:
        typer.echo(f"note: {note}")
    typer.echo(f"model:    {result.manifest['model']}")
    typer.echo(f"page:     {result.folder / 'cohorts.html'}")
    typer.echo(f"workbook: {result.folder / 'cohorts.xlsx'}")
