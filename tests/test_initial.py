"""Somebody's own orders: the config that is proposed for them, and what validation then finds."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from job_runs import sample_orders
from typer.testing import CliRunner, Result

from clv_ml.cli import app
from clv_ml.config import load_config
from clv_ml.pipeline.proposal import Proposal, name_from, propose

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results land where the command runs."""
    monkeypatch.chdir(tmp_path)


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["init", *map(str, arguments)], catch_exceptions=False)


def _tree(proposal: Proposal) -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load(proposal.text)
    return tree


def _proposed(folder: Path, content: str, **given: str) -> tuple[Proposal, dict[str, Any]]:
    (folder / "orders.csv").write_text(content, encoding="utf-8")
    proposal = propose([str(folder / "orders.csv")], out=folder / "shop.yaml", columns=given)
    return proposal, _tree(proposal)


def _german(orders: pd.DataFrame) -> str:
    amounts = [f"{amount * 37:,.2f}".translate(str.maketrans(",.", ".,")) for amount in orders["amount"]]
    days = pd.to_datetime(orders["timestamp"]).dt.strftime("%d.%m.%Y")
    rows = zip(orders["customer_id"].astype(int), days, amounts, strict=True)
    return "Kundennr;Bestelldatum;Umsatz in EUR\n" + "".join(f"{c:06d};{day};{amount}\n" for c, day, amount in rows)


def test_a_german_export_is_understood_written_and_validated() -> None:
    orders = sample_orders()
    Path("orders.csv").write_text(_german(orders), encoding="utf-8")
    result = _run("orders.csv", "--out", "shop.yaml")
    assert result.exit_code == 0, result.stderr
    assert f"{len(orders):,} in = {len(orders):,} valid + 0 quarantined; 2,357 customers" in result.stdout
    assert "clv-ml train --config shop.yaml" in result.stdout
    assert "please check" not in result.stdout
    config = load_config(Path("shop.yaml"), environment={})
    [source] = config.transactions.sources
    assert (source.decimal, source.thousands, source.timestamp_format) == (",", ".", "%d.%m.%Y")
    assert source.columns == {"timestamp": "Bestelldatum", "customer_id": "Kundennr", "amount": "Umsatz in EUR"}
    assert (config.currency, config.cutoff, config.churn.main_horizon_days) == ("EUR", dt.date(1998, 6, 30), 90)
    again = _run("orders.csv", "--out", "shop.yaml")
    assert again.exit_code == 2
    assert "there is a file already" in again.stderr


def test_refunds_lines_without_a_customer_and_free_lines_are_told_with_their_reasons(tmp_path: Path) -> None:
    rows = [
        f"{'C' * (n % 10 == 3)}{n // 2},{'' if n % 4 == 0 else f'k{n % 9}'},2024-0{1 + n % 9}-1{n % 7},"
        f"{-1 if n % 10 == 3 else 2},{0 if n % 20 == 1 else 9.5},United Kingdom"
        for n in range(400)
    ]
    proposal, tree = _proposed(tmp_path, "Invoice,Customer,Date,Qty,Price,Country\n" + "\n".join(rows) + "\n")
    transactions = tree["transactions"]
    assert transactions["refunds"] == "net"
    assert transactions["zero_amounts"] == "quarantine"
    assert transactions["max_bad_share"] == 0.3
    assert tree["currency"] == "GBP"
    text = " ".join(proposal.text.replace("#", " ").split())
    assert "40 of 400 rows (10.0 %) are negative; 40 of these have an order id that begins with C, as no other" in text
    assert "100 of 400 rows (25.0 %) have no customer id" in text
    assert "20 of 400 rows (5.0 %) have an amount of 0" in text
    assert any("'Price' is taken" in doubt for doubt in proposal.doubts)
    assert any("100.0 % of the rows name United Kingdom" in doubt for doubt in proposal.doubts)


