"""The command that proposes a config for somebody's own data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from clv_ml.cli.command import command, run
from clv_ml.cli.options import JsonOption
from clv_ml.cli.reporter import Reporter
from clv_ml.errors import ConfigError


@command(
    examples=[
        "clv-ml init orders.csv --out shop.yaml",
        "clv-ml init 'exports/*.csv' --out shop.yaml --currency EUR",
        "clv-ml init orders.csv --out shop.yaml --column customer_id=Member",
    ],
    writes={
        "OUT": "the config, each value with its reason as a comment",
        "OUTPUT/validate/": "rows that were set aside, with the reason",
    },
)
def init(
    orders: Annotated[list[str], typer.Argument(metavar="ORDERS...", help="Files, folders or globs; CSV or Parquet.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Config to write; a file that is there is not replaced.")],
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="NAME=COLUMN",
            help="Column of the files that is customer_id, timestamp, amount (or quantity and unit_price), order_id, "
            "product, cost, currency, or an attribute of your own. Repeatable.",
        ),
    ] = None,
    currency: Annotated[str | None, typer.Option(metavar="CODE", help="Currency of the amounts, such as EUR.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Propose a config for your own orders, with its reasons, and validate the orders by it.

    Looks at the files: which column is what, how days and numbers are written, what refunds and rows without a
    customer look like, how far back they go and how often customers come. What is not certain is said on stdout, and
    beside the value in the config.
    """

    def job(reporter: Reporter) -> None:
        from clv_ml.pipeline.initial import initial_config

        def tell(proposal: Any) -> None:
            reporter.stop()
            for doubt in proposal.doubts:
                typer.echo(f"please check:    {doubt}")
            for note in proposal.notes:
                typer.echo(f"note:            {note}")
            typer.echo(f"config:          {out}")

        named = named_columns(columns or ())
        made = initial_config(
            orders, out=out, columns=named, currency=currency, force=force, progress=reporter, written=tell
        )
        reporter.stop()
        quality = made.checked.quality()
        typer.echo(f"rows:            {_rows(quality)}")
        typer.echo(f"quarantine:      {made.quarantine}")
        made.checked.enforce(made.config)
        typer.echo("no file says:    value.margin, risk.capacity and risk.economics; put your own figures there")
        typer.echo(f"next:            clv-ml train --config {out}")
        typer.echo(f"                 clv-ml score --config {out} --as-of {made.proposal.cutoff}")

    run(job, as_json=as_json)


def named_columns(given: Sequence[str]) -> dict[str, str]:
    """Read ``canonical=Name`` pairs.

    Raises
    ------
    ConfigError
        If one is no such pair.
    """
    named: dict[str, str] = {}
    for pair in given:
        role, equals, column = pair.partition("=")
        if not equals or not role.strip() or not column:
            raise ConfigError(f"--column {pair}: must look like customer_id=Customer")
        named[role.strip()] = column
    return named


def _rows(quality: Mapping[str, Any]) -> str:
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in quality["quarantined"].items())
    return (
        f"{quality['rows_in']:,} in = {quality['rows_valid']:,} valid + {quality['rows_quarantined']:,} quarantined"
        + (f" ({reasons})" if reasons else "")
        + f"; {quality['customers']:,} customers, {quality['first_day']} to {quality['last_day']}"
    )
