"""The public names, and what importing them costs."""

import subprocess
import sys

import clv_ml

PUBLIC = {
    "Bundle",
    "ChurnClassifier",
    "ChurnModel",
    "ClvError",
    "Config",
    "ConfigError",
    "DataError",
    "DataQualityError",
    "Feature",
    "History",
    "ModelNotFoundError",
    "ModifiedPurchaseModel",
    "NotConvergedError",
    "ParetoPurchaseModel",
    "PurchaseModel",
    "SimulationParameters",
    "SpendModel",
    "__version__",
    "attainable_score",
    "cohorts",
    "customer_lifetime_value",
    "feature",
    "load_bundle",
    "load_config",
    "load_dataset",
    "plots",
    "predictive_intervals",
    "residual_lifetime_value",
    "rfm_summary",
    "score",
    "score_transactions",
    "simulate",
    "train",
    "value_windows",
    "write_values",
}

MEASURE = """
import sys, time
started = time.perf_counter()
import {module}
print(time.perf_counter() - started)
heavy = {{"mlflow", "pyspark", "lightgbm", "lifetimes", "pandas", "sklearn", "duckdb"}}
print(",".join(sorted(heavy & set(sys.modules))))
"""


def test_the_public_names_are_these_and_each_can_be_had() -> None:
    assert set(clv_ml.__all__) == PUBLIC == set(dir(clv_ml))
    for name in clv_ml.__all__:
        assert getattr(clv_ml, name) is not None


def test_the_version_is_that_of_the_installed_package() -> None:
    from importlib.metadata import version

    assert clv_ml.__version__ == version("clv_ml")


def _import(module: str) -> tuple[float, str]:
    out = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEASURE.format(module=module)],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, loaded = out.stdout.split("\n")[:2]
    return float(seconds), loaded


def test_importing_the_package_costs_less_than_half_of_importing_mlflow_and_loads_nothing_heavy() -> None:
    ours, loaded = _import("clv_ml")
    mlflow, _ = _import("mlflow")
    assert ours < mlflow / 2
    assert loaded == ""
