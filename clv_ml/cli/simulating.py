"""The command that simulates a business with known truth."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from clv_ml.cli.command import command, run
from clv_ml.cli.options import JsonOption
from clv_ml.cli.reporter import Reporter


@command(
    examples=[
        "clv-ml simulate --customers 2000 --out sim",
        "clv-ml simulate --customers 2000 --out sim --seed 1 --set fade_days=14",
    ],
    writes={
        "OUT/customers.parquet": "who they are; OUT/transactions.parquet and OUT/events.parquet: what they did",
        "OUT/truth.parquet": "when each of them left in truth, and at what rates they bought",
        "OUT/attainable.parquet": "the best score that anybody could have given each of them",
        "OUT/parameters.json": "the numbers they were drawn from",
        "OUT/config.yaml": "a config to train on them",
    },
    codes=(0, 1, 2),
)
def simulate(
    customers: Annotated[int, typer.Option(metavar="N", help="How many customers.")],
    out: Annotated[
        Path, typer.Option(metavar="OUT", help="Folder for the files; an earlier simulation there is replaced.")
    ],
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same customers.")] = 42,
    days: Annotated[
        int | None, typer.Option(metavar="DAYS", show_default="540", help="Days from the first signup to the end.")
    ] = None,
    informative: Annotated[
        bool | None,
        typer.Option(
            "--informative/--no-informative",
            show_default="--informative",
            help="Whether visits fade before a customer leaves, or know nothing of it.",
        ),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Another number of parameters.json, such as fade_days=14. Repeatable."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write customers, purchases and events drawn from known numbers, and a config to train on them.

    The truth about each customer is written too, so that models can be judged by it.
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
