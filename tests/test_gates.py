"""Gates: stale, thinned out or shrunken data stop the job with both figures; sums agree, ends are plausible."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clv_ml.config import Config, GatesConfig, build_config
from clv_ml.data.checked import read_checked
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.errors import ClvError, DataQualityError
from clv_ml.pipeline.gates import previous_rows, require_gates
from clv_ml.pipeline.plausibility import require_plausible_totals
from clv_ml.pipeline.prepared import Prepared, tables_of
from clv_ml.publishing import place, point_to, write_json

FIRST = dt.date(2024, 1, 1)
WEEKS = 12
END = FIRST + dt.timedelta(days=7 * WEEKS - 1)
SOURCE = {"columns": {"customer_id": "id", "timestamp": "ts", "amount": "paid"}}


def written(folder: Path, weeks: list[int]) -> None:
    """So many purchases in each week, spread over its days and over 50 customers."""
    rows = [
        f"c{n % 50},{FIRST + dt.timedelta(days=7 * week + n % 7)},1.50"
        for week, count in enumerate(weeks)
        for n in range(count)
    ]
    (folder / "orders.csv").write_text("\n".join(["id,ts,paid", *rows, ""]))


def config_of(folder: Path, **gates: Any) -> Config:
    tree: dict[str, Any] = {
        "name": "shop",
        "transactions": {"root": str(folder), "sources": [SOURCE | {"path": "orders.csv"}]},
        "gates": gates,
        "output": {"dir": str(folder / "output")},
    }
    return build_config(tree, environment={})


def prepared_of(engine: Engine, config: Config) -> Prepared:
    checked = read_checked(engine, config, progress=lambda line: None)
    return Prepared(engine, tables_of(engine, checked, config), checked, config.output.dir)


def published(config: Config, rows: Mapping[str, Any], *, day: dt.date = END, name: str = "shop") -> None:
    """A complete run of a day before."""
    scores = config.output.dir / "scores"
    inside = f"as_of={day}/run_id=abc"
    manifest = {"model_version": f"{name}-123", "rows": rows}
    place(scores / inside, lambda aside: write_json(aside / "manifest.json", manifest))
    point_to(scores / "latest.json", {"run_id": "abc", "as_of": day, "folder": inside})


@pytest.fixture(scope="module")
def steady(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("steady")
    written(folder, [140] * WEEKS)
    return prepared_of(engine, config_of(folder))


def test_steady_data_pass_every_gate_and_a_first_run_has_no_run_before(steady: Prepared, tmp_path: Path) -> None:
    config = config_of(tmp_path)
    assert previous_rows(config, END) is None
    require_gates(steady, config, END)


def test_data_that_end_too_early_stop_the_job_by_the_day_that_is_scored(steady: Prepared, tmp_path: Path) -> None:
    late = END + dt.timedelta(days=32)
    require_gates(steady, config_of(tmp_path), END + dt.timedelta(days=31))
    message = rf"the data end on {END}, 32 days before {late}, more than the 31 .* `--set gates.max_data_age_days=32`"
    with pytest.raises(DataQualityError, match=message) as caught:
        require_gates(steady, config_of(tmp_path), late)
    assert caught.value.exit_code == 3
    require_gates(steady, config_of(tmp_path, max_data_age_days=32), late)
    require_gates(steady, config_of(tmp_path, max_data_age_days=None), late)


def test_a_last_week_that_has_thinned_out_stops_the_job(engine: Engine, tmp_path: Path) -> None:
    written(tmp_path, [140] * (WEEKS - 1) + [21])
    prepared = prepared_of(engine, config_of(tmp_path))
    message = (
        rf"transactions: 21 rows in the seven days up to {END}, 140 in the median of the 8 weeks before: 85% fewer"
    )
    with pytest.raises(DataQualityError, match=message):
        require_gates(prepared, config_of(tmp_path), END)
    require_gates(prepared, config_of(tmp_path, max_week_drop=None), END)
    require_gates(prepared, config_of(tmp_path), END - dt.timedelta(days=7))  # what came later is not looked at


def test_fewer_rows_or_customers_than_in_the_run_before_stop_the_job(steady: Prepared, tmp_path: Path) -> None:
    config = config_of(tmp_path)
    now = steady.checked.quality()
    published(config, now)
    require_gates(steady, config, END)
    published(config, now | {"rows_valid": 2000})
    with pytest.raises(DataQualityError, match=r"1680 valid rows, 2000 in the run before: 16\.0% fewer, .* 10\.0%"):
        require_gates(steady, config, END)
    require_gates(steady, config_of(tmp_path, max_rows_drop=0.16), END)
    published(config, now | {"customers": 60})
    message = r"50 customers, 60 in the run before: 16\.7% fewer.*`--set gates.max_customers_drop=null`"
    with pytest.raises(DataQualityError, match=message):
        require_gates(steady, config, END)


def test_other_tables_are_compared_too_and_a_new_table_has_nothing_to_compare(steady: Prepared, tmp_path: Path) -> None:
    config = config_of(tmp_path)
    now = steady.checked.quality()
    published(config, now | {"other_tables": {"events": {"rows_valid": 100}}})
    require_gates(steady, config, END)  # the config reads no events any more: the model would refuse that


def test_runs_of_another_config_or_of_a_later_day_are_not_compared(steady: Prepared, tmp_path: Path) -> None:
    config = config_of(tmp_path)
    more = steady.checked.quality() | {"rows_valid": 10**6}
    published(config, more, name="another")
    require_gates(steady, config, END)
    published(config, more, day=END + dt.timedelta(days=1))
    require_gates(steady, config, END)


def totals(engine: Engine, days: Mapping[str, int]) -> DataFrame:
    rows = [(day, n) for day, count in days.items() for n in range(count)]
    frame = engine.from_pandas(pd.DataFrame(rows, columns=["day", "n"]))
    f = functions()
    return engine.materialise(
        frame.select(f.col("day").cast("date").alias("day"), f.lit("0.10").cast("decimal(18,2)").alias("net"))
    )


def test_sums_of_rows_and_of_days_must_agree_to_the_cent(engine: Engine) -> None:
    days = totals(engine, {"2024-01-01": 3, "2024-01-02": 4})
    require_plausible_totals(engine, days, Decimal("0.70"), GatesConfig())
    with pytest.raises(ClvError, match=r"the valid amounts sum to 0\.71, the day totals to 0\.70: rows were lost"):
        require_plausible_totals(engine, days, Decimal("0.71"), GatesConfig())


def test_a_purchase_in_the_far_future_does_not_end_the_data(engine: Engine) -> None:
    days = totals(engine, {"2014-01-01": 500, "2024-01-01": 500, "2099-01-01": 1})
    message = r"what 1 customers bought from 2099-01-01 on stands alone, 27394 days after the day before \(2024-01-01\)"
    with pytest.raises(DataQualityError, match=message):
        require_plausible_totals(engine, days, Decimal("100.10"), GatesConfig())
    require_plausible_totals(engine, days, Decimal("100.10"), GatesConfig(max_lonely_days=None))
    few = totals(engine, {"2014-01-01": 5, "2024-01-01": 1})  # ten years of silence in a small table are no sign
    require_plausible_totals(engine, few, Decimal("0.60"), GatesConfig())
