"""The command line: parse, load the config, call the pipeline, say what was done and where it is."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from clv_ml.config import Config, build_config, load_config
from clv_ml.errors import ClvError

DEMO = Path("configs/demo.yaml")
# what configs/demo.yaml says, for an installed package without the repository beside it
DEMO_TREE: dict[str, Any] = {
    "name": "cdnow",
    "transactions": {"sources": [{"dataset": "cdnow_master"}]},
    "backtest": {"cutoffs": ["1997-12-31"]},
    "value": {"margin": 0.30},
    "risk": {"capacity": 500},
    "output": {"dir": "output/demo"},
}

app = typer.Typer(
    name="clv-ml",
    help="Which valuable customers are about to leave, what they are worth, and whom to contact.\n\n"
    "Exit codes: 0 done (also when it was done already), 1 failure, 2 usage or config, 3 data quality, 4 no model.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="YAML config of the job.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="Override one value: key.path=value; repeatable.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Progress and errors as JSON lines on stderr.")]


class Reporter:
    """Progress on stderr: a live line in a terminal, one line a stage elsewhere, JSON where asked for."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._started = time.monotonic()
        self._status: Any = None

    def __call__(self, message: str) -> None:
        """Tell one stage."""
        elapsed = time.monotonic() - self._started
        if self._as_json:
            line = json.dumps({"level": "info", "elapsed_seconds": round(elapsed, 2), "message": message})
            typer.echo(line, err=True)
        elif sys.stderr.isatty():
            self._live(f"{message} [dim]({elapsed:.0f} s)[/dim]")
        else:
            typer.echo(f"[{elapsed:6.1f} s] {message}", err=True)

    def stop(self) -> None:
        """End the live line."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def error(self, error: ClvError) -> None:
        """Tell why the job ended."""
        self.stop()
        message = " ".join(str(error).split())
        if self._as_json:
            typer.echo(json.dumps({"level": "error", "kind": type(error).__name__, "message": message}), err=True)
        else:
            typer.echo(f"error: {message}", err=True)

    def _live(self, text: str) -> None:
        if self._status is None:
            from rich.console import Console

            self._status = Console(stderr=True).status(text)
            self._status.start()
        self._status.update(text)


@app.command()
def demo(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="configs/demo.yaml, or its built-in equal elsewhere.")
    ] = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Walk through the whole job on real customers (CDNOW): train, compare with what happened, list who is at risk."""

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        path = config or (DEMO if DEMO.is_file() else None)
        settings = (
            build_config(DEMO_TREE, overrides=overrides or ())
            if path is None
            else load_config(path, overrides=overrides or ())
        )
        trained = pipeline.train(settings, progress=reporter)
        # the model that was just trained, whatever the registry's champion is
        scored = pipeline.score(settings, model=str(trained.bundle_path), progress=reporter)
        reporter.stop()
        _tell_training(settings, trained)
        _tell_scores(scored)
        _tell_store(settings)

    _run(job, as_json=as_json)


@app.command()
def validate(config: ConfigOption, overrides: SetOption = None, as_json: JsonOption = False) -> None:
    """Check the data contract only: rows in, valid, quarantined by reason. Exit code 3 above the bad-row limit."""

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline
        from clv_ml.data.quality import enforce_limit

        settings = load_config(config, overrides=overrides or ())
        report, quarantine = pipeline.validate(settings, progress=reporter)
        reporter.stop()
        typer.echo(json.dumps(report.to_dict(), indent=1))
        typer.echo(f"quarantine: {quarantine}")
        enforce_limit(report, settings.transactions.max_bad_share)

    _run(job, as_json=as_json)


