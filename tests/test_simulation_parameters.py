"""The numbers of a population: checked, written, read and overridden."""

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from clv_ml.data.simulation_parameters import SimulationParameters
from clv_ml.errors import ConfigError

KNOWN = SimulationParameters()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("r", 0.0, "above 0"),
        ("alpha", -1.0, "above 0"),
        ("b", float("nan"), "above 0"),
        ("fade_days", float("inf"), "above 0"),
        ("visits_left", 1.5, "from 0 to 1"),
        ("email_open_share", 1.0, "from 0 to below 1"),
        ("visits_per_day", 500.0, "at most 100"),
        ("alpha", 1e-3, "r / alpha, the purchases a day, are at most 100"),
        ("spend_q", 1.0, "above 1"),
        ("lessons_per_visit", -0.1, "0 or more"),
        ("email_every_days", 0.5, "above 1"),
        ("days", 1, "a whole number from 2 to 36500"),
    ],
)
def test_a_number_out_of_range_is_named_with_what_is_allowed(name: str, value: Any, allowed: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is {value}.*{allowed}"):
        dataclasses.replace(KNOWN, **{name: value})


def test_parameters_survive_being_written(tmp_path: Path) -> None:
    changed = dataclasses.replace(KNOWN, start=dt.date(2020, 2, 29), r=0.1 + 0.2, informative=False)
    changed.to_json(tmp_path / "parameters.json")
    assert SimulationParameters.from_json(tmp_path / "parameters.json") == changed


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"start": "2024-01-01", "unknown": 1}'])
def test_parameters_that_cannot_be_read_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "parameters.json").write_text(content)
    with pytest.raises(ConfigError, match="cannot be read as parameters"):
        SimulationParameters.from_json(tmp_path / "parameters.json")


def test_overrides_have_the_type_of_what_they_replace() -> None:
    changed = KNOWN.with_values(["r=0.5", "days=200", "informative=false", "start=2020-01-31"])
    assert (changed.r, changed.days, changed.informative, changed.start) == (0.5, 200, False, dt.date(2020, 1, 31))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("r", "must look like name=value"),
        ("fade_day=3", "did you mean 'fade_days'"),
        ("zzz=3", "known names: start, days"),
        ("r=much", "'much' is no float, such as 0.7"),
        ("days=1.5", r"'1\.5' is no int"),
        ("informative=perhaps", "'perhaps' is no bool"),
        ("start=soon", "'soon' is no date"),
    ],
)
def test_an_override_that_cannot_be_read_says_why(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        KNOWN.with_values([override])
