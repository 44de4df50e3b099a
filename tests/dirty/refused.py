"""Files that stop the job."""

from __future__ import annotations

import gzip

import pandas as pd

from clv_ml.errors import ConfigError, DataError
from dirty.case import GOOD, HEAD, refused, table

REFUSED = [
    refused("an empty file alone", b"", DataError, "the file is empty"),
    refused(
        "a missing column", b"id,when,paid\n", DataError, "column 'ts' is missing; available: 'id', 'when', 'paid'"
    ),
    refused(
        "a column in other letters", b"ID,TS,PAID\n", DataError, "column 'id', 'ts', 'paid' is missing; available: 'ID'"
    ),
    refused("a column twice", b"id,ts,paid,ts\n", DataError, "column 'ts' stands in the header more than once"),
    refused("UTF-16 not declared", HEAD.encode("utf-16"), DataError, "mark of UTF-16; set `encoding: utf-16`"),
    refused("half of UTF-16", HEAD.encode("utf-16")[:-1], DataError, "not utf-16 after byte", encoding="utf-16"),
    refused(
        "a packed file cut off",
        gzip.compress((HEAD + GOOD * 99).encode())[:-9],
        DataError,
        "cannot be read to its end",
        suffix=".csv.gz",
    ),
    refused(
        "a packed file that was damaged",
        gzip.compress(HEAD.encode())[:-8] + b"\x01" * 8,
        DataError,
        "cannot be read to its end",
        suffix=".csv.gz",
    ),
    refused("no Parquet", b"PAR1 or not", DataError, "cannot be read as parquet", suffix=".parquet"),
    refused(
        "Parquet cut off",
        table("x", pd.DataFrame({"id": ["a"]}), {}).content[:-20],
        DataError,
        "cannot be read as parquet",
        suffix=".parquet",
    ),
    refused(
        "another delimiter than declared",
        HEAD.encode(),
        DataError,
        "column 'id', 'ts', 'paid' is missing",
        delimiter=";",
    ),
    refused(
        "a format that the name does not tell", HEAD.encode(), ConfigError, "cannot tell the format", suffix=".dat"
    ),
    refused(
        "a page of the web", b"<html>\n<body>503</body></html>\n", DataError, "column 'id', 'ts', 'paid' is missing"
    ),
]
