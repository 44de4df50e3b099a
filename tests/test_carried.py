"""Who is described again in a night, and that all others are what describing everybody gives, in every bit."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from customer_reference import Customer
from event_reference import Event
from night_reference import Delivered, Nights, day
from order_reference import Order

from clv_ml.engine import Engine

NIGHT = 130  # the first one; days are closed up to 4 before it
CLOSED = NIGHT - 4


def bought(name: str, number: int, cents: int = 2500, *, came: int | None = None) -> tuple[int, Order]:
    return number if came is None else came, Order(name, day(number), cents, f"{name}{number}")


def did(name: str, number: int, kind: str = "view", session: str | None = None) -> tuple[int, Event]:
    moment = dt.datetime.combine(day(number), dt.time(7))
    return number, Event(name, moment, kind, 12_500, session, "home")


def signed_up(name: str, number: int, plan: str = "free") -> Customer:
    return Customer(name, dt.datetime.combine(day(number), dt.time(6)), plan, 31.5, dt.date(2023, 2, 1))


LIVES = Delivered(
    [
        *[bought("quiet", number) for number in (-90, -80, -70)],
        *[bought("last order leaves", number) for number in (-90, NIGHT + 1 - 90)],
        *[bought("order leaves", number) for number in (-90, NIGHT + 2 - 60, NIGHT - 10)],
        bought("refund", -90),
        bought("refund", NIGHT + 2, -1000),
        bought("late", -90),
        bought("late", NIGHT - 2, came=NIGHT + 3),
        bought("new", NIGHT + 2),
    ],
    [
        *[did("quiet", number, "lesson", "s1") for number in (-80, -79, -20)],
        *[did("quiet", number, kind) for number, kind in ((-60, "mail"), (-60, "open"))],
        did("day leaves", -90, "lesson"),
        did("day leaves", NIGHT + 1 - 30),
        did("answer leaves", -90),
        did("answer leaves", NIGHT + 2 - 90, "open"),
        *[did("session", number, "lesson", "goes on") for number in (CLOSED, CLOSED + 1, NIGHT + 1)],
    ],
)
CUSTOMERS = [
    signed_up("tenure", NIGHT + 1 - 13),  # the trend of 7 days begins to be known
    signed_up("hours", NIGHT - 2),  # 72 hours are over at the end of the next night
    signed_up("signs up", NIGHT + 2),
    signed_up("mended", -90),
    signed_up("silent", -90),
]


def test_only_who_may_be_another_one_is_described_again(engine: Engine, tmp_path: Path) -> None:
    world = Nights(engine, LIVES, CUSTOMERS, tmp_path)
    world.close(NIGHT, day(CLOSED))
    assert world.require_carried(NIGHT) == set()
    # who began on one of two days is looked at for the hours, as the moment may be any of the day
    first = {"day leaves", "last order leaves", "session", "tenure", "hours"}
    assert world.require_carried(NIGHT + 1) == first
    assert world.require_carried(NIGHT + 2) == {"order leaves", "answer leaves", "refund", "new", "signs up"}
    world.change_customers(
        [signed_up("mended", -90, "paid"), *(row for row in CUSTOMERS if row.customer_id != "mended")]
    )
    assert world.require_carried(NIGHT + 3) >= {"late", "mended"}
    # nights may be left out
    later = world.require_carried(NIGHT + 200)
    assert {"silent", "mended"}.isdisjoint(later)
    assert {"late", "new", "order leaves", "signs up"} <= later
