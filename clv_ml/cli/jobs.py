"""The jobs as commands: load the config, call the pipeline, say what was done and where it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from clv_ml.cli.command import ConfigOption, JsonOption, SetOption, app, parsed_day, run
from clv_ml.cli.reporter import Reporter
from clv_ml.cli.telling import (
    tell_backtest,
    tell_cohort_backtests,
    tell_scores,
    tell_store,
    tell_sufficiency,
    tell_training,
)
from clv_ml.config import build_config, load_config

DEMO = Path("configs/demo.yaml")
# what configs/demo.yaml says, for an installed package without the repository beside it
DEMO_TREE: dict[str, Any] = {
    "name": "cdnow",
    "transactions": {"sources": [{"dataset": "cdnow_master"}]},
    "backtest": {"cutoffs": ["1997-12-31"]},
    "value": {"margin": 0.30},
    "risk": {"capacity": 500, "economics": {"save_rate": 0.30, "contact_cost": 1.0}, "control": {"share": 0.10}},
    "cohorts": {"retention_cost": 1.0, "acquisition_costs": [{"per_customer": 8.0}]},
    "output": {"dir": "output/demo"},
}


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
        tell_training(settings, trained)
        tell_scores(scored)
        tell_store(settings)

    run(job, as_json=as_json)


@app.command()
def validate(config: ConfigOption, overrides: SetOption = None, as_json: JsonOption = False) -> None:
    """Check the data contract only: rows in, valid, quarantined by reason. Exit code 3 above the bad-row limit."""

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        settings = load_config(config, overrides=overrides or ())
        checked, quarantine = pipeline.validate(settings, progress=reporter)
        reporter.stop()
        typer.echo(json.dumps(checked.quality(), indent=1))
        typer.echo(f"quarantine: {quarantine}")
        checked.enforce(settings)

    run(job, as_json=as_json)


@app.command()
def train(
    config: ConfigOption,
    cutoff: Annotated[
        str | None, typer.Option(help="Last day of history, YYYY-MM-DD; the last day of the data by default.")
    ] = None,
    promote: Annotated[
        str | None, typer.Option(help="never, if-better or always: when the new model becomes the champion.")
    ] = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the method on earlier cutoffs, fit up to the cutoff, log to MLflow, write and register the bundle."""

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        given = [*(overrides or ()), *([f"tracking.promote={promote}"] if promote else [])]
        settings = load_config(config, overrides=given)
        result = pipeline.train(settings, cutoff=parsed_day(cutoff, "--cutoff"), progress=reporter)
        reporter.stop()
        tell_training(settings, result)
        tell_store(settings)

    run(job, as_json=as_json)


@app.command()
def backtest(config: ConfigOption, overrides: SetOption = None, as_json: JsonOption = False) -> None:
    """Try the method at the past cutoffs of the config and compare with what happened, per cohort."""

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        settings = load_config(config, overrides=overrides or ())
        result = pipeline.backtest_only(settings, progress=reporter)
        reporter.stop()
        for found in result.backtests:
            tell_backtest(found)
        tell_sufficiency(result.folder / "sufficiency.csv")
        tell_cohort_backtests(result)

    run(job, as_json=as_json)


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
        result = pipeline.score(settings, as_of=parsed_day(as_of, "--as-of"), model=model, progress=reporter)
        reporter.stop()
        tell_scores(result)

    run(job, as_json=as_json)
