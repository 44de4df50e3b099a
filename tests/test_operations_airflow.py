"""The example for Airflow, with a stand-in for Airflow: what is run after what, and what is tried again."""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from operations_data import OPERATIONS, REVIEW, SCORE, Stub


class _Operator:
    """What the example needs of Airflow's operators."""

    made: ClassVar[list[_Operator]] = []

    def __init__(self, *, task_id: str, python_callable: Any, op_args: list[str]) -> None:
        self.task_id = task_id
        self._run, self._arguments = python_callable, op_args
        self.after: list[str] = []
        _Operator.made.append(self)

    def run(self) -> None:
        self._run(*self._arguments)

    def __rshift__(self, other: Self) -> Self:
        other.after.append(self.task_id)
        return other


class _Dag:
    made: ClassVar[list[_Dag]] = []

    def __init__(self, dag_id: str, **settings: Any) -> None:
        self.dag_id, self.settings = dag_id, settings
        _Dag.made.append(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class _AirflowException(Exception):
    pass


class _AirflowFailException(_AirflowException):
    pass


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> dict[str, _Operator]:
    """The tasks of the example, defined with a stand-in for Airflow."""
    members: dict[str, dict[str, Any]] = {
        "airflow": {},
        "airflow.exceptions": {"AirflowException": _AirflowException, "AirflowFailException": _AirflowFailException},
        "airflow.sdk": {"DAG": _Dag},
        "airflow.providers": {},
        "airflow.providers.standard": {},
        "airflow.providers.standard.operators": {},
        "airflow.providers.standard.operators.python": {"PythonOperator": _Operator},
    }
    for name, found in members.items():
        module = types.ModuleType(name)
        vars(module).update(found)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(_Operator, "made", [])
    monkeypatch.setattr(_Dag, "made", [])
    spec = importlib.util.spec_from_file_location("airflow_dag", OPERATIONS / "airflow_dag.py")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return {task.task_id: task for task in _Operator.made}


def test_airflow_scores_before_it_reviews_one_night_at_a_time(tasks: dict[str, _Operator]) -> None:
    assert {name: task.after for name, task in tasks.items()} == {"score": [], "review": ["score"], "train": []}
    assert [dag.dag_id for dag in _Dag.made] == ["clv_ml_nightly", "clv_ml_weekly"]
    for dag in _Dag.made:
        assert (dag.settings["max_active_runs"], dag.settings["catchup"]) == (1, False)
        assert dag.settings["start_date"].tzinfo is not None
        assert dag.settings["default_args"]["retries"] > 0


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (1, _AirflowException),
        (2, _AirflowFailException),
        (3, _AirflowFailException),
        (4, _AirflowFailException),
        (143, _AirflowException),
    ],
)
def test_airflow_tries_again_only_where_that_can_help(
    tasks: dict[str, _Operator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, error: type[Exception]
) -> None:
    stub = Stub(tmp_path, 0, code)
    for name in ("CLV_ML", "CLV_ML_CONFIG"):
        monkeypatch.setenv(name, stub.environment[name])
    tasks["score"].run()
    with pytest.raises(error, match=f"clv-ml review: exit code {code}") as raised:
        tasks["review"].run()
    assert raised.type is error
    assert stub.calls == [SCORE, REVIEW]
