"""Every fuzz target by name: a folder to work in gives a function that takes one input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bundles import Bundles
from readers import Readers
from shares import SHARES

from configs import Configs

Target = Callable[[bytes], int]


def everything(folder: Path) -> Target:
    """Every target in one process: the first two bytes say which, each as often as its share."""
    running: dict[str, Target] = {}
    places = [name for name, share in SHARES.items() for _ in range(round(10 * share))]

    def one(data: bytes) -> int:
        name = places[int.from_bytes(data[:2].ljust(2, b"\0"), "little") % len(places)]
        if name not in running:
            (folder / name).mkdir()
            running[name] = TARGETS[name](folder / name)
        return running[name](data[2:])

    return one


TARGETS: Mapping[str, Callable[[Path], Target]] = {
    "config_yaml": lambda folder: Configs(folder).yaml,
    "config_overrides": lambda folder: Configs(folder).overrides,
    "bundle_raw": lambda folder: Bundles(folder).raw,
    "bundle_manifest": lambda folder: Bundles(folder).manifest,
    "bundle_trees": lambda folder: Bundles(folder).trees,
    "csv_records": lambda folder: Readers(folder).records,
    "csv_bytes": lambda folder: Readers(folder).csv,
    "parquet_bytes": lambda folder: Readers(folder).parquet,
    "whole_read": lambda folder: Readers(folder).checked,
    "everything": everything,
}
