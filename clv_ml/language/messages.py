"""Message catalogues: .po files -> one gettext translation."""

from __future__ import annotations

import gettext
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clv_ml.errors import ConfigError

if TYPE_CHECKING:
    from babel.messages import Catalog, Message


def read_messages(files: Sequence[Path], *, code: str) -> gettext.NullTranslations:
    """Merge catalogues; of a message that stands in several, the first translation counts.

    Fuzzy and unfinished translations are left out, so that the English message is said instead.

    Raises
    ------
    ConfigError
        If a file is no catalogue.
    """
    if not files:
        return gettext.NullTranslations()
    merged, *others = (_read(path, code) for path in files)
    for catalogue in others:
        for entry in catalogue:
            if entry.id and entry.id not in merged:
                merged[entry.id] = entry
    return _compiled(merged)


def _read(path: Path, code: str) -> Catalog:
    from babel.messages.pofile import PoFileError, read_po

    try:
        with path.open("rb") as source:
            # without a rule for plurals in its header, a catalogue follows CLDR's for the language
            catalogue = read_po(source, locale=code, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise ConfigError(f"{path} is no message catalogue: {error}") from error
    for entry in [entry for entry in catalogue if entry.id and not _finished(entry)]:
        catalogue.delete(entry.id)
    return catalogue


def _finished(entry: Message) -> bool:
    forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
    return not entry.fuzzy and all(forms)


def _compiled(catalogue: Catalog) -> gettext.GNUTranslations:
    from babel.messages.mofile import write_mo

    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
