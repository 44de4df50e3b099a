"""The jobs as commands: load the config, call the pipeline, say what was done and where it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from clv_ml.cli.command import command, parsed_day, run
from clv_ml.cli.options import LAST_DAY, AsOfOption, ConfigOption, JsonOption, ModelOption, SetOption
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


_TRAINING = {
    "OUTPUT/train/cutoff=DAY/": "model_card.md, diagnostics/, cohort_forecast.csv, and cutoff=EARLIER/ with the "
    "tables and pictures of each backtest",
    "STORE/bundles/NAME-DAY-VERSION/": "the model: bundle.json and LightGBM text",
    "STORE/mlflow.db, STORE/artifacts/": "runs and registered models, unless tracking.uri names a server",
}
_SCORES = {
    "OUTPUT/scores/as_of=DAY/run_id=ID/": "risk_list.html, .xlsx, .csv and .parquet, scores.parquet (everybody), "
    "capacity_curve.csv, cohort_forecast.csv, manifest.json, health.json, timings.json",
    "OUTPUT/scores/latest.json": "names the newest complete run",
}


@command(examples=["clv-ml demo", "clv-ml demo --set risk.capacity=100"], writes=_TRAINING | _SCORES)
def demo(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", show_default="configs/demo.yaml", help="Another config."),
    ] = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Walk through the whole job on real customers: train, compare with what happened, list who is at risk.

    The customers are those of the CD shop CDNOW, whose orders come with the package; it takes about a minute. Where
    there is no configs/demo.yaml, a built-in equal is used. OUTPUT is output/demo, STORE is models.
    """

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


@command(
    examples=["clv-ml validate --config configs/demo.yaml"],
    writes={"OUTPUT/validate/quarantine.parquet": "every row that was set aside, with its reason and where it stood"},
)
def validate(config: ConfigOption, overrides: SetOption = None, as_json: JsonOption = False) -> None:
    """Check the data contract and nothing else: rows in, rows valid, rows set aside by reason.

    Nothing is fitted. Ends with code 3 where the share of bad rows is above the limit of the config.
    """

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        settings = load_config(config, overrides=overrides or ())
        checked, quarantine = pipeline.validate(settings, progress=reporter)
        reporter.stop()
        typer.echo(json.dumps(checked.quality(), indent=1))
        typer.echo(f"quarantine: {quarantine}")
        checked.enforce(settings)

    run(job, as_json=as_json)


@command(
    examples=[
        "clv-ml train --config configs/demo.yaml",
        "clv-ml train --config configs/demo.yaml --cutoff 1998-03-31 --promote never",
    ],
    writes=_TRAINING,
)
def train(
    config: ConfigOption,
    cutoff: Annotated[
        str | None,
        typer.Option(
            metavar="DAY",
            show_default=f"cutoff of the config, else {LAST_DAY}",
            help="Last day of history, YYYY-MM-DD.",
        ),
    ] = None,
    promote: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN",
            show_default="tracking.promote of the config: if-better",
            help="When the new model becomes the champion: never, if-better (on the backtests) or always.",
            autocompletion=lambda: ["never", "if-better", "always"],
        ),
    ] = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the method on earlier cutoffs, fit on everything up to the cutoff, log and register the model.

    What it prints: accuracy of each backtest beside simpler scores, forecast against actual by cohort, and where the
    model is. The model becomes the champion, which score takes, where --promote allows it.
    """

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        given = [*(overrides or ()), *([f"tracking.promote={promote}"] if promote else [])]
        settings = load_config(config, overrides=given)
        result = pipeline.train(settings, cutoff=parsed_day(cutoff, "--cutoff"), progress=reporter)
        reporter.stop()
        tell_training(settings, result)
        tell_store(settings)

    run(job, as_json=as_json)


@command(
    examples=[
        "clv-ml backtest --config configs/demo.yaml",
        "clv-ml backtest --config configs/demo.yaml --set backtest.periods=4",
    ],
    writes={
        "OUTPUT/backtest/": "cohorts.csv, methods.csv, errors.txt, pictures of the errors, sufficiency.csv where "
        "asked for, and cutoff=DAY/ with the tables of each cutoff",
        "STORE/mlflow.db, STORE/artifacts/": "a run, and one below it for each cutoff",
    },
)
def backtest(config: ConfigOption, overrides: SetOption = None, as_json: JsonOption = False) -> None:
    """Try the method at past cutoffs and compare with what happened, beside simpler forecasts.

    The cutoffs are backtest.cutoffs of the config, or backtest.periods of them one main horizon apart. No model is
    kept. With a section sufficiency it also tells how early customers can be told apart.
    """

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


@command(
    examples=[
        "clv-ml score --config configs/demo.yaml",
        "clv-ml score --config configs/demo.yaml --as-of 1998-06-30 --json",
    ],
    writes=_SCORES,
    codes=(0, 1, 2, 3, 4),
)
def score(
    config: ConfigOption,
    as_of: AsOfOption = None,
    model: ModelOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the ranked list of valuable customers at risk as of a day.

    Safe to run again: the same inputs give the same run, and a complete run is not computed twice. A list is published
    complete or not at all; data that are stale, thinned out or in doubt stop it with code 3.
    """

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        settings = load_config(config, overrides=overrides or ())
        result = pipeline.score(settings, as_of=parsed_day(as_of, "--as-of"), model=model, progress=reporter)
        reporter.stop()
        tell_scores(result)

    run(job, as_json=as_json)
