"""Commands that look back: what earlier runs promised against what happened, and runs that wait to be uploaded."""

from __future__ import annotations

from typing import Any

import typer

from clv_ml.cli.command import command, parsed_day, run
from clv_ml.cli.options import AsOfOption, ConfigOption, JsonOption, ModelOption, SetOption
from clv_ml.cli.reporter import Reporter
from clv_ml.cli.telling import tell_store
from clv_ml.config import load_config

# what a scheduler sees when something has moved
EXIT_DRIFT = 5


@command(
    examples=["clv-ml review --config configs/demo.yaml --as-of 1998-06-30"],
    writes={
        "OUTPUT/review/as_of=DAY/": "review.txt, review.json, accuracy.csv, and a folder for each run that was judged",
        "STORE/mlflow.db, STORE/artifacts/": "what happened, in the run that made the forecast",
    },
)
def review(
    config: ConfigOption,
    as_of: AsOfOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge every earlier forecast whose time is over, by cohort and horizon, in the run that made it.

    Tells which cohorts left their 95 % band and since when, and which forecasts still wait for their days.
    """

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        settings = load_config(config, overrides=overrides or ())
        result = pipeline.review(settings, as_of=parsed_day(as_of, "--as-of"), progress=reporter)
        reporter.stop()
        _tell_review(result)
        tell_store(settings)

    run(job, as_json=as_json)


@command(
    examples=["clv-ml drift --config configs/demo.yaml --as-of 1998-06-30"],
    writes={"OUTPUT/drift/as_of=DAY/drift.json": "each feature, score and cohort with what it was and what it is"},
    codes=(0, 1, 2, 3, 4, 5),
)
def drift(
    config: ConfigOption,
    as_of: AsOfOption = None,
    model: ModelOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell whether customers, scores or churn have moved since the training.

    Ends with code 5 where something is beyond its band (section drift of the config), so that a scheduler can tell.
    """

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


@command(
    examples=["clv-ml upload --config configs/demo.yaml"],
    writes={"STORE/outbox/": "emptied: each run leaves it once MLflow has it"},
    codes=(0, 1, 2),
)
def upload(config: ConfigOption, overrides: SetOption = None, as_json: JsonOption = False) -> None:
    """Send the runs that wait because MLflow was down when they were made.

    Runs go in the order in which they were made; the next training, scoring or review sends them too.
    """

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
