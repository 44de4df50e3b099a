"""Files whose moments and amounts are not what they should be."""

from __future__ import annotations

from dirty.case import GOOD, HEAD, ONE, day, packed, text

VALUES = [
    text(
        "days of either order", "a,03/04/2025,1\na,13/04/2025,1\n" + GOOD, {"valid": 1, "unreadable_timestamp": 2}, ONE
    ),
    text(
        "day numbers of a spreadsheet", "a,45301,1\na,45301.5,1\n" + GOOD, {"valid": 1, "unreadable_timestamp": 2}, ONE
    ),
    text("seconds since 1970", "a,1704844800,1\n" + GOOD, {"valid": 1, "unreadable_timestamp": 1}, ONE),
    text(
        "words for a moment",
        "a,epoch,1\na,infinity,1\na,now,1\na,today,1\na,NaT,1\n" + GOOD,
        {"valid": 1, "unreadable_timestamp": 5},
        ONE,
    ),
    text("half a day", "a,2024-01-10 10:00 PM,1\n" + GOOD, {"valid": 1, "unreadable_timestamp": 1}, ONE),
    text(
        "a zone by its name",
        "a,2024-01-10 10:00 Europe/Berlin,1\n" + GOOD,
        {"valid": 1, "unreadable_timestamp": 1},
        ONE,
    ),
    text(
        "leap days",
        "a,2024-02-29,10\na,2023-02-29,1\na,2000-02-29,10\na,1900-02-29,1\n",
        {"valid": 2, "unreadable_timestamp": 2},
        [day("2024-02-29"), day("2000-02-29")],
    ),
    text(
        "days that never were",
        "a,2024-02-30,1\na,2024-13-01,1\na,0000-00-00,1\na,9999-12-31,1\n" + GOOD,
        {"valid": 1, "unreadable_timestamp": 4},
        ONE,
    ),
    text(
        "ten years between", "a,2014-01-10,10\na,2024-01-10,10\n", {"valid": 2}, [day("2014-01-10"), day("2024-01-10")]
    ),
    text(
        "offsets",
        "a,2024-01-10T00:30:00+02:00,10\na,2024-01-09 23:30:00-0500,10\na,2024-01-10T10:00:00Z,10\n",
        {"valid": 3},
        [day("2024-01-09 22:30:00"), day("2024-01-10 04:30:00"), day("2024-01-10 10:00:00")],
    ),
    text("a missing moment", "a,,1\na, ,1\n" + GOOD, {"valid": 1, "missing_timestamp": 2}, ONE),
    text(
        "amounts that are none",
        'a,2024-01-10,ten\na,2024-01-10,"1,50"\na,2024-01-10,$5\na,2024-01-10,5 EUR\na,2024-01-10,(5)\n'
        "a,2024-01-10,1_000\na,2024-01-10,0x10\na,2024-01-10,5-\na,2024-01-10,٥\n" + GOOD,
        {"valid": 1, "unreadable_amount": 9},
        ONE,
    ),
    text(
        "amounts without end",
        "a,2024-01-10,NaN\na,2024-01-10,inf\na,2024-01-10,-Infinity\n" + GOOD,
        {"valid": 1, "non_finite_amount": 3},
        ONE,
    ),
    text(
        "amounts beyond all measure",
        "a,2024-01-10,1e300\na,2024-01-10,-1000000000000\n" + GOOD,
        {"valid": 1, "amount_out_of_range": 2},
        ONE,
    ),
    text("amounts that are missing", "a,2024-01-10,\na,2024-01-10,  \n" + GOOD, {"valid": 1, "missing_amount": 2}, ONE),
    text(
        "amounts in other clothes",
        "a,2024-01-10,1e1\na,2024-01-10,+10\na,2024-01-10,0010.00\na,2024-01-10, 10 \n",
        {"valid": 4},
        ONE * 4,
    ),
    text("nothing paid", "a,2024-01-10,0\na,2024-01-10,-0.00\n", {"valid": 2}, [day("2024-01-10", amount="0.00")] * 2),
    text(
        "a refund before the purchase",
        "r1,2024-01-09,-5\nr1,2024-01-10,5\nr1,2024-01-11,-5\n",
        {"valid": 2, "refund_without_purchase": 1},
        [day("2024-01-10", "r1", "5.00"), day("2024-01-11", "r1", "-5.00")],
    ),
    text("a refund and no purchase", "r2,2024-01-09,-5\n" + GOOD, {"valid": 1, "refund_without_purchase": 1}, ONE),
    text(
        "more refunded than bought",
        "r3,2024-01-09,5\nr3,2024-01-09,-50\n",
        {"valid": 2},
        [day("2024-01-09", "r3", "5.00"), day("2024-01-09", "r3", "-50.00")],
    ),
    text(
        "one customer with half of all rows",
        GOOD * 50 + "".join(f"c{n},2024-01-10,10\n" for n in range(50)),
        {"valid": 100},
    ),
    text("separators alone", ",,\n,,\n" + GOOD, {"valid": 1, "missing_customer_id": 2}, ONE),
    packed("a packed file", (HEAD + GOOD).encode(), {"valid": 1}, ONE),
    packed(
        "a packed file with a broken line", (HEAD + GOOD + "b,1\n").encode(), {"valid": 1, "too_few_fields": 1}, ONE
    ),
]
