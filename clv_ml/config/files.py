"""The files a table is read from: where they are, how they are laid out, how their values are written."""

from __future__ import annotations

import codecs
import zoneinfo
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]


class Section(BaseModel):
    """A frozen part of a config that forbids unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class Layout(Section):
    """How files are laid out, and how values are written in them; nothing of this is ever guessed from the rows."""

    format: Literal["csv", "parquet"] | None = None
    """File format; told from the file names where None."""
    columns: dict[Name, str] = {}
    """Canonical column to column in the files."""
    encoding: str = "utf-8"
    """How a CSV file writes letters, such as latin-1, cp1252 or utf-16; bytes that are not so are set aside."""
    delimiter: Annotated[str, Field(pattern=r"^[\x01-\x09\x0b\x0c\x0e-\x1f !#-/:-@\[-`{-~]$")] | None = None
    """What stands between the fields of a CSV file; told from the header (comma, semicolon, tab or bar) where None."""
    decimal: Literal[".", ","] = "."
    """What stands before the cents."""
    thousands: Literal[",", ".", " ", "'"] | None = None
    """What stands between thousands; a number that has it elsewhere cannot be read."""
    timestamp_format: str | tuple[str, ...] | None = None
    """strptime pattern where timestamps are not ISO 8601, such as "%d/%m/%Y" or "%Y%m%d"; "excel" for the day numbers
    of a spreadsheet. Of several patterns a text may fit only one moment, else it is set aside as ambiguous."""
    timezone: str | None = None
    """Where the clocks stand, such as Europe/Berlin: times without an offset are taken as they are, times with one are
    brought there, and days are counted there. Where None, times with an offset are brought to UTC."""

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, name: str) -> str:
        try:
            "a".encode(name).decode(name)  # refuses codecs that are no encoding of text, such as hex
            return codecs.lookup(name).name
        except (LookupError, ValueError) as error:
            raise ValueError("not an encoding; write it like utf-8, latin-1, cp1252 or utf-16") from error

    @field_validator("timezone")
    @classmethod
    def _is_a_timezone(cls, name: str | None) -> str | None:
        if name is not None and name not in zoneinfo.available_timezones():
            raise ValueError("not a time zone; write it like Europe/Berlin")
        return name

    @model_validator(mode="after")
    def _numbers_can_be_told(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError(f"`decimal` and `thousands` are both {self.decimal!r}")
        if not all(self.timestamp_formats):
            raise ValueError("`timestamp_format` is empty")
        return self

    @property
    def timestamp_formats(self) -> tuple[str, ...]:
        """The patterns of timestamps, none where they are ISO 8601."""
        given = self.timestamp_format
        return () if given is None else (given,) if isinstance(given, str) else given


class LookupConfig(Section):
    """A small file that knows more of what the rows name, such as the day of a campaign."""

    path: str
    """The file; relative paths start at the `root` of the table."""
    key: Name
    """Canonical column of the rows that names it."""
    columns: Annotated[dict[Name, str], Field(min_length=1)]
    """Canonical column to column in the file; must map the key, and what the file adds."""

    @model_validator(mode="after")
    def _maps_the_key(self) -> Self:
        if self.key not in self.columns or len(self.columns) < 2:
            raise ValueError(f"`columns` must map {self.key} and at least one column that the file adds")
        return self


class FilesConfig(Layout):
    """Files of one layout."""

    path: str
    """A file, folder or glob; relative paths start at the `root` of the table."""
    lookup: LookupConfig | None = None
    """A file that adds columns by a key."""

    @property
    def mapped(self) -> frozenset[str]:
        """Canonical columns that there are, those of the lookup included."""
        return frozenset(self.columns) | frozenset(self.lookup.columns if self.lookup else ())
