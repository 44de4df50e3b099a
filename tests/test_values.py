"""Values: what is read fast, by its type or by one pattern, is what its text would have been read as."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clv_ml.config import SourceConfig, TransactionsConfig
from clv_ml.data.quality import check_transactions
from clv_ml.data.sources import read_raw
from clv_ml.data.values import PLAIN, as_decimal, identity, kinds_of, moment, number
from clv_ml.engine import MONEY, Engine, functions

AMOUNTS = [0.1, 0.1 + 0.2, 1.005, -1.005, 2.675, 0.005, -0.0, 99999999999.99, 1e11, 123456789012.345, 1e15, 1e300]
AMOUNTS += [float("nan"), float("inf"), float("-inf"), 5e-324, 1 / 3]


def doubles() -> list[float]:
    """Cents, halves of cents and their neighbours, of every size."""
    rng = np.random.default_rng(7)
    cents = np.round(rng.uniform(-1, 1, 3000) * 10.0 ** rng.integers(0, 13, 3000), 2)
    halves = cents + 0.005
    return [*AMOUNTS, *cents, *halves, *np.nextafter(cents, np.inf), *np.nextafter(halves, -np.inf)]


@pytest.mark.parametrize(("kind", "scale"), [(MONEY, 2), ("decimal(18,4)", 4)])
def test_a_number_is_rounded_as_its_text_would_be(engine: Engine, kind: str, scale: int) -> None:
    f = functions()
    frame = engine.from_pandas(pd.DataFrame({"amount": doubles()}))
    texts = frame.select("amount", f.col("amount").cast("string").alias("shown"))
    both = texts.select("shown", as_decimal("amount", kind, scale).alias("fast"), number("shown", kind).alias("slow"))
    assert engine.row_count(both) == len(doubles())
    differing = engine.to_pandas(both.filter(~f.col("fast").eqNullSafe(f.col("slow"))))
    assert differing.empty, differing


def test_moments_and_days_of_a_file_are_read_as_their_texts(engine: Engine) -> None:
    f = functions()
    moments = [
        "1699-12-31 23:59:59",
        "1700-01-01",
        "2024-02-29 10:00:00.123456",
        "2199-12-31 23:59:59.999999",
        "2200-01-01",
    ]
    stamps = pd.DataFrame({"at": pd.Series(moments, dtype="datetime64[us]")})
    for kind in ("timestamp_ntz", "date"):
        frame = engine.from_pandas(stamps).select(f.col("at").cast(kind).alias("at"))
        assert kinds_of(frame) == {"at": kind}
        found = engine.to_pandas(frame.select(moment("at", kind).alias("fast"), moment("at").alias("slow")))
        assert found["fast"].isna().tolist() == [True, False, False, False, True]
        assert found["fast"].equals(found["slow"])


def test_an_id_of_letters_and_digits_needs_no_closer_look(engine: Engine) -> None:
    ids = ["7", "00123", "1e5", "c-1", "_9", "0", "\u00e41", "7 ", " 7", "12.0", "1.23E+11", "nan", "NA", "", "a\x00b1"]
    ids += ["x1\n", "\u20037", "abc", "a.1", "1e+5", "\u0661\u0662"]
    frame = engine.from_pandas(pd.DataFrame({"id": pd.array(ids, dtype="string")}))
    found = engine.to_pandas(frame.select("id", identity("id").alias("read"), frame.id.rlike(PLAIN).alias("plain")))
    plain = found["plain"]
    assert found["id"][plain].tolist() == found["read"][plain].tolist() == ["7", "00123", "1e5", "c-1", "_9", "0"]
    rest = found[~plain].set_index("id")["read"].fillna("none").to_dict()
    assert {rest[text] for text in ("nan", "NA", "")} == {"none"}
    assert (rest["7 "], rest[" 7"], rest["12.0"], rest["x1\n"]) == ("7", "7", "12", "x1")


def orders() -> pa.Table:
    """Good rows, and of each kind of bad one some."""
    amounts: list[float | None] = [*AMOUNTS, None, 5.0, 5.0, -5.0, -6.0, 7.25]
    count = len(amounts)
    stamps: list[dt.datetime | None] = [dt.datetime(2024, 1, 1 + row % 28, 10) for row in range(count)]
    stamps[2], stamps[3] = None, dt.datetime(1600, 1, 1)
    ids = [f"c{row % 4}" for row in range(count)]
    ids[0], ids[1], ids[5], ids[-2] = "nan", " c1 ", "1.5E+9", "sends back only"
    number = [f"o{row}" for row in range(count)]
    table = pa.table({"id": ids, "ts": pa.array(stamps, pa.timestamp("us")), "paid": amounts, "no": number})
    return pa.concat_tables([table, table.slice(count - 1)])  # a copy of a row


def checked(engine: Engine, folder: Path, file: str) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    columns = {"customer_id": "id", "timestamp": "ts", "amount": "paid", "order_id": "no"}
    config = TransactionsConfig(root=folder, sources=(SourceConfig(path=file, columns=columns),), max_bad_share=1.0)
    found = check_transactions(engine, read_raw(engine, config), config)
    told = {key: value for key, value in found.report.to_dict().items() if key != "by_file"}
    aside = engine.to_pandas(found.quarantine.orderBy("source_line")).drop(columns=["source_file", "source_hash"])
    keys = ["customer_id", "timestamp", "amount", "order_id"]
    valid = engine.to_pandas(found.transactions.select(*keys, "day")).sort_values(keys, ignore_index=True)
    return told, aside, valid


def test_typed_columns_are_checked_like_the_same_values_as_text(engine: Engine, tmp_path: Path) -> None:
    table = orders()
    pq.write_table(table, tmp_path / "typed.parquet")
    engine._run(
        f"COPY (SELECT id, ts::VARCHAR AS ts, paid::VARCHAR AS paid, no FROM '{tmp_path / 'typed.parquet'}') "
        f"TO '{tmp_path / 'texts.parquet'}'"
    )
    typed, texts = (checked(engine, tmp_path, f"{name}.parquet") for name in ("typed", "texts"))
    assert typed[0] == texts[0]
    assert {"duplicate_line", "refund_without_purchase", "non_finite_amount", "mangled_customer_id"} <= {
        *typed[0]["quarantined"]
    }
    pd.testing.assert_frame_equal(typed[1], texts[1])
    pd.testing.assert_frame_equal(typed[2], texts[2])
