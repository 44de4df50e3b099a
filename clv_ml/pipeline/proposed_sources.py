"""Files of orders that nothing is known of, parted into sources: which columns count, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clv_ml.config import FilesConfig, Layout
from clv_ml.data.column_guess import Choice, guess_columns, profiles, require_given
from clv_ml.data.delivered import find_files, format_of
from clv_ml.data.file_layout import SAMPLE_ROWS, LookedAt, is_odd_text, look_at_csv, require_table
from clv_ml.data.moment_guess import ISO, MomentFormat, choose_patterns, fitting_patterns
from clv_ml.data.number_guess import NumberStyle, choose_style, is_plain
from clv_ml.engine.order_look import OrderLook
from clv_ml.errors import DataError

_MOST_FILES = 3  # of one source whose rows are sampled
_NUMBERS = ("amount", "unit_price", "quantity", "cost")


@dataclass(frozen=True)
class ProposedSource:
    """Files of one layout, and how they are read.

    Attributes
    ----------
    path
        As it was given, where that means these files alone.
    table
        Name of all their rows, read by `layout`, in the engine.
    end
        Moment (ISO 8601) from which on a later source tells of the same orders; None where there is none.
    """

    path: str
    files: tuple[Path, ...]
    look: LookedAt
    columns: Mapping[str, Choice]
    moments: MomentFormat
    numbers: NumberStyle
    table: str = ""
    end: str | None = None
    why_end: str = ""

    @property
    def layout(self) -> Layout:
        """How the files are read."""
        values: dict[str, Any] = {
            "columns": {role: choice.column for role, choice in self.columns.items()},
            "delimiter": self.look.delimiter,
            "encoding": self.look.encoding or "utf-8",
            "decimal": self.numbers.decimal,
            "thousands": self.numbers.thousands,
            "timestamp_format": self.moments.patterns or None,
        }
        return Layout(**values)

    @property
    def doubts(self) -> list[str]:
        """What could be otherwise."""
        chosen = [f"{role}: {self._named(choice)}" for role, choice in self.columns.items() if choice.doubt]
        return [*chosen, *(text for text in (self.moments.doubt, self.numbers.doubt) if text)]

    def _named(self, choice: Choice) -> str:
        return f"{choice.column!r} is taken; {choice.doubt}"


def find_sources(
    engine: OrderLook, given: Sequence[str], columns: Mapping[str, str], *, progress: Callable[[str], None]
) -> tuple[list[ProposedSource], list[str]]:
    """Part files into sources, each with its columns and how they are written.

    Parameters
    ----------
    given
        Files, folders or globs.
    columns
        Canonical column to column, where the user knows.

    Returns
    -------
    tuple
        The sources, and notes on files of a folder or glob that hold no orders.

    Raises
    ------
    ConfigError
        If there is no such file, or it is no table.
    DataError
        If a file cannot be read, or no column fits what is needed.
    """
    progress("looking at the files")
    groups = [group for path in given for group in _groups(engine, path)]
    require_given([group[1][0] for group in groups], columns)
    sources, notes = [], []
    for path, looks, others in groups:
        look = _together(looks)
        try:
            chosen = guess_columns(look, columns)
        except DataError as error:
            if not others:
                raise
            notes.append(f"left out, no orders: {error}")
            continue
        files = tuple(one.path for one in looks)
        source = ProposedSource(path, files, look, chosen, MomentFormat((), ""), NumberStyle())
        progress(f"reading {path}")
        sources.append(_with_formats(engine, source))
    if not sources:
        raise DataError("; ".join(notes))
    return sources, notes


def _groups(engine: OrderLook, path: str) -> list[tuple[str, list[LookedAt], bool]]:
    """Part the files of a path by layout; each with the path that means it alone, and whether there are others."""
    files = find_files(FilesConfig(path=path), Path())
    several = [file for file in files if file.stat().st_size] if len(files) > 1 else files
    by_layout: dict[tuple[object, ...], list[LookedAt]] = {}
    for file in several or files[:1]:
        look = _look(engine, file)
        by_layout.setdefault(look.layout, []).append(look)
    if len(by_layout) == 1:
        return [(path, looks, False) for looks in by_layout.values()]
    return [(str(look.path), [look], True) for looks in by_layout.values() for look in looks]


def _look(engine: OrderLook, file: Path) -> LookedAt:
    require_table(file)
    odd = is_odd_text(file)
    if not odd and format_of(file) == "parquet":
        kinds, rows = engine.parquet_sample(file, SAMPLE_ROWS)
        if not rows:
            raise DataError(f"{file}: there are no rows in it")
        return LookedAt(file, "parquet", tuple(kinds), tuple(kinds.items()), rows)
    return look_at_csv(file, declare_format=odd)


def _together(looks: Sequence[LookedAt]) -> LookedAt:
    """Put the rows of the first, a middle and the last file together."""
    chosen = {0: looks[0], len(looks) // 2: looks[len(looks) // 2], len(looks) - 1: looks[-1]}
    rows = [row for place in sorted(chosen) for row in chosen[place].rows[: SAMPLE_ROWS // len(chosen)]]
    return replace(looks[0], rows=rows)


def _with_formats(engine: OrderLook, source: ProposedSource) -> ProposedSource:
    """Find how moments and numbers are written, by all rows; then read the files so."""
    look = source.look
    kinds = {profile.name: profile for profile in profiles(look)}
    texts = {name: [row[place] for row in look.rows] for place, name in enumerate(look.columns)}
    plain = Layout(
        columns={f"raw_{role}": choice.column for role, choice in source.columns.items()},
        delimiter=look.delimiter,
        encoding=look.encoding or "utf-8",
    )
    table = engine.table(source.files, look.file_format, plain)
    written = [
        f"raw_{role}"
        for role, choice in source.columns.items()
        if role in _NUMBERS and kinds[choice.column].kind == "VARCHAR"
    ]
    if written:
        filled, rows, cents = engine.marks(table, written)
        source = replace(source, numbers=choose_style(rows, cents, filled=filled))
    at = source.columns["timestamp"].column
    if not (kinds[at].kind == "DATE" or kinds[at].kind.startswith("TIMESTAMP")):
        shown = [text.strip() for text in texts[at] if text and text.strip()]
        if kinds[at].moments < 0.5 and kinds[at].serial_days > 0.95:
            source = replace(source, moments=MomentFormat(("excel",), "day numbers of a spreadsheet"))
        else:
            patterns = fitting_patterns(shown)
            filled, iso, counts = engine.moments(table, "raw_timestamp", patterns, ISO)
            habit = source.numbers.decimal == "," or look.delimiter == ";" or ";" in (look.delimiter or "")
            found = choose_patterns(counts, iso=iso, filled=filled, texts=shown, day_first=habit)
            source = replace(source, moments=found)
    if look.file_format == "csv" and not source.moments.patterns and is_plain(source.numbers):
        # texts that need no other reading are read once
        return replace(source, table=engine.renamed(table, {f"raw_{role}": role for role in source.columns}))
    return replace(source, table=engine.table(source.files, look.file_format, source.layout))


def without_overlap(engine: OrderLook, sources: Sequence[ProposedSource]) -> list[ProposedSource]:
    """Let the earlier of two sources end where the later begins, if most of its rows from then on are in both."""
    ended, starts = list(sources), engine.starts()
    for earlier, first in starts.items():
        for later, start in sorted(starts.items(), key=lambda item: item[1], reverse=True):
            if start <= first:
                continue
            rows, both = engine.overlap(earlier, later, start)
            if both * 2 > rows:
                name = sources[later].files[0].name
                why = f"{both:,} of its {rows:,} rows from then on are in {name} too, which begins there"
                ended[earlier] = replace(sources[earlier], end=str(start), why_end=why)
    return ended