@app.command()
def train(
    config: ConfigOption,
    cutoff: Annotated[
        str | None, typer.Option(help="Last day of history, YYYY-MM-DD; the last day of the data by default.")
    ] = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the method on earlier cutoffs, fit up to the cutoff, log to MLflow, write and register the bundle."""

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        settings = load_config(config, overrides=overrides or ())
        result = pipeline.train(settings, cutoff=_day(cutoff, "--cutoff"), progress=reporter)
        reporter.stop()
        _tell_training(settings, result)
        _tell_store(settings)

    _run(job, as_json=as_json)


@app.command()
def backtest(config: ConfigOption, overrides: SetOption = None, as_json: JsonOption = False) -> None:
    """Try the method at the past cutoffs of the config and compare with what happened, per cohort."""

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        settings = load_config(config, overrides=overrides or ())
        found, folder = pipeline.backtest_only(settings, progress=reporter)
        reporter.stop()
        for result in found:
            _tell_backtest(result)
        typer.echo(f"tables and pictures: {folder}")

    _run(job, as_json=as_json)


@app.command()
def score(
    config: ConfigOption,
    as_of: Annotated[
        str | None, typer.Option(help="Last day of history, YYYY-MM-DD; the last day of the data by default.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Bundle folder or models:/NAME@ALIAS; the config's champion by default.")
    ] = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the ranked list of valuable customers at risk as of a day."""

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        settings = load_config(config, overrides=overrides or ())
        result = pipeline.score(settings, as_of=_day(as_of, "--as-of"), model=model, progress=reporter)
        reporter.stop()
        _tell_scores(result)

    _run(job, as_json=as_json)


def main() -> None:
    """Entry point of the ``clv-ml`` command."""
    app()


def _run(job: Callable[[Reporter], None], *, as_json: bool) -> None:
    reporter = Reporter(as_json=as_json)
    try:
        job(reporter)
    except ClvError as error:
        reporter.error(error)
        raise typer.Exit(error.exit_code) from None
    finally:
        reporter.stop()


def _day(text: str | None, name: str) -> dt.date | None:
    from clv_ml.snapshot.rfm import parse_day

    return None if text is None else parse_day(text, name)


def _tell_training(config: Config, result: Any) -> None:
    for found in result.backtests:
        _tell_backtest(found)
    quality = result.quality
    typer.echo(f"rows: {quality.rows_in:,} in = {quality.rows_valid:,} valid + {_quarantined(quality)}")
    if result.bundle.models.churn is None:
        typer.echo(f"note: {result.bundle.models.churn_note}")
    typer.echo(f"model bundle:    {result.bundle_path}")
    typer.echo(f"registered:      models:/{config.name}/{result.run.model_version} (champion)")
    for found in result.backtests:
        typer.echo(f"cohort picture:  {result.folder / f'cutoff={found.cutoff}' / 'cohorts.svg'}")
    typer.echo(f"model card:      {result.folder / 'model_card.md'}")


def _tell_backtest(found: Any) -> None:
    from clv_ml.reports.tables import accuracy_text, cohort_text

    typer.echo(f"\nJudged from {found.cutoff} on the {found.horizon_days} days after it:")
    typer.echo(accuracy_text(found.accuracy))
    typer.echo("\nForecast and actual by month of first purchase:")
    typer.echo(cohort_text(found.main_cohorts()))
    typer.echo()


def _tell_scores(result: Any) -> None:
    manifest = result.manifest
    already = " (already complete, nothing computed again)" if result.repeated else ""
    typer.echo(
        f"scored {manifest['customers_scored']:,} customers as of {manifest['as_of']}, listed "
        f"{manifest['customers_listed']:,} with {manifest['value_at_risk']:,.2f} "
        f"{manifest['conventions']['currency']} at risk{already}"
    )
    for note in manifest["notes"]:
        typer.echo(f"note: {note}")
    typer.echo(f"risk list:       {result.folder / 'risk_list.csv'}")
    typer.echo(f"page:            {result.folder / 'risk_list.html'}")


def _tell_store(config: Config) -> None:
    from clv_ml.tracking.store import shown_uri

    uri = shown_uri(config)
    typer.echo(f"MLflow store:    {uri}   (look at it with: mlflow ui --backend-store-uri {uri})")


def _quarantined(quality: Any) -> str:
    total = sum(quality.quarantined.values())
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in quality.quarantined.items())
    return f"{total:,} quarantined" + (f" ({reasons})" if reasons else "")