def test_what_the_user_says_goes_before_what_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(
        "who,wen,date,paid\n" + "".join(f"a{n},b{n % 3},2024-01-0{1 + n % 9},{n}.5\n" for n in range(60))
    )
    proposal = propose(
        [str(tmp_path / "orders.csv")], out=tmp_path / "x.yaml", columns={"customer_id": "wen"}, currency="CHF"
    )
    tree = yaml.safe_load(proposal.text)
    assert tree["currency"] == "CHF"
    assert tree["transactions"]["sources"][0]["columns"]["customer_id"] == "wen"
    assert not proposal.doubts


def test_ids_keep_their_leading_zeros_and_columns_their_letters(tmp_path: Path) -> None:
    rows = "".join(f"{n % 7:05},2024-01-{1 + n % 28:02},{n}.25\n" for n in range(90))
    (tmp_path / "orders.csv").write_text("رقم العميل,التاريخ,المبلغ\n" + rows, encoding="utf-8")
    result = _run(tmp_path / "orders.csv", "--out", tmp_path / "shop.yaml")
    assert result.exit_code == 0, result.stderr
    assert "90 valid + 0 quarantined; 7 customers" in result.stdout
    assert "customer_id: رقم العميل" in (tmp_path / "shop.yaml").read_text(encoding="utf-8")


def test_dates_far_from_all_others_do_not_end_or_begin_the_history(tmp_path: Path) -> None:
    rows = [f"k{n % 9},2024-0{1 + n % 6}-1{n % 9},{n}.5" for n in range(2000)]
    _, tree = _proposed(tmp_path, "\n".join(["customer,date,amount", *rows, "k1,2099-01-01,3", "k2,1970-01-01,4", ""]))
    assert tree["transactions"]["data_end"] == tree["cutoff"] == dt.date(2024, 6, 18)
    assert "start: 2024-01-10 00:00:00" in yaml.safe_dump(tree)


def test_the_earlier_of_two_files_ends_where_the_later_tells_of_the_same_orders(tmp_path: Path) -> None:
    for name, months in (("a", range(1, 7)), ("b", range(6, 13))):
        rows = [f"o{m}-{d},k{d},2024-{m:02}-{d:02} 10:00:00,{d}.5" for m in months for d in range(1, 28)]
        (tmp_path / f"{name}.csv").write_text(f"order_id,customer,date_{name},amount\n" + "\n".join(rows) + "\n")
    files = [str(tmp_path / name) for name in ("b.csv", "a.csv")]
    later, earlier = _tree(propose(files, out=tmp_path / "x.yaml"))["transactions"]["sources"]
    assert "end" not in later
    assert earlier["end"] == dt.datetime(2024, 6, 1, 10)


def test_several_currencies_stop_until_their_rates_are_known_and_the_config_is_there(tmp_path: Path) -> None:
    rows = "".join(f"k{n % 9},2024-01-1{n % 9},{n}.5,{'EUR' if n % 5 else 'USD'}\n" for n in range(100))
    (tmp_path / "orders.csv").write_text("customer,date,amount,currency\n" + rows)
    result = _run(tmp_path / "orders.csv", "--out", tmp_path / "shop.yaml")
    assert result.exit_code == 3
    assert "EUR 80, USD 20 rows; transactions.exchange_rates must say" in result.stdout
    assert "exchange_rates" in result.stderr
    assert load_config(tmp_path / "shop.yaml").currency == "EUR"


def test_one_row_is_proposed_for_and_told_to_be_too_little(tmp_path: Path) -> None:
    proposal, _ = _proposed(tmp_path, "customer_id,timestamp,amount\n7,2024-01-05,12.5\n")
    assert "1 day of history" in proposal.notes[0]


