"""Where trainings keep their bundles: a folder for each, named after its content."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clv_ml.config import Config
from clv_ml.errors import ClvError, cannot_write
from clv_ml.models.bundle import Bundle, load_bundle, save_bundle
from clv_ml.models.fitting import FittedModels
from clv_ml.models.training_rows import Progress
from clv_ml.publishing import aside_of, clean, locked, remove


def keep_bundle(
    models: FittedModels, facts: Mapping[str, Any], config: Config, day: dt.date, *, progress: Progress
) -> tuple[Bundle, Path]:
    """Save a bundle in one step under the folder of all bundles, and return it and where it is.

    One of the same content that is there already stays; a damaged one gives way. What killed trainings have left is
    removed.

    Raises
    ------
    BusyError
        If another training keeps writing there.
    ClvError
        If the folder cannot be written.
    """
    folder = config.tracking.store / "bundles"
    with locked(folder, run=f"train {day}", progress=progress):
        clean(folder, progress=progress)
        staged = aside_of(folder / f"{config.name}-{day}")
        try:
            remove(staged)
            bundle = save_bundle(models, facts, staged)
            final = folder / f"{config.name}-{day}-{bundle.version}"
            if not _is_whole(final, bundle.version):
                remove(final)
                staged.rename(final)
        except OSError as error:
            raise cannot_write(folder, error) from error
        finally:
            remove(staged)
    return bundle, final


def _is_whole(folder: Path, version: str) -> bool:
    try:
        return folder.exists() and load_bundle(folder).version == version
    except ClvError:
        return False
