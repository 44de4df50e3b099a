"""Fuzz targets: bundles, byte by byte, with manifests whose checksums fit, and with texts of trees that were edited."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
from bundle_data import TREES, small_bundle, small_text, with_text
from edits import Source, edited, edited_tree

from clv_ml.errors import BundleError
from clv_ml.models._bundle_files import MANIFEST, checksum
from clv_ml.models.bundle import Bundle, load_bundle

_ROWS = pd.DataFrame(
    {
        "silence": [0.0, 1.5, -2.5, math.nan, 1e300, -1e300],
        "plan": ["plan 1", "plan 3", "plan 11", None, "never seen", "plan 0"],
        "spend": [0.0, -1.0, 1.0, math.nan, math.inf, -math.inf],
    }
)


class Bundles:
    """A folder with a bundle that each input damages anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = small_bundle(folder / "bundle")
        self._manifest = (self._folder / MANIFEST).read_text()
        self._text = small_text(rounds=3, leaves=6)

    def raw(self, data: bytes) -> int:
        """Put bytes in place of the manifest."""
        (self._folder / MANIFEST).write_bytes(data)
        return self._loads()

    def manifest(self, data: bytes) -> int:
        """Put JSON in place of the manifest, or edit it, with a checksum that fits."""
        source = Source(data)
        if source.below(8) == 0:
            try:
                tree = json.loads(source.rest())
            except (ValueError, RecursionError):
                return 0
        else:
            tree = edited_tree(json.loads(self._manifest), source)
        if isinstance(tree, dict):
            tree["checksum"] = checksum(tree)
        text = json.dumps(tree, indent=1, sort_keys=True) + "\n"
        (self._folder / MANIFEST).write_text(text, encoding="utf-8", errors="replace")
        return self._loads()

    def trees(self, data: bytes) -> int:
        """Edit the text of the trees; what is accepted must give probabilities."""
        source = Source(data)
        text = source.rest() if source.below(8) == 0 else edited(self._text, source).encode(errors="replace")
        (self._folder / MANIFEST).write_text(self._manifest)
        with_text(self._folder, text, TREES)
        return self._loads()

    def _loads(self) -> int:
        try:
            bundle = load_bundle(self._folder)
        except BundleError:
            return 0
        _scores(bundle)
        return 1


def _scores(bundle: Bundle) -> None:
    churn = bundle.models.churn
    if churn is None or set(churn.features_) != set(_ROWS.columns):
        return
    told = churn.predict(_ROWS)
    assert ((told >= 0) & (told <= 1)).all(axis=None), told
    assert churn.contributions(_ROWS).shape == (len(_ROWS), len(churn.features_) + 1)
