"""The files of a table: which there are, what each is called, and which came twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clv_ml.config import FilesConfig, SourceConfig
from clv_ml.errors import ConfigError, DataError

DUPLICATE = "duplicate_file"
_SUFFIXES = {".csv": "csv", ".txt": "csv", ".csv.gz": "csv", ".txt.gz": "csv", ".parquet": "parquet", ".pq": "parquet"}
_SMALL = 1 << 16  # bytes: a smaller file may hold nothing but a header


@dataclass(frozen=True)
class Delivery:
    """The files of one source: their names in reports, and the fault of those that are set aside as a whole."""

    paths: tuple[Path, ...]
    names: tuple[str, ...]
    faults: tuple[str | None, ...]
    file_format: str


def deliveries(
    sources: Sequence[FilesConfig | SourceConfig], root: Path, *, duplicates: str = "quarantine"
) -> list[Delivery]:
    """Find the files of the sources of a table.

    Parameters
    ----------
    duplicates
        What becomes of a file with the content of an earlier one that is read in the same way: "quarantine" (the file
        is set aside as a whole), "keep" or "refuse".

    Raises
    ------
    ConfigError
        If a source has no file.
    DataError
        If a file came twice and that is refused.
    """
    found = [find_files(source, root) for source in sources]
    names = names_of([path for paths in found for path in paths])
    first: dict[tuple[str, int, str], Path] = {}
    delivered = []
    sizes = _sizes(sources, found)
    for source, paths in zip(sources, found, strict=True):
        faults: list[str | None] = []
        for path in paths:
            same = _same(source, path, sizes) if duplicates != "keep" else None
            earlier = None if same is None else first.get(same)
            if earlier is not None and duplicates == "refuse":
                raise DataError(f"{path}: holds what {earlier} holds; remove one, or set `duplicate_files: quarantine`")
            if same is not None:
                first.setdefault(same, path)
            faults.append(None if earlier is None else DUPLICATE)
        file_format = source.format or format_of(paths[0])
        delivered.append(Delivery(tuple(paths), tuple(names[path] for path in paths), tuple(faults), file_format))
    return delivered


def find_files(source: SourceConfig | FilesConfig, root: Path) -> list[Path]:
    """List the files of a source, in the order of their names; a file that exists is never taken for a pattern.

    Files whose name starts with a dot (unfinished uploads, what systems leave) are not part of a folder or glob.

    Raises
    ------
    ConfigError
        If there are none.
    """
    pattern = Path(source.path or "")
    full = pattern if pattern.is_absolute() else root / pattern
    if full.is_file():
        return [full]
    if full.is_dir():
        files = sorted(path for path in full.iterdir() if path.is_file() and _is_table(path))
        if not files:
            raise ConfigError(f"source {full}: the folder holds no {', '.join(_SUFFIXES)} file")
        if source.format is None and len({format_of(path) for path in files}) > 1:
            raise ConfigError(f"source {full}: the folder holds files of several formats; give a glob such as *.csv")
        return files
    base = Path(full.anchor) if pattern.is_absolute() else root
    hidden = pattern.name.startswith(".")
    files = sorted(
        path
        for path in base.glob(str(pattern.relative_to(pattern.anchor)))
        if path.is_file() and (hidden or not path.name.startswith("."))
    )
    if not files:
        raise ConfigError(f"source {full}: no such file; relative paths start at transactions.root ({root})")
    return files


def format_of(path: Path) -> str:
    """Tell the format of a file from its name."""
    name = path.name.lower()
    for suffix, file_format in _SUFFIXES.items():
        if name.endswith(suffix):
            return file_format
    raise ConfigError(f"source {path}: cannot tell the format from the name; give `format`")


def names_of(paths: Sequence[Path]) -> dict[Path, str]:
    """Call each file by its name, with as many folders before it as tell it from files of the same name."""
    by_name: dict[str, list[Path]] = defaultdict(list)
    for path in dict.fromkeys(paths):
        by_name[path.name].append(path)
    names: dict[Path, str] = {}
    for same in by_name.values():
        depth = 1
        while len({path.parts[-depth:] for path in same}) < len(same):
            depth += 1
        names |= {path: "/".join(path.parts[-depth:]) for path in same}
    return names


def _is_table(path: Path) -> bool:
    return path.name.lower().endswith(tuple(_SUFFIXES)) and not path.name.startswith(".")


def _read_in_the_same_way(source: FilesConfig | SourceConfig) -> str:
    return source.model_dump_json(exclude={"path"})


def _sizes(
    sources: Sequence[FilesConfig | SourceConfig], found: Sequence[Sequence[Path]]
) -> dict[tuple[str, int], int]:
    """Count files by how they are read and how large they are: only those that share both need a closer look."""
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for source, paths in zip(sources, found, strict=True):
        way = _read_in_the_same_way(source)
        for path in paths:
            counts[way, path.stat().st_size] += 1
    return counts


def _same(
    source: FilesConfig | SourceConfig, path: Path, sizes: dict[tuple[str, int], int]
) -> tuple[str, int, str] | None:
    """Return what files of equal content have in common; None where there cannot be another, or there is no row."""
    way, size = _read_in_the_same_way(source), path.stat().st_size
    if sizes[way, size] < 2 or (size < _SMALL and not _holds_rows(path)):
        return None
    with path.open("rb") as file:
        return way, size, hashlib.file_digest(file, "blake2b").hexdigest()


def _holds_rows(path: Path) -> bool:
    """Tell whether a small file is more than the header of an empty day."""
    if path.suffix.lower() not in {".csv", ".txt"}:
        return True
    return sum(1 for line in path.read_bytes().splitlines() if line.strip()) > 1
