"""Which languages there are: the folders of message catalogues."""

from __future__ import annotations

from pathlib import Path

from clv_ml.errors import ConfigError

LOCALE = Path(__file__).parent / "locale"
"""The folder of the languages that come with the package."""

SOURCE = "en"
"""The language of the messages in the code."""


def languages(folder: Path = LOCALE) -> tuple[str, ...]:
    """List the codes of the languages that have catalogues, English first, the others sorted.

    Examples
    --------
    >>> languages()
    ('en', 'ar')
    """
    found = {path.parent.name for path in folder.glob("*/LC_MESSAGES")}
    return (SOURCE, *sorted(found - {SOURCE}))


def catalogue_files(code: str, folder: Path = LOCALE) -> list[Path]:
    """List the catalogues of a language, those of a country before those of its language.

    Raises
    ------
    ConfigError
        If there is no such language.
    """
    known = languages(folder)
    if code not in known:
        raise ConfigError(f"unknown language {code!r}; there are {', '.join(known)} (see clv_ml.language to add one)")
    homes = [code] if "_" not in code else [code, code.split("_")[0]]
    return [path for home in homes for path in sorted((folder / home / "LC_MESSAGES").glob("*.po"))]
