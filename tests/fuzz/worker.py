"""One target under atheris in a process of its own: ``worker.py TARGET FOLDER [options of libFuzzer]``.

What a target returns (1 accepted, 0 refused) is counted into ``FOLDER/counts.json``; an error that the package did not
mean to raise, a hang or a crash ends the process with libFuzzer's report and the input that did it.
"""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

# what the inputs steer; the libraries below are instrumented only where they parse
with atheris.instrument_imports(include=["clv_ml", "yaml"], exclude=["clv_ml.language"]):
    import targets


def main() -> None:
    """Fuzz until libFuzzer has had enough."""
    name, folder, *options = sys.argv[1:]
    run: Callable[[bytes], int] = targets.TARGETS[name](Path(folder))
    counts: Counter[str] = Counter()

    def one(data: bytes) -> None:
        result = run(data)
        counts["accepted" if result else "refused"] += 1
        if sum(counts.values()) % 50 == 0:
            save()

    def save() -> None:
        (Path(folder) / "counts.json").write_text(json.dumps(counts))

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    atheris.Setup([sys.argv[0], *options], one)
    import atexit

    atexit.register(save)
    atheris.Fuzz()


main()
