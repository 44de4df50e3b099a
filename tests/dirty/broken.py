"""Files with records that cannot be parted into fields."""

from __future__ import annotations

from dirty.case import GOOD, HEAD, ONE, raw, text

BROKEN = [
    text("a field too few", GOOD + "b,2024-01-11\n" + GOOD, {"valid": 2, "too_few_fields": 1}, ONE * 2),
    text("a field too many", "b,2024-01-11,1,2\n" + GOOD, {"valid": 1, "too_many_fields": 1}, ONE),
    text("a comma for the cents", "b,2024-01-11,1,50\n" + GOOD, {"valid": 1, "too_many_fields": 1}, ONE),
    text("the last line cut off", GOOD + "b,2024-0", {"valid": 1, "too_few_fields": 1}, ONE),
    text("a line of spaces", GOOD + "   \n", {"valid": 1, "too_few_fields": 1}, ONE),
    text("a comment", "# made by hand\n" + GOOD, {"valid": 1, "too_few_fields": 1}, ONE),
    text("a total below", GOOD + "total,10\n", {"valid": 1, "too_few_fields": 1}, ONE),
    text("a quote that never closes", '"b,2024-01-11,5\n' + GOOD * 3, {"valid": 3, "unclosed_quote": 1}, ONE * 3),
    text("a quote that opens at the end", GOOD + 'b,2024-01-11,"5\n', {"valid": 1, "unclosed_quote": 1}, ONE),
    text(
        "two quotes that never close", '"b,1,2\n' + GOOD + '"c,1,2\n' + GOOD, {"valid": 2, "unclosed_quote": 2}, ONE * 2
    ),
    text("letters after a quote", '"b"x,2024-01-11,5\n' + GOOD, {"valid": 1, "malformed_quote": 1}, ONE),
    text("a backslash before a quote", '"b\\"c",2024-01-11,5\n' + GOOD, {"valid": 1, "malformed_quote": 1}, ONE),
    raw(
        "one letter of Latin-1",
        HEAD.encode() + b"Jos\xe9,2024-01-11,5\n" + GOOD.encode(),
        {"valid": 1, "undecodable": 1},
        ONE,
    ),
    raw(
        "half a letter of UTF-8",
        HEAD.encode() + b"Jos\xc3,2024-01-11,5\n" + GOOD.encode(),
        {"valid": 1, "undecodable": 1},
        ONE,
    ),
    raw(
        "a lone carriage return",
        HEAD.encode() + b"b\rc,2024-01-11,5\n" + GOOD.encode(),
        {"valid": 1, "control_character": 1},
        ONE,
    ),
    raw(
        "a block of zeros",
        HEAD.encode() + GOOD.encode() + b"\x00" * 500 + b"\n",
        {"valid": 1, "too_few_fields": 1},
        ONE,
    ),
    raw("line ends of two systems", b"id,ts,paid\r\na,2024-01-10,10\na,2024-01-10,10\r\n", {"valid": 2}, ONE * 2),
    text(
        "a record of two million bytes",
        "b" * 2_000_000 + ",2024-01-11,5\n" + GOOD,
        {"valid": 1, "record_too_long": 1},
        ONE,
    ),
    text("two files glued together", GOOD + HEAD + GOOD, {"valid": 2, "unreadable_timestamp": 1}, ONE * 2),
    text("two files glued in one line", GOOD.strip() + HEAD + GOOD, {"valid": 1, "too_many_fields": 1}, ONE),
]
