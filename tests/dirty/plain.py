"""Files that need no setting: what stands between fields, and ids."""

from __future__ import annotations

from dirty.case import GOOD, HEAD, ONE, day, raw, text

PLAIN = [
    text("a header alone", "", {}),
    raw("a header without a line end", HEAD.strip().encode(), {}),
    raw("nothing at all", b"", {}),
    text("empty lines", "\n" + GOOD + "\n\n" + GOOD + "\n", {"valid": 2}, ONE * 2),
    text("no line end at the end", GOOD.strip(), {"valid": 1}, ONE),
    raw("a byte order mark", b"\xef\xbb\xbf" + HEAD.encode() + GOOD.encode(), {"valid": 1}, ONE),
    raw("carriage returns alone", b"id,ts,paid\ra,2024-01-10,10\ra,2024-01-10,10\r", {"valid": 2}, ONE * 2),
    raw("line ends of Windows", b"id,ts,paid\r\na,2024-01-10,10\r\n", {"valid": 1}, ONE),
    raw(
        "a zero byte inside an id",
        HEAD.encode() + b"b\x00,2024-01-11,5\n" + GOOD.encode(),
        {"valid": 1, "control_character": 1},
        ONE,
    ),
    text("an id of two lines", '"b\nc",2024-01-11,5\n' + GOOD, {"valid": 1, "control_character": 1}, ONE),
    raw("columns in another order", b"paid,more,ts,id\n10,x,2024-01-10,a\n", {"valid": 1}, ONE),
    raw("semicolons", b"id;ts;paid\na;2024-01-10;10\n", {"valid": 1}, ONE),
    raw("tabs", b"id\tts\tpaid\na\t2024-01-10\t10\n", {"valid": 1}, ONE),
    raw("commas inside quotes", b'id,note,ts,paid\na,"x, ""y"", z",2024-01-10,10\n', {"valid": 1}, ONE),
    raw("a note of two lines", b'id,note,ts,paid\na,"x\ny",2024-01-10,10\na,z,2024-01-10,10\n', {"valid": 2}, ONE * 2),
    text(
        "ids with zeros before",
        "00123,2024-01-10,1\n0123,2024-01-10,1\n",
        {"valid": 2},
        [day("2024-01-10", "00123", "1.00"), day("2024-01-10", "0123", "1.00")],
    ),
    text(
        "ids of a float column",
        "123.0,2024-01-10,1\n123,2024-01-10,1\n",
        {"valid": 2},
        [day("2024-01-10", "123", "1.00")] * 2,
    ),
    text("an id that counts in base 16", "1e5,2024-01-10,1\n", {"valid": 1}, [day("2024-01-10", "1e5", "1.00")]),
    text(
        "ids that a spreadsheet shortened",
        "1.23457E+12,2024-01-10,1\n1e+05,2024-01-10,1\n" + GOOD,
        {"valid": 1, "mangled_customer_id": 2},
        ONE,
    ),
    text(
        "space around an id",
        " 123 ,2024-01-10,1\n\u00a0123\u00a0,2024-01-10,1\n\t123,2024-01-10,1\n",
        {"valid": 3},
        [day("2024-01-10", "123", "1.00")] * 3,
    ),
    text(
        "words for no id",
        "NULL,2024-01-10,1\nNaN,2024-01-10,1\nNone,2024-01-10,1\nN/A,2024-01-10,1\n<NA>,2024-01-10,1\n"
        "\\N,2024-01-10,1\n,2024-01-10,1\n" + GOOD,
        {"valid": 1, "missing_customer_id": 7},
        ONE,
    ),
    text(
        "ids in other scripts",
        "顧客,2024-01-10,1\n😀,2024-01-10,1\n",
        {"valid": 2},
        [day("2024-01-10", "顧客", "1.00"), day("2024-01-10", "😀", "1.00")],
    ),
    text(
        "SQL as an id",
        "'; DROP TABLE clv_0; --,2024-01-10,1\n",
        {"valid": 1},
        [day("2024-01-10", "'; DROP TABLE clv_0; --", "1.00")],
    ),
    text("a formula as an id", "=1+1,2024-01-10,1\n", {"valid": 1}, [day("2024-01-10", "=1+1", "1.00")]),
]
