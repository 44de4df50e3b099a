"""One target under atheris in a process of its own: ``worker.py TARGET FOLDER [options of libFuzzer]``.

What a target returns (1 accepted, 0 refused) is counted into ``FOLDER/counts.json``; an error that the package did not
mean to raise, a hang or a crash ends the process with libFuzzer's report and the input that did it.
"""

from __future__ import annotations

import atexit
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from shares import SHARES  # noqa: E402  # found in the folder above

NAME = sys.argv[1]
if NAME not in {*SHARES, "everything"}:
    raise SystemExit(f"ValueError: no target {NAME!r}; there are {', '.join(SHARES)}, everything")

# what parses the inputs; to instrument the rest of the package takes longer than a short run
PARSERS = [
    *("clv_ml.config.loading", "clv_ml.config._yaml", "clv_ml.models.bundle", "clv_ml.models._bundle_files"),
    *("clv_ml.models._manifest", "clv_ml.models._tree_text", "clv_ml.engine.csv_records", "clv_ml.engine.csv_files"),
    *("clv_ml.engine.files", "clv_ml.engine.reading", "yaml"),
]
with atheris.instrument_imports(include=PARSERS):
    import targets


def main() -> None:
    """Fuzz until libFuzzer has had enough."""
    folder, *options = sys.argv[2:]
    run: Callable[[bytes], int] = targets.TARGETS[NAME](Path(folder))
    counts: Counter[str] = Counter()

    def one(data: bytes) -> None:
        result = run(data)
        counts["accepted" if result else "refused"] += 1
        if sum(counts.values()) % 5 == 0:
            save()

    def save() -> None:
        (Path(folder) / "counts.json").write_text(json.dumps(counts))

    atheris.Setup([sys.argv[0], *options], one)
    atexit.register(save)
    atheris.Fuzz()


main()
