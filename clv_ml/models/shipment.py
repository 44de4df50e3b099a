"""A model bundle on its way to the workers of a cluster: texts, packed, and nothing that runs."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from clv_ml.models.bundle import Bundle, load_bundle, save_bundle

_LOADED: dict[str, Bundle] = {}


@dataclass(frozen=True)
class Shipment:
    """The files of a bundle by name, compressed, and the version that tells it from others."""

    files: Mapping[str, bytes]
    version: str

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        """Pack a bundle."""
        with tempfile.TemporaryDirectory() as folder:
            written = save_bundle(bundle.models, bundle.facts, Path(folder))
            files = {path.name: zlib.compress(path.read_bytes()) for path in sorted(Path(folder).iterdir())}
        return cls(files, written.version)

    def bundle(self) -> Bundle:
        """Unpack it, once a process, with all checks of :func:`clv_ml.models.bundle.load_bundle`."""
        if self.version not in _LOADED:
            with tempfile.TemporaryDirectory() as folder:
                for name, content in self.files.items():
                    (Path(folder) / name).write_bytes(zlib.decompress(content))
                loaded = load_bundle(folder)
            _LOADED.clear()  # a worker serves one job at a time, and may live long
            _LOADED[self.version] = loaded
        return _LOADED[self.version]
