"""Plans kept from one engine of a process to the next: to plan a small job takes as long as to run it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from clv_ml.engine.plans import Plan

MOST = 100  # a job has about twenty


class SharedPlans:
    """The plans that were used last, whichever engine recorded them.

    A plan is found again by its key and the names and types of the columns of its inputs. One that reads a table which
    is neither an input nor made on the way belongs to its engine and is not kept.

    Parameters
    ----------
    most
        How many are kept; the one that was not used for longest goes first.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._plans: OrderedDict[Hashable, Plan] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._plans)

    def find(self, key: Hashable) -> Plan | None:
        """Return the plan of a key, None where there is none."""
        with self._lock:
            plan = self._plans.get(key)
            if plan is not None:
                self._plans.move_to_end(key)
            return plan

    def keep(self, key: Hashable, plan: Plan) -> None:
        """Keep a plan for the engines to come."""
        if not plan.stands_alone:
            return
        with self._lock:
            self._plans[key] = plan
            self._plans.move_to_end(key)
            while len(self._plans) > self._most:
                self._plans.popitem(last=False)


OF_PROCESS = SharedPlans()
"""Those of all engines of this process."""
