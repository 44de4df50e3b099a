"""The command that simulates a business with known truth."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from clv_ml.cli.command import JsonOption, app, run
from clv_ml.cli.reporter import Reporter


@app.command()
def simulate(
    customers: Annotated[int, typer.Option(help="How many customers.")],
    out: Annotated[Path, typer.Option(help="Folder for the files; an earlier simulation there is replaced.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same customers.")] = 42,
    days: Annotated[int | None, typer.Option(help="Days from the first signup to the end; 540 by default.")] = None,
    informative: Annotated[
        bool | None,
        typer.Option(
            "--informative/--no-informative",
            help="Whether visits fade before a customer leaves (the default), or know nothing of it.",
        ),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another number of the population: name=value, such as fade_days=14; repeatable."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write customers, purchases and events drawn from known numbers, and a config to train on them.

    The files tell the truth about each customer too, and the best score that anybody could have given.
    """

    def job(reporter: Reporter) -> None:
        from clv_ml.data.simulation_parameters import SimulationParameters
        from clv_ml.pipeline.simulation import simulate_files

        given: dict[str, Any] = {"days": days, "informative": informative}
        parameters = dataclasses.replace(
            SimulationParameters().with_values(overrides or ()),
            **{name: value for name, value in given.items() if value is not None},
        )
        written = simulate_files(parameters, customers=customers, folder=out, seed=seed, progress=reporter)
        reporter.stop()
        _tell(written)

    run(job, as_json=as_json)


def _tell(written: Any) -> None:
    rows = {name: f"{count:,}" for name, count in written.rows.items()}
    typer.echo(
        f"simulated {rows['customers']} customers with {rows['transactions']} transactions and {rows['events']} events"
    )
    typer.echo(
        f"as of {written.cutoff}, no purchase in {written.horizon_days} days, buyers: AUC {written.attainable_auc:.3f} "
        f"attainable, {written.bgnbd_auc:.3f} BG/NBD with the true parameters"
    )
    typer.echo(f"files:           {written.folder}")
    typer.echo(f"next:            clv-ml train --config {written.folder / 'config.yaml'}")