def test_files_of_a_folder_that_hold_no_orders_are_left_out_and_told(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("customer,date,amount\nk1,2024-01-05,12.5\n")
    (tmp_path / "people.csv").write_text("customer,city\nk1,Rome\n")
    proposal = propose([str(tmp_path)], out=tmp_path / "shop.yaml")
    assert "path: orders.csv" in proposal.text
    assert "people.csv: found no column for timestamp" in proposal.notes[0]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none.csv"], 2, "no such file"),
        (["orders.xlsx"], 2, "save the sheet of orders as CSV"),
        (["empty.csv"], 3, "the file is empty"),
        (["people.csv"], 3, "found no column for timestamp"),
        (["orders.csv", "--column", "customer_id=Kunde"], 3, "available: 'customer', 'date', 'amount'"),
        (["orders.csv", "--column", "customer_id"], 2, "must look like customer_id=Customer"),
        (["orders.csv", "--column", "Customer=customer"], 2, "--column Customer=...: must be customer_id"),
        (["orders.csv", "--column", "timestamp=amount"], 3, "'amount' is taken for timestamp"),
        (["soon.csv", "--column", "timestamp=date"], 3, "no row has a customer, a moment and an amount"),
        (["orders.csv", "--currency", "euro"], 2, "three capital letters"),
        (["orders.csv", "--out", "."], 2, "is a folder"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(arguments: list[str], code: int, said: str) -> None:
    for name, content in (
        ("orders.csv", "customer,date,amount\nk1,2024-01-05,12.5\n"),
        ("people.csv", "customer,city\nk1,Rome\n"),
        ("soon.csv", "customer,date,amount\nk1,soon,12.5\n"),
        ("empty.csv", ""),
        ("orders.xlsx", "PK"),
    ):
        Path(name).write_text(content)
    result = _run("--out", "shop.yaml", *arguments)
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert (result.exit_code, len(errors)) == (code, 1), result.stderr
    assert said in errors[0]
    assert not Path("shop.yaml").exists()


@pytest.mark.parametrize(
    ("name", "made"), [("My Shop-2024.yaml", "my_shop_2024"), ("2024.yaml", "orders_2024"), ("店.yaml", "orders")]
)
def test_the_job_is_named_after_its_config(name: str, made: str) -> None:
    assert name_from(Path("configs") / name) == made


@pytest.mark.data
def test_both_years_of_the_wholesaler_are_read_as_in_the_config_written_by_hand(data_dir: Path, tmp_path: Path) -> None:
    by_hand = load_config(ROOT / "configs" / "online_retail.yaml", environment={})
    files = [str(data_dir / "online_retail" / str(source.path)) for source in by_hand.transactions.sources]
    proposal = propose(files, out=tmp_path / "shop.yaml")
    (tmp_path / "shop.yaml").write_text(proposal.text, encoding="utf-8")
    proposed = load_config(tmp_path / "shop.yaml", environment={})
    for made, known in zip(proposed.transactions.sources, by_hand.transactions.sources, strict=True):
        assert made.columns == known.columns
        assert made.end == known.end
    assert proposed.transactions.refunds == "net"
    assert proposed.transactions.zero_amounts == by_hand.transactions.zero_amounts
    assert proposed.currency == by_hand.currency
    assert proposed.churn.horizons_days == by_hand.churn.horizons_days
    assert proposed.cutoff == dt.date(2011, 12, 8)  # the last day ends at noon


@pytest.mark.data
def test_the_baskets_of_the_grocer_are_found_in_their_folder_and_validated(data_dir: Path, tmp_path: Path) -> None:
    by_hand = load_config(ROOT / "configs" / "complete_journey.yaml", environment={})
    result = _run(data_dir / "complete_journey", "--out", tmp_path / "grocer.yaml")
    assert result.exit_code == 0, result.stderr
    assert "155,848 in = 155,848 valid + 0 quarantined" in result.stdout
    [made] = load_config(tmp_path / "grocer.yaml", environment={}).transactions.sources
    [known] = by_hand.transactions.sources
    assert made.columns == known.columns
