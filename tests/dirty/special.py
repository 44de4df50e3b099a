"""Files that are read as their source declares."""

from __future__ import annotations

import pandas as pd

from dirty.case import GOOD, HEAD, ONE, day, raw, table, text

SPECIAL = [
    raw(
        "Latin-1 as declared",
        HEAD.encode() + "José,2024-01-10,10\n".encode("latin-1"),
        {"valid": 1},
        [day("2024-01-10", "José")],
        encoding="latin-1",
    ),
    raw(
        "a byte that cp1252 has not",
        HEAD.encode() + b"a\x81,2024-01-10,10\n" + GOOD.encode(),
        {"valid": 1, "undecodable": 1},
        ONE,
        encoding="cp1252",
    ),
    raw(
        "UTF-16 as declared",
        (HEAD + "José,2024-01-10,10\n").encode("utf-16"),
        {"valid": 1},
        [day("2024-01-10", "José")],
        encoding="utf-16",
    ),
    raw("a delimiter as declared", b"id^ts^paid\na^2024-01-10^10\n", {"valid": 1}, ONE, delimiter="^"),
    raw(
        "German amounts",
        b'id;ts;paid\na;2024-01-10;10,00\na;2024-01-10;"1.234,50"\na;2024-01-10;12.5\na;2024-01-10;1.23,4\n',
        {"valid": 2, "unreadable_amount": 2},
        [day("2024-01-10"), day("2024-01-10", amount="1234.50")],
        decimal=",",
        thousands=".",
    ),
    raw(
        "French amounts",
        "id;ts;paid\na;2024-01-10;1\u202f234,50\na;2024-01-10;1 234,50\na;2024-01-10;12 34,5\n".encode(),
        {"valid": 2, "unreadable_amount": 1},
        [day("2024-01-10", amount="1234.50")] * 2,
        decimal=",",
        thousands=" ",
    ),
    text(
        "Swiss amounts",
        "a,2024-01-10,1'234.50\na,2024-01-10,1234.50\n",
        {"valid": 2},
        [day("2024-01-10", amount="1234.50")] * 2,
        thousands="'",
    ),
    text(
        "days by a pattern",
        "a,10/01/2024,10\na,2024-01-10,10\na,01/13/2024,10\n",
        {"valid": 2, "unreadable_timestamp": 1},
        ONE * 2,
        timestamp_format="%d/%m/%Y",
    ),
    text(
        "days by two patterns",
        "a,10.01.2024,10\na,20240110,10\na,10/01/2024,10\n",
        {"valid": 2, "unreadable_timestamp": 1},
        ONE * 2,
        timestamp_format=["%d.%m.%Y", "%Y%m%d"],
    ),
    text(
        "days that fit two patterns",
        "a,03/04/2025,10\na,13/04/2025,10\na,04/04/2025,10\n",
        {"valid": 2, "ambiguous_timestamp": 1},
        [day("2025-04-04"), day("2025-04-13")],
        timestamp_format=["%d/%m/%Y", "%m/%d/%Y"],
    ),
    text(
        "day numbers as declared",
        "a,45301,10\na,45301.5,10\na,60,10\na,2024-01-10,10\n",
        {"valid": 3, "unreadable_timestamp": 1},
        [day("2024-01-10"), day("2024-01-10"), day("2024-01-10 12:00:00")],
        timestamp_format="excel",
    ),
    text(
        "clocks of Berlin",
        "a,2024-01-10 23:30:00,10\na,2024-01-10T23:30:00Z,10\na,2024-07-10T22:30:00+00:00,10\n",
        {"valid": 3},
        [day("2024-01-10 23:30:00"), day("2024-01-11 00:30:00"), day("2024-07-11 00:30:00")],
        timezone="Europe/Berlin",
    ),
    text(
        "the hour that is not and the hour that is twice",
        "a,2024-03-31 02:30:00,10\na,2024-10-27 02:30:00,10\na,2024-10-27T00:30:00Z,10\na,2024-10-27T01:30:00Z,10\n",
        {"valid": 4},
        [day("2024-03-31 02:30:00"), *[day("2024-10-27 02:30:00")] * 3],
        timezone="Europe/Berlin",
    ),
    table(
        "ids as doubles",
        pd.DataFrame({"id": [123.0, None, 0.5, 1e20], "ts": ["2024-01-10"] * 4, "paid": ["10"] * 4}),
        {"valid": 2, "missing_customer_id": 1, "mangled_customer_id": 1},
        [day("2024-01-10", "0.5"), day("2024-01-10", "123")],
    ),
    table(
        "moments with a zone",
        pd.DataFrame({"id": ["a"], "ts": pd.to_datetime(["2024-01-10 23:30:00+00:00"]), "paid": [10.0]}),
        {"valid": 1},
        [day("2024-01-11 00:30:00")],
        timezone="Europe/Berlin",
    ),
    table(
        "not a number among numbers",
        pd.DataFrame({"id": ["a"] * 3, "ts": ["2024-01-10"] * 3, "paid": [float("inf"), None, 10.0]}),
        {"valid": 1, "non_finite_amount": 1, "missing_amount": 1},
        ONE,
    ),
]
