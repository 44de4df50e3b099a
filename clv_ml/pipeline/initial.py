"""The first config of somebody's own data: proposed, written, and validated."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clv_ml.config import Config, EngineConfig, load_config
from clv_ml.data.checked import CheckedData
from clv_ml.errors import ConfigError, cannot_write
from clv_ml.pipeline.prepared import silent, validate
from clv_ml.pipeline.proposal import Proposal, propose


@dataclass(frozen=True)
class InitialConfig:
    """What was proposed, the config as it is read from its file, and what its validation found."""

    proposal: Proposal
    path: Path
    config: Config
    checked: CheckedData
    quarantine: Path


def initial_config(
    orders: Sequence[str],
    *,
    out: Path,
    columns: Mapping[str, str] | None = None,
    currency: str | None = None,
    force: bool = False,
    progress: Callable[[str], None] = silent,
    written: Callable[[Proposal], None] = lambda proposal: None,
) -> InitialConfig:
    """Propose a config for files of orders, write it, and check the data by it.

    Parameters
    ----------
    force
        Whether a file at `out` may be replaced.
    written
        Called once the config is written; it stays there even if the data then turn out to be unusable.

    Raises
    ------
    ConfigError
        If there is a file at `out` already, or no file of orders.
    DataError
        If the orders cannot be read or understood.
    """
    _require_free(out, force=force)
    with tempfile.TemporaryDirectory(prefix="clv_ml_", ignore_cleanup_errors=True) as spill:
        limits = EngineConfig(temp_directory=Path(spill))
        proposal = propose(orders, out=out, columns=columns, currency=currency, engine=limits, progress=progress)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(proposal.text)
    except FileExistsError:
        _require_free(out, force=False)
    except OSError as error:
        raise cannot_write(out, error) from error
    written(proposal)
    config = load_config(out)
    checked, quarantine = validate(config, progress=progress)
    return InitialConfig(proposal, out, config, checked, quarantine)


def _require_free(out: Path, *, force: bool) -> None:
    if out.is_dir():
        raise ConfigError(f"--out {out}: is a folder; name the file to write, such as {out / 'my.yaml'}")
    if out.exists() and not force:
        raise ConfigError(f"--out {out}: there is a file already; name another, or replace it with --force")
