"""All tables of a job: each row of each file is accounted for, on small tables and on real ones."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clv_ml.config import Config, build_config, load_config
from clv_ml.data.checked import CheckedData, read_checked
from clv_ml.engine import Engine, functions
from clv_ml.errors import DataQualityError

CONFIGS = Path(__file__).resolve().parents[1] / "configs"


def written(folder: Path, *, sections: bool = True) -> Config:
    """Four purchases of plans, three events, three customers, some of them unfit."""
    (folder / "orders.csv").write_text(
        "id,ts,plan\na,2024-01-02, Monthly\nb,2024-01-03,Annual\nb,2024-01-04,monthly\nb,2024-01-05,\n"
    )
    (folder / "visits.csv").write_text("id,ts\na,2024-01-01\nb,soon\n,2024-01-01\n")
    (folder / "people.csv").write_text("id,ts\na,2024-01-01\na,2024-01-02\nc,\n")
    columns = {"customer_id": "id", "timestamp": "ts"}
    prices = {"column": "product", "amounts": {"Monthly": 29.99, "Annual": 199}}
    orders = {"path": "orders.csv", "columns": columns | {"product": "plan"}, "prices": prices}
    tree: dict[str, Any] = {"name": "shop", "transactions": {"root": str(folder), "sources": [orders]}}
    if sections:
        visits = {"path": "visits.csv", "columns": columns, "event_type": "visit"}
        people = {"path": "people.csv", "columns": {"customer_id": "id", "signup_at": "ts"}}
        tree["events"] = {"root": str(folder), "sources": [visits]}
        tree["customers"] = {"root": str(folder), "sources": [people]}
    return build_config(tree, environment={})


def read(engine: Engine, config: Config) -> CheckedData:
    return read_checked(engine, config, progress=lambda line: None)


def test_plans_have_the_prices_of_the_config_and_a_plan_without_one_is_set_aside(
    engine: Engine, tmp_path: Path
) -> None:
    transactions = read(engine, written(tmp_path)).transactions
    amounts = engine.to_arrow(transactions.transactions.orderBy("timestamp"))["amount"].to_pylist()
    assert [str(amount) for amount in amounts] == ["29.99", "199.00"]
    assert transactions.report.quarantined == {"missing_amount": 2}  # "monthly" has no price, nor has none


def test_the_quality_of_a_job_tells_every_table(engine: Engine, tmp_path: Path) -> None:
    lines: list[str] = []
    checked = read_checked(engine, written(tmp_path), progress=lines.append)
    told = checked.quality()
    assert json.loads(json.dumps(told)) == told
    assert (told["rows_in"], told["rows_valid"]) == (4, 2)
    others = {name: (table["rows_in"], table["quarantined"]) for name, table in told["other_tables"].items()}
    assert others == {
        "events": (3, {"missing_customer_id": 1, "unreadable_timestamp": 1}),
        "customers": (3, {"repeated_customer": 1}),
    }
    assert lines == [
        "reading transactions",
        "reading and checking events",
        "reading and checking customers",
    ]
    alone = read(engine, written(tmp_path, sections=False))
    assert alone.others == {}
    assert alone.quality() == alone.transactions.report.to_dict()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("transactions", r"transactions: 50\.0% of 4 rows break the contract, more than the 40\.0%"),
        ("events", r"events: 66\.7% of 3 rows break .* of events\.max_bad_share \(missing_customer_id: 1, unreadable"),
        ("customers", r"customers: 33\.3% of 3 rows break .* of customers\.max_bad_share \(repeated_customer: 1\)"),
    ],
)
def test_each_table_has_its_own_limit(engine: Engine, tmp_path: Path, section: str, message: str) -> None:
    config = written(tmp_path)
    checked = read(engine, config)
    limits = {"transactions": 1.0, "events": 1.0, "customers": 1.0} | {
        section: 0.4 if section == "transactions" else 0.3
    }
    tables = {name: getattr(config, name).model_copy(update={"max_bad_share": share}) for name, share in limits.items()}
    with pytest.raises(DataQualityError, match=message) as caught:
        checked.enforce(config.model_copy(update=tables))
    assert caught.value.exit_code == 3
    checked.enforce(
        config.model_copy(update=tables | {section: tables[section].model_copy(update={"max_bad_share": 1})})
    )


def test_the_quarantine_of_every_table_is_written(engine: Engine, tmp_path: Path) -> None:
    read(engine, written(tmp_path)).write_quarantine(engine, tmp_path)
    lines = {
        name: sorted(pd.read_parquet(tmp_path / f"{name}.parquet")["source_line"])
        for name in ("quarantine", "quarantine_events", "quarantine_customers")
    }
    assert lines == {"quarantine": [3, 4], "quarantine_events": [2, 3], "quarantine_customers": [2]}


def loaded(name: str, data_dir: Path, *overrides: str) -> Config:
    roots = [f"{table}.root={data_dir / name}" for table in ("transactions", "events", "customers")]
    return load_config(CONFIGS / f"{name}.yaml", overrides=[*roots, *overrides], environment={})


def lines_of(checked: CheckedData, table: str) -> dict[str, int]:
    report = checked.transactions.report if table == "transactions" else checked.others[table].report
    assert report.rows_in == report.rows_valid + sum(report.quarantined.values())
    return {name: sum(counts.values()) for name, counts in report.by_file.items()}


@pytest.mark.data
def test_learning_platform_is_read_to_the_row(engine: Engine, data_dir: Path) -> None:
    folder = data_dir / "learning_platform"
    raw = {
        name: pd.read_csv(folder / f"student_{name}.csv", keep_default_na=False)
        for name in ("purchases", "learning", "exams", "info")
    }
    checked = read(engine, loaded("learning_platform", data_dir))
    assert lines_of(checked, "transactions") == {"student_purchases.csv": len(raw["purchases"])}
    assert lines_of(checked, "events") == {f"student_{name}.csv": len(raw[name]) for name in ("learning", "exams")}
    assert lines_of(checked, "customers") == {"student_info.csv": len(raw["info"])}
    assert (len(raw["purchases"]), len(raw["info"])) == (1517, 17458)
    assert all(not table.report.quarantined for table in checked.others.values())

    f = functions()
    events = checked.others["events"].rows
    sums = engine.to_arrow(events.groupBy("event_type").agg(f.sum("value").alias("value"), f.count("value").alias("n")))
    told = {row["event_type"]: (float(row["value"]), row["n"]) for row in sums.to_pylist()}
    minutes, results = raw["learning"]["minutes_watched"], raw["exams"]["exam_result"]
    assert told == {
        "watch": (pytest.approx(minutes.sum(), rel=1e-12), len(minutes)),
        "exam": (results.sum(), len(results)),
    }
    customers = engine.to_pandas(checked.others["customers"].rows.orderBy("customer_id"))
    expected = raw["info"].assign(customer_id=raw["info"]["student_id"].astype(str)).sort_values("customer_id")
    assert customers["customer_id"].tolist() == expected["customer_id"].tolist()
    assert customers["country"].fillna("").tolist() == expected["student_country"].tolist()
    assert (customers["country"] == "NA").sum() == (raw["info"]["student_country"] == "NA").sum() > 0
    assert customers["signup_at"].dt.strftime("%Y-%m-%d").tolist() == expected["date_registered"].tolist()
    prices = {"Monthly": 2900, "Quarterly": 6900, "Annual": 17400}
    spent = engine.to_arrow(checked.transactions.transactions.agg(f.sum("amount").alias("paid")))["paid"][0].as_py()
    assert int(spent * 100) == int(raw["purchases"]["purchase_type"].map(prices).sum())


@pytest.mark.data
@pytest.mark.parametrize("twin", ["small", "small_faulty"])
def test_the_game_and_its_faulty_twin_are_accounted_for_to_the_row(engine: Engine, data_dir: Path, twin: str) -> None:
    folder = data_dir / "game_synthetic"
    names = {name: f"{name}_{twin}.parquet" for name in ("all_revenue", "all_sessions", "user_summary")}
    revenue, sessions, users = (pd.read_parquet(folder / name) for name in names.values())
    paths = [
        f"transactions.sources.0.path={names['all_revenue']}",
        f"events.sources.0.path={names['all_sessions']}",
        f"events.sources.1.path={names['all_revenue']}",
        f"customers.sources.0.path={names['user_summary']}",
    ]
    checked = read(engine, loaded("game_synthetic", data_dir, *paths))

    told = checked.transactions.report
    assert lines_of(checked, "transactions") == {names["all_revenue"]: len(revenue)}
    assert told.quarantined == {reason: n for reason, n in revenue_reasons(revenue).items() if reason != "valid"}

    assert lines_of(checked, "events") == {names["all_sessions"]: len(sessions), names["all_revenue"]: len(revenue)}
    assert checked.others["events"].report.by_file == {
        names["all_sessions"]: event_reasons(sessions, "session_start", pd.Series("session", index=sessions.index)),
        names["all_revenue"]: event_reasons(revenue, "time", revenue["item_type"]),
    }
    valid = users["player_id"].notna()
    assert lines_of(checked, "customers") == {names["user_summary"]: len(users)}
    repeated = int(users.loc[valid, "player_id"].duplicated().sum())
    expected = {"missing_customer_id": int((~valid).sum()), "repeated_customer": repeated}
    assert checked.others["customers"].report.quarantined == {reason: n for reason, n in expected.items() if n}


def revenue_reasons(revenue: pd.DataFrame) -> dict[str, int]:
    """What becomes of the rows of revenue, the first reason that holds; no row is a copy without an order id."""
    advert = revenue["item_type"].eq("ad")
    reasons = pd.Series("valid", index=revenue.index)
    reasons = reasons.mask(revenue["item_revenue"].isna(), "missing_amount")
    reasons = reasons.mask(revenue["time"].isna(), "missing_timestamp")
    reasons = reasons.mask(revenue["player_id"].isna(), "missing_customer_id").mask(advert, "advertisement")
    return {str(reason): int(n) for reason, n in reasons.value_counts().items()}


def event_reasons(rows: pd.DataFrame, time: str, kind: pd.Series[Any]) -> dict[str, int]:
    reasons = pd.Series("valid", index=rows.index)
    reasons = reasons.mask(kind.isna(), "missing_event_type").mask(rows[time].isna(), "missing_timestamp")
    reasons = reasons.mask(rows["player_id"].isna(), "missing_customer_id")
    return {str(reason): int(n) for reason, n in reasons.value_counts().items()}


@pytest.mark.data
def test_complete_journey_finds_the_day_of_every_campaign(engine: Engine, data_dir: Path) -> None:
    folder = data_dir / "complete_journey"
    checked = read(engine, loaded("complete_journey", data_dir))
    sent = pd.read_parquet(folder / "campaigns.parquet").merge(
        pd.read_parquet(folder / "campaign_descriptions.parquet"), on="campaign_id"
    )
    redeemed = pd.read_parquet(folder / "coupon_redemptions.parquet")
    assert checked.others["events"].report.by_file == {
        "campaigns.parquet": {"valid": len(sent)},
        "coupon_redemptions.parquet": {"valid": len(redeemed)},
    }
    events = engine.to_pandas(checked.others["events"].rows)
    campaigns = events[events["event_type"] == "campaign"]
    told = set(zip(campaigns["customer_id"], campaigns["surface"], campaigns["day"].dt.date, strict=True))
    dates = sent["start_date"].dt.date
    assert told == set(zip(sent["household_id"].astype(str), sent["campaign_id"].astype(str), dates, strict=True))
    assert checked.transactions.report.first_day == dt.date(2017, 1, 1)
