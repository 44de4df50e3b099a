"""Fingerprints of rows: count, sum and xor of their hashes, so that those of parts tell that of the whole."""

from __future__ import annotations

import functools
import operator

NO_ROWS = "0-0-0000000000000000"


def fingerprint_of(count: int, total: int, xor: int) -> str:
    """Write the figures of some rows as one text, in hex."""
    return f"{count:x}-{total:x}-{xor:016x}"


def united(*prints: str) -> str:
    """Return the fingerprint of all rows together from those of parts that share no row."""
    counts, totals, xors = zip(*(map(_number, told.split("-")) for told in (NO_ROWS, *prints)), strict=True)
    return fingerprint_of(sum(counts), sum(totals), functools.reduce(operator.xor, xors))


def _number(text: str) -> int:
    return int(text, 16)
