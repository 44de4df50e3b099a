"""The command that tells whether contacting helped: treated against control, once the window of the list is over."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from clv_ml.cli.command import ConfigOption, JsonOption, SetOption, app, parsed_day, run
from clv_ml.cli.reporter import Reporter
from clv_ml.cli.telling import tell_store
from clv_ml.config import load_config


@app.command()
def measure(
    config: ConfigOption,
    contacts: Annotated[
        list[str] | None,
        typer.Option(
            help="What came back: the filled workbook, CSV, Parquet, or DATABASE-ADDRESS#TABLE; repeatable. The "
            "config's contacts by default, and where there are none the lists alone."
        ),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Last day to look at, YYYY-MM-DD; the last day of the data by default.")
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option(help="Days after a list that count, of churn.horizons_days; the longest by default."),
    ] = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare customers listed to contact with those held back by lot: how many stayed, what a contact earned."""

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
