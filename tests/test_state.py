"""Night after night, what is kept of closed days and the rows since give the same table of everybody, in every bit."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from night_reference import CLOSE_EVERY, FIRST_NIGHT, KEEP_OPEN, NIGHTS, Nights, day, lived, signups
from order_reference import START, Order, transactions_of

from clv_ml.config import SignalsConfig
from clv_ml.engine import Engine
from clv_ml.errors import ClvError
from clv_ml.snapshot.population import population_of_state
from clv_ml.snapshot.state import close, empty_state
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import day_totals

# a night costs two seconds: CLV_ML_EVERY_NIGHT=1 compares each of them, not only those around the closing of days
EVERY = bool(os.environ.get("CLV_ML_EVERY_NIGHT"))
COMPARED = range(CLOSE_EVERY) if EVERY else (0, CLOSE_EVERY - 1)
CARRIED = range(CLOSE_EVERY) if EVERY else (CLOSE_EVERY - 1,)


def test_thirty_nights_equal_a_full_recomputation(engine: Engine, tmp_path: Path) -> None:
    world = Nights(engine, lived(seed=3), signups(), tmp_path)
    known = []
    for night in range(FIRST_NIGHT, FIRST_NIGHT + NIGHTS):
        if world.state is None or (night - FIRST_NIGHT) % CLOSE_EVERY == 0:
            world.close(night, day(night - KEEP_OPEN))
        if (night - FIRST_NIGHT) % CLOSE_EVERY in COMPARED:
            known.append(world.require_same(night, day(night)))
        if (night - FIRST_NIGHT) % CLOSE_EVERY in CARRIED:
            world.require_carried(night, anew=night == FIRST_NIGHT + 3 * CLOSE_EVERY - 1)
    assert known[-1] > known[0] > 20
    assert world.state is not None
    # much later, when nothing more has come
    world.require_same(night, day(night + 200))


def test_a_day_before_the_closed_one_is_refused(engine: Engine) -> None:
    totals = engine.materialise(day_totals(transactions_of(engine, [Order("a", START, 100, None)])))
    state = close(engine, empty_state(engine, totals, None, SignalsConfig()), totals, None, None, START)
    with pytest.raises(ClvError, match="the days up to 2023-01-01 are closed, and 2022-12-31 is before"):
        population_of_state(engine, state, Tables(totals), START - dt.timedelta(days=1))
