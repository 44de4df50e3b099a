"""Plans of queries that the processes of one test run share: what one has planned, the others read."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Hashable
from pathlib import Path

from clv_ml.engine.plan_text import plan_of_dict, plan_to_dict
from clv_ml.engine.plans import Plan
from clv_ml.engine.shared_plans import SharedPlans


class PlansOfWorkers(SharedPlans):
    """Plans of this process, and of the other ones that use the same folder.

    Parameters
    ----------
    folder
        Holds one file for each plan; only test processes write to it.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def find(self, key: Hashable) -> Plan | None:
        """Return the plan of a key, None where no process has kept one."""
        plan = super().find(key)
        if plan is None:
            with contextlib.suppress(FileNotFoundError):
                plan = plan_of_dict(json.loads(self._file(key).read_text(encoding="utf-8")))
                super().keep(key, plan)
        return plan

    def keep(self, key: Hashable, plan: Plan) -> None:
        """Keep a plan for all processes."""
        super().keep(key, plan)
        file = self._file(key)
        if plan.stands_alone and not file.exists():
            aside = file.with_suffix(f".{os.getpid()}")
            aside.write_text(json.dumps(plan_to_dict(plan)), encoding="utf-8")
            aside.replace(file)

    def _file(self, key: Hashable) -> Path:
        return self.folder / f"{hashlib.sha256(repr(key).encode()).hexdigest()}.json"
