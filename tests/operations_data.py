"""What the tests of the operations share: where the examples are, a stand-in for the command, and a small shop."""

from __future__ import annotations

import dataclasses
import os
import shlex
import sys
from pathlib import Path

import pandas as pd
import yaml
from bundle_data import small_models

from clv_ml.config import build_config
from clv_ml.models.bundle import save_bundle
from clv_ml.reports.results import bundle_facts

OPERATIONS = Path(__file__).parents[1] / "configs" / "operations"
COMMAND = Path(sys.executable).with_name("clv-ml")
SCORE, REVIEW = "score --config /etc/my shop.yaml --json", "review --config /etc/my shop.yaml --json"


def script(path: Path, *lines: str) -> Path:
    """Write a script of sh."""
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)
    return path


class Stub:
    """A command that writes down how it was called and ends with the exit codes it was told, one a call."""

    def __init__(self, folder: Path, *codes: int) -> None:
        self._calls, self._alerts, queue = folder / "calls", folder / "alerts", folder / "codes"
        queue.write_text("".join(f"{code}\n" for code in codes))
        call = f'echo "$@" >> {shlex.quote(str(self._calls))}'
        take = (
            f'code=$(head -n 1 {queue}); tail -n +2 {queue} > {queue}.new; mv {queue}.new {queue}; exit "${{code:-0}}"'
        )
        self.command = script(folder / "stub clv-ml", call, take)
        self.alert = script(folder / "alert", f'echo "$1" >> {shlex.quote(str(self._alerts))}')
        self.environment = {
            "PATH": os.environ["PATH"],
            "CLV_ML": str(self.command),
            "CLV_ML_CONFIG": "/etc/my shop.yaml",
            "CLV_ML_ALERT": str(self.alert),
            "CLV_ML_RETRY_SECONDS": "0",
            "CLV_ML_HOME": str(OPERATIONS),
            "CLV_ML_LOGS": str(folder),
        }

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines() if self._calls.exists() else []

    @property
    def alerts(self) -> list[str]:
        return self._alerts.read_text().splitlines() if self._alerts.exists() else []


def make_shop(folder: Path) -> Path:
    """Fill a folder with orders, a config, a bundle that is no champion, and a command that scores with it."""
    folder.mkdir()
    days = pd.date_range("2020-01-01", periods=40, freq="9D")
    orders = pd.DataFrame({"customer_id": [f"c{at % 11}" for at in range(40)], "timestamp": days, "amount": 10.5})
    orders.to_csv(folder / "orders.csv", index=False)
    tree = {
        "name": "shop",
        "transactions": {"sources": [{"path": "orders.csv", "columns": {name: name for name in orders}}]},
        "tracking": {"store": str(folder / "models")},
        "output": {"dir": str(folder / "output")},
    }
    (folder / "shop.yaml").write_text(yaml.safe_dump(tree))
    models = dataclasses.replace(small_models(), churn=None, churn_note="too few customers")
    save_bundle(models, bundle_facts(build_config(tree, environment={}), "x", []), folder / "bundle")
    # a review of nothing takes as long as a scoring; the other tests see that the night asks for it
    script(folder / "with-model", '[ "$1" = score ] || exit 0', f'exec {COMMAND} "$@" --model {folder / "bundle"}')
    script(folder / "alert", f'echo "$1" >> {folder / "alerts"}')
    return folder


def environment(folder: Path, **more: str) -> dict[str, str]:
    """An environment as bare as that of cron."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"HOME": str(folder), "MPLCONFIGDIR": str(folder / "matplotlib")} | more
