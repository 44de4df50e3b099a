"""The command that tells whether contacting helped: treated against control, once the window of the list is over."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from clv_ml.cli.command import command, parsed_day, run
from clv_ml.cli.options import AsOfOption, ConfigOption, JsonOption, SetOption
from clv_ml.cli.reporter import Reporter
from clv_ml.cli.telling import tell_store
from clv_ml.config import load_config


@command(
    examples=["clv-ml measure --config shop.yaml --contacts risk_list.xlsx --as-of 2025-06-30"],
    writes={
        "OUTPUT/measure/as_of=DAY/": "measurement.txt, measurement.json, effects.csv, effects.svg, balance.csv",
        "STORE/mlflow.db, STORE/artifacts/": "the measurement as a run",
    },
)
def measure(
    config: ConfigOption,
    contacts: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            show_default="contacts.sources of the config, else the lists alone",
            help="What came back: a filled workbook, CSV, Parquet, or DATABASE-ADDRESS#TABLE. Repeatable.",
        ),
    ] = None,
    as_of: AsOfOption = None,
    horizon: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS", show_default="the longest", help="Days after a list that count; of churn.horizons_days."
        ),
    ] = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare customers listed to contact with those held back by lot: how many stayed, what a contact earned.

    Only lists whose horizon is over are judged. Everybody counts in the arm the list drew, contacted or not. Where
    there were too few customers to tell, that is the answer, with how many it would take.
    """

    def job(reporter: Reporter) -> None:
        from clv_ml import pipeline

        settings = load_config(config, overrides=overrides or ())
        day = parsed_day(as_of, "--as-of")
        known = pipeline.campaign_contacts(settings, contacts or (), progress=reporter)
        result = pipeline.measure(settings, known, as_of=day, horizon_days=horizon, progress=reporter)
        reporter.stop()
        _tell(result)
        tell_store(settings)

    run(job, as_json=as_json)


def _tell(result: Any) -> None:
    from clv_ml.reports.measurement import effects_text

    facts = result.facts
    already = " (measured before, nothing computed again)" if result.repeated else ""
    typer.echo(f"as of {result.as_of}: {len(facts['judged'])} lists judged, {len(facts['pending'])} pending{already}")
    typer.echo(f"\n{result.sentence}\n")
    if facts["effects"]:
        typer.echo("Listed to contact against control, 95 % intervals:")
        typer.echo(effects_text(facts["effects"]))
    for note in [*facts["notes"], *([result.log_note] if result.log_note else [])]:
        typer.echo(f"note: {note}")
    for refresh, end in facts["pending"].items():
        typer.echo(f"pending: list {refresh}, its window closes on {end}")
    typer.echo(f"\nmeasurement: {result.folder / 'measurement.txt'}")
