"""Commands that look back: what earlier runs promised against what happened, and runs that wait to be uploaded."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from clv_ml.cli.command import ConfigOption, JsonOption, SetOption, app, parsed_day, run
from clv_ml.cli.reporter import Reporter
from clv_ml.cli.telling import tell_store
from clv_ml.config import load_config

# what a scheduler sees when something has moved
EXIT_DRIFT = 5


@app.command()
def review(
    config: ConfigOption,
    as_of: Annotated[
        str | None, typer.Option(help="Day of the review, YYYY-MM-DD; the last day of the data by default.")
    ] = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge every earlier forecast whose time is over: per cohort and horizon, written into the run that made it."""

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        settings = load_config(config, overrides=overrides or ())
        result = pipeline.review(settings, as_of=parsed_day(as_of, "--as-of"), progress=reporter)
        reporter.stop()
        _tell_review(result)
        tell_store(settings)

    run(job, as_json=as_json)


@app.command()
def drift(
    config: ConfigOption,
    as_of: Annotated[
        str | None, typer.Option(help="Day to look at, YYYY-MM-DD; the last day of the data by default.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Bundle folder or models:/NAME@ALIAS; the config's champion by default.")
    ] = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell whether customers, scores or churn have moved since the training. Exit code 5 where something alerts."""

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        settings = load_config(config, overrides=overrides or ())
        result = pipeline.drift(settings, as_of=parsed_day(as_of, "--as-of"), model=model, progress=reporter)
        reporter.stop()
        for line in result.alerts or ["nothing has moved beyond the band"]:
            typer.echo(line)
        typer.echo(f"drift: {result.folder / 'drift.json'}")
        if result.alerts:
            raise typer.Exit(EXIT_DRIFT)

    run(job, as_json=as_json)


@app.command()
def upload(config: ConfigOption, overrides: SetOption = None, as_json: JsonOption = False) -> None:
    """Send the runs that wait because MLflow was down when they were made."""

    def job(reporter: Reporter) -> None:
        from clv_ml.tracking.outbox import waiting
        from clv_ml.tracking.upload import upload as send

        settings = load_config(config, overrides=overrides or ())
        reporter(f"sending {len(waiting(settings))} runs to MLflow")
        sent = send(settings)
        reporter.stop()
        for logged in sent.values():
            typer.echo(f"sent: run {logged.run_id} {logged.model_uri}".rstrip())
        typer.echo(f"{len(sent)} sent")

    run(job, as_json=as_json)


def _tell_review(result: Any) -> None:
    from clv_ml.reports.review_report import accuracy_text, outside_words

    typer.echo(f"as of {result.as_of}: {len(result.judged)} forecasts judged, {len(result.pending)} horizons pending")
    if result.judged:
        typer.echo("\nForecast against actual, the most right in spend first at each horizon:")
        typer.echo(accuracy_text(result.accuracy))
    for item in result.judged:
        typer.echo(f"\n{item.run.name} (run {item.run.run_id}):")
        if item.note:
            typer.echo(f"  note: {item.note}")
        for line in outside_words(item.outside) or ["every cohort is inside its 95 % band"]:
            typer.echo(f"  {line}")
    for left in result.pending:
        typer.echo(f"pending: {left.run.name}, {left.horizon_days} days: {left.reason}")
    typer.echo(f"\nreview: {result.folder / 'review.txt'}")
