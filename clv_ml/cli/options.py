"""The options that several commands share: one meaning and one wording each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

LAST_DAY = "the last day of the data"

ConfigOption = Annotated[
    Path,
    typer.Option("--config", "-c", metavar="FILE", help="YAML file of the job; configs/reference.yaml has every key."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override one key of the config, such as value.margin=0.4; lists count from 0. Repeatable.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Write progress and errors as JSON lines to stderr; results stay on stdout.")
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DAY", show_default=LAST_DAY, help="Last day that is known of, YYYY-MM-DD."),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        show_default="the champion of the config's name",
        help="Folder of a bundle, or models:/NAME@ALIAS or models:/NAME/VERSION in MLflow.",
    ),
]
