"""The config: unknown keys are named, later sources win, errors are one line, nothing can be changed afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from clv_ml.config import Config, EngineConfig, SourceConfig, build_config, load_config
from clv_ml.errors import ConfigError

FILE_SOURCE = {"path": "a.csv", "columns": {"customer_id": "id", "timestamp": "when", "amount": "paid"}}
RULE = {"column": "product", "matches": "^X", "reason": "not_a_sale"}


def tree(**sections: Any) -> dict[str, Any]:
    orders = {"sources": [dict(FILE_SOURCE)], "exclude": [dict(RULE)], "rules": [dict(RULE)]}
    base = {"name": "shop", "transactions": orders}
    return base | sections


def build(content: dict[str, Any], *overrides: str, **environment: str) -> Config:
    return build_config(content, overrides=overrides, environment=environment)


def fields(section: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every key of every section, with the way to its section."""
    for name, field in section.model_fields.items():
        yield path, name
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from fields(annotation, (*path, name))
        place = (name,) if type(None) in get_args(annotation) else (name, "0")  # an optional section, or a list
        for inner in get_args(annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from fields(inner, (*path, *place))


@pytest.mark.parametrize(("path", "name"), [pair for pair in fields(Config) if len(pair[1]) > 3])
def test_a_misspelt_key_anywhere_is_named_with_the_right_one(path: Sequence[str], name: str) -> None:
    key = ".".join((*path, name[:-1]))
    table = {"sources": [dict(FILE_SOURCE)], "rules": [dict(RULE)]}
    tables: dict[str, Any] = {"events": table, "customers": table}
    tables["risk"] = {"segments": [{"when": {"value_tier": "high"}, "save_rate": 0.1}], "actions": [{"action": "call"}]}
    tables["cohorts"] = {"acquisition_costs": [{"total": 9}], "scenarios": [{"name": "same"}]}
    with pytest.raises(ConfigError, match=rf"unknown key {key}; did you mean '{name}'\?"):
        build(tree(**tables), f"{key}=1")


def test_a_key_like_no_other_gets_the_list_of_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown key output.zzz; known keys: dir, keep_runs, "):
        build(tree(output={"zzz": 1}))


def test_environment_beats_yaml_and_arguments_beat_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    transactions = "transactions: {sources: [{dataset: cdnow_sample}]}\n"
    file.write_text(f"name: shop\nseed: 1\ncurrency: EUR\nrisk: {{capacity: 5, valid_days: 9}}\n{transactions}")
    environment = {"CLV_ML__SEED": "2", "CLV_ML__RISK__CAPACITY": "6", "CLV_ML__OUTPUT__DIR": "/data/out", "SEED": "9"}
    assert load_config(file, environment={}).seed == 1
    config = load_config(
        file, environment=environment, overrides=["seed=3", "transactions.sources.0.dataset=cdnow_master"]
    )
    assert (config.seed, config.risk.capacity, config.risk.valid_days, config.currency) == (3, 6, 9, "EUR")
    assert config.output.dir == Path("/data/out")
    assert config.transactions.sources[0].dataset == "cdnow_master"


def test_the_real_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLV_ML__VALUE__MARGIN", "0.5")
    assert build_config(tree()).value.margin == 0.5


def test_an_override_can_open_a_section_empty_a_value_and_hold_a_list() -> None:
    config = build(tree(risk=None) | {"risk": {"capacity": 5}}, "risk.capacity=", "backtest.cutoffs=[2024-01-31]")
    assert config.risk.capacity is None
    assert config.backtest.cutoffs == (dt.date(2024, 1, 31),)
    assert build(tree(), "churn.horizons_days=[7, 14]").churn.main_horizon_days == 14


def test_paths_of_sources_start_beside_the_config_file(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text("name: shop\ntransactions: {root: ../data, sources: [{dataset: cdnow_sample}]}\n")
    assert load_config(file, environment={}).transactions.root == tmp_path / ".." / "data"


def test_the_input_tree_is_left_alone() -> None:
    content = tree(risk={"capacity": 5})
    build(content, "risk.capacity=7", "transactions.sources.0.path=b.csv")
    assert content == tree(risk={"capacity": 5})


def test_a_config_is_frozen() -> None:
    config = build(tree())
    with pytest.raises(ValidationError, match="Instance is frozen"):
        config.seed = 3  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Instance is frozen"):
        config.risk.capacity = 3  # type: ignore[misc]


BAD: list[tuple[dict[str, Any], tuple[str, ...], str]] = [
    (tree(value={"margin": 1.5}), (), r"value.margin: input should be less than or equal to 1 \(got 1.5\)"),
    (tree(value={"margin": float("nan")}), (), r"value.margin: input should be a finite number"),
    (tree(name="My Shop"), (), r"name: string should match pattern .* \(got 'My Shop'\)"),
    (tree(name="a\nb"), (), r"name: string should match pattern .* \(got 'a\\nb'\)"),
    (tree(currency="euro"), (), r"currency: string should match pattern"),
    (tree(cutoff="yesterday"), (), r"cutoff: input should be a valid date .* \(got 'yesterday'\)"),
    (tree(churn={"horizons_days": [60, 30]}), (), "churn: horizons_days must ascend without repeats"),
    (tree(engine={"memory_limit": "lots"}), (), r"engine.memory_limit: .* \(got 'lots'\)"),
    (tree(transactions={"sources": []}), (), r"transactions.sources: .* at least 1 item"),
    ({"name": "shop"}, (), "transactions is missing"),
    ({"transactions": tree()["transactions"]}, (), "name is missing"),
    (tree(risk=5), (), r"risk: input should be a valid dictionary .* \(got 5\)"),
    (tree(**{"1": 2}), (), "unknown key 1; known keys: name, transactions"),
    (tree(), ("seed",), "--set seed: must look like key.path=value"),
    (tree(), ("=3",), "--set =3: the key has an empty part"),
    (tree(), ("risk..capacity=3",), "--set risk..capacity=3: the key has an empty part"),
    (tree(), ("seed=[",), r"--set seed=\[: the value is not valid YAML"),
    (tree(seed=1), ("seed.x=3",), "--set seed.x=3: seed holds a plain value, nothing is below it"),
    (tree(), ("transactions.sources.4.path=b",), "'4' is not one of the 1 list entries, from 0"),
    (tree(), ("transactions.exclude.0.matches=(",), "transactions.exclude.0.matches: not a regular expression"),
    (
        tree(),
        ("transactions.sources.0.dataset=cdnow_sample",),
        "transactions.sources.0: give either `dataset` or `path`",
    ),
    (tree(), ("transactions.sources.0.columns={customer_id: a}",), "`columns` must map timestamp"),
    (
        tree(),
        ("transactions.sources.0.columns={customer_id: a, timestamp: b, quantity: c}",),
        "amount, or quantity and",
    ),
    (tree(), ("transactions.sources.0.columns.reason=why",), "`columns` cannot map reason: clv_ml adds a column"),
    (tree(), ("transactions.sources.0.columns.Bad Name=why",), "columns.Bad Name.* string should match pattern"),
    (
        tree(),
        ("transactions.sources.0.prices={column: plan, amounts: {Monthly: 9}}",),
        "`prices` needs its `column` among `columns`, and no amount there",
    ),
]
WATCHED: dict[str, Any] = {"path": "e.csv", "columns": {"customer_id": "id", "timestamp": "when", "event_type": "what"}}
JOINED = {"path": "c.csv", "columns": {"customer_id": "id", "signup_at": "joined", "country": "land"}}
LOOKUP = {"path": "k.csv", "key": "surface", "columns": {"surface": "id", "timestamp": "start"}}


def events(*, source: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    return tree(events={"sources": [WATCHED | (source or {})], **settings})


def customers(**settings: Any) -> dict[str, Any]:
    return tree(customers={"sources": [JOINED], **settings})


BAD += [
    (events(source={"columns": {"customer_id": "id", "event_type": "x"}}), (), r"events.sources.0: .*map timestamp"),
    (events(source={"columns": {"customer_id": "a", "timestamp": "b"}}), (), "map event_type in `columns`, or give"),
    (events(source={"event_type": "view"}), (), "map event_type in `columns`, or give `event_type`"),
    (events(source={"event_type": "A View"}), (), r"event_type: string should match pattern .*got 'A View'"),
    (events(source={"columns": WATCHED["columns"] | {"plan": "p"}}), (), "events have no column plan"),
    (events(source={"lookup": LOOKUP | {"key": "value"}}), (), "`columns` must map value and at least one column that"),
    (events(source={"lookup": LOOKUP | {"columns": {"surface": "id"}}}), (), "map surface and at least one column"),
    (events(contacts=["mail"], responses=["open", "mail"]), (), "mail: sent by the business and done by the customer"),
    (events(contacts=["mail"], key_actions=["mail"]), (), "mail: sent by the business"),
    (events(contacts=["mail"], minutes=["mail"]), (), "mail: sent by the business"),
    (events(milestone_hours=[72, 24]), (), "milestone_hours must ascend without repeats"),
    (events(milestone_hours=[24, 24]), (), "milestone_hours must ascend without repeats"),
    (events(milestone_hours=[0]), (), r"milestone_hours.0: .* greater than or equal to 1"),
    (events(counted=["a view"]), (), r"counted.0: string should match pattern"),
    (events(max_bad_share=1.5), (), r"events.max_bad_share: .* less than or equal to 1"),
    (tree(events={"sources": []}), (), r"events.sources: .* at least 1 item"),
    (customers(numbers=["age"]), (), "`columns` of c.csv must map age"),
    (customers(categories=["country"], dates=["country"]), (), "country: name an attribute once"),
    (customers(dates=["signup_at"]), (), "signup_at: name an attribute once, and neither customer_id nor signup_at"),
    (customers(), ("customers.sources.0.columns.day=x",), "`columns` cannot map day: clv_ml adds a column"),
    (customers(), ("customers.sources.0.columns.signup_at_text=x",), "cannot map signup_at_text"),
    (customers(max_bad_share=-1), (), r"customers.max_bad_share: .* greater than or equal to 0"),
]


def test_a_lookup_can_map_what_the_rows_do_not() -> None:
    sent = {"path": "s.csv", "event_type": "campaign", "columns": {"customer_id": "id", "surface": "campaign"}}
    config = build(tree(events={"sources": [sent | {"lookup": LOOKUP}], "contacts": ["campaign"]}))
    assert config.events is not None
    assert config.events.sources[0].mapped == {"customer_id", "surface", "timestamp"}


def test_tables_of_a_config_file_start_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(
        yaml.safe_dump(tree(events={"root": "logs", "sources": [WATCHED]}, customers={"sources": [JOINED]}))
    )
    config = load_config(file, environment={})
    assert config.events is not None
    assert config.customers is not None
    assert (config.events.root, config.customers.root) == (tmp_path / "logs", tmp_path)


@pytest.mark.parametrize(("content", "overrides", "message"), BAD)
def test_every_error_is_one_clear_line(content: dict[str, Any], overrides: Sequence[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        build(content, *overrides)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        (b"", "must be a mapping of sections, got NoneType"),
        (b"- a\n", "must be a mapping of sections, got list"),
        (b"a: [\n", "not valid YAML: while parsing"),
        (b"a: 1997-13-01\n", "not valid YAML: month must be in 1..12"),
        (b"name: \xff\xfe\n", "not valid YAML: 'utf-8' codec"),
        (b"1: 2\nname: shop\n", "1: keys should be strings"),
    ],
)
def test_a_file_that_is_no_config_is_told_in_one_line(content: bytes | None, message: str, tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(file, environment={})
    assert str(caught.value).startswith(f"config {file}: ")
    assert "\n" not in str(caught.value)


def test_sections_can_be_built_in_python() -> None:
    assert EngineConfig(memory_limit="2GB", threads=3).threads == 3
    assert SourceConfig(dataset="cdnow_sample").path is None
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        EngineConfig.model_validate({"thread": 3})
